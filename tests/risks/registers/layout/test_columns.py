"""Columns: repeated names, and what stands beside the table."""

from tests.risks.registers.files import cells, read


def test_repeated_lists_and_neighbours_are_joined() -> None:
    table = read("Summary,Labels,Comment,Labels,Comment,Comment\nFlood,a,first,b,second,third\n")
    assert table.headers == ["Summary", "Labels", "Comment", "Comment (2)"]
    assert cells(table) == [["Flood", "a; b", "first", "second\nthird"]]


def test_other_repeated_names_are_numbered_and_reported() -> None:
    table = read("Risk,Likelihood,Impact,Likelihood\nFlood,4,5,2\n")
    assert table.headers == ["Risk", "Likelihood", "Impact", "Likelihood (2)"]
    assert "Column D is called 'Likelihood' again; it was read as 'Likelihood (2)'." in table.notes


def test_a_legend_beside_the_table_is_reported_and_not_read() -> None:
    table = read(
        "ID,Risk,Likelihood,,Score,Meaning\nR1,Flood,4,,1,Rare\nR2,Fire,3,,2,Often\nR3,Theft,1,,,\n"
    )
    assert table.headers == ["ID", "Risk", "Likelihood"]
    assert "Columns E to F stand beside the table and were not read: Score, Meaning." in table.notes


def test_columns_behind_an_empty_one_may_belong_to_the_table() -> None:
    table = read("ID,Risk,,Likelihood,,Owner\nR1,Flood,,4,,\nR2,Fire,,3,,IT\n")
    assert table.headers == ["ID", "Risk", "Likelihood", "Owner"]


def test_a_stray_remark_beside_a_risk_is_kept() -> None:
    table = read("ID,Risk,,\nR1,Flood,,\nR2,Fire,,ask Bob\n")
    assert table.headers == ["ID", "Risk", "Column D"]
    assert cells(table)[1] == ["R2", "Fire", "ask Bob"]
