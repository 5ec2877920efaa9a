"""RAID logs: risks are read, other rows are reported."""

from risks.registers.options import ReadingOptions
from risks.registers.table import read_table
from tests.risks.registers.files import read

LOG = "ID,Type,Description\n1,Risk,Flood\n2,Issue,Lift\n3,Assumption,Stays\n4,Milestone,Go live\n"


def test_only_risks_are_read() -> None:
    table = read(LOG)
    assert [cells["ID"] for _, cells in table.rows] == ["1"]
    assert [row.kind for row in table.skipped] == ["issues", "assumptions", "others"]
    assert "issues (1), assumptions (1), others (1)" in table.notes[-1]


def test_other_kinds_are_read_if_they_are_included() -> None:
    table = read_table(LOG.encode(), "x.csv", ReadingOptions(include=("issues",)))
    assert [cells["ID"] for _, cells in table.rows] == ["1", "2"]


def test_a_column_of_other_words_says_no_kind() -> None:
    table = read("ID,Type,Description\n1,Risk,Flood\n2,Legal,Fine\n3,IT,Outage\n4,HR,Strike\n")
    assert len(table.rows) == 4


def test_a_status_may_well_be_issue() -> None:
    assert len(read("ID,Status,Description\n1,Risk,Flood\n2,Issue,Lift\n").rows) == 2
