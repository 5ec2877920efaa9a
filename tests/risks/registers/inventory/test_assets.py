"""Files of assets as records."""

from risks.registers.inventory.assets import read_inventory


def test_csv_file_that_begins_like_an_archive_is_read():
    table = read_inventory(b"PK,Name\n1,Server\n", "assets.csv")
    assert table.columns == [("PK", ""), ("Name", "name")]
    assert [record.identity for record in table.records] == ["Server"]
