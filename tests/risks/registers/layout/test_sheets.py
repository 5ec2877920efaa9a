"""Workbooks of several sheets: which are read, and what is said about the others."""

from collections.abc import Sequence

import openpyxl
import pytest

from risks.registers.options import ReadingOptions
from risks.registers.results import ImportFileError, Table
from risks.registers.table import read_table
from tests.risks.registers.files import saved

HEAD: list[object] = ["ID", "Risk", "Impact"]


def read_sheets(sheet: str = "", **sheets: Sequence[Sequence[object]]) -> Table:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        target = book.create_sheet(name.removeprefix("_"))
        for row in rows:
            target.append(list(row))
    return read_table(saved(book), "x.xlsx", ReadingOptions(sheet=sheet))


IT: list[list[object]] = [[*HEAD], ["R1", "Flood", 5]]
HR: list[list[object]] = [[*HEAD], ["H1", "Strike", 2]]


def test_sheets_of_the_same_columns_are_one_register() -> None:
    table = read_sheets(IT=IT, HR=HR)
    assert [(number, *cells.values()) for number, cells in table.rows] == [
        (2, "R1", "Flood", "5", "IT"),
        (1002, "H1", "Strike", "2", "HR"),
    ]
    assert table.notes[0] == "Read sheets 'IT', 'HR'."


def test_ids_that_several_sheets_use_are_told_apart() -> None:
    table = read_sheets(IT=[HEAD, [1, "Flood", 5]], HR=[HEAD, [1, "Strike", 2]])
    assert [cells["ID"] for _, cells in table.rows] == ["IT 1", "HR 1"]


def test_the_newest_of_several_versions_is_read() -> None:
    table = read_sheets(_2025=IT, _2026=[*IT, ["R2", "Fire", 3]])
    assert len(table.rows) == 2
    assert "Not read, because '2026' has mostly the same risks: '2025'." in table.notes[1]


def test_a_sheet_of_other_columns_is_reported() -> None:
    issues = [["ID", "Issue", "Owner"], ["I1", "Lift", "IT"]]
    table = read_sheets(Risks=IT, Issues=issues, Help=[["Fill in all columns"]])
    assert [cells["ID"] for _, cells in table.rows] == ["R1"]
    assert table.notes[1].startswith("Sheet 'Issues' looks like a register too (1 row)")
    assert table.notes[2] == "Not read, because no risks were found there: 'Help'."


def test_a_template_is_no_register() -> None:
    table = read_sheets(Template=[HEAD, ["R0", "Example", 1]], Risks=IT)
    assert [cells["ID"] for _, cells in table.rows] == ["R1"]


def test_the_caller_may_choose_a_sheet() -> None:
    table = read_sheets(sheet="hr", IT=IT, HR=HR)
    assert [cells["ID"] for _, cells in table.rows] == ["H1"]
    with pytest.raises(ImportFileError, match=r"no sheet 'Finance'\. Its sheets: IT, HR"):
        read_sheets(sheet="Finance", IT=IT, HR=HR)
