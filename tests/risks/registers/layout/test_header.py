"""Headers of one to three rows, and the groups above names."""

import pytest
from openpyxl.worksheet.worksheet import Worksheet

from tests.risks.registers.files import cells, read, workbook

GROUPED = (
    ",,Inherent risk,,Residual risk,,\n"
    "ID,Risk,Likelihood,Impact,Likelihood,Impact,Action\n"
    "R1,Flood,4,5,2,3,Pump\n"
)
BELOW = (
    "ID,Risk,Inherent risk,,Residual risk,,Action\n"
    ",,Likelihood,Impact,Likelihood,Impact,\n"
    "R1,Flood,4,5,2,3,Pump\n"
)
NAMES = [
    *("ID", "Risk", "Inherent risk: Likelihood", "Inherent risk: Impact"),
    *("Residual risk: Likelihood", "Residual risk: Impact", "Action"),
]


@pytest.mark.parametrize("text", [GROUPED, BELOW])
def test_a_group_becomes_part_of_the_names_below_it(text: str) -> None:
    table = read(text)
    assert table.headers == NAMES
    assert cells(table) == [["R1", "Flood", "4", "5", "2", "3", "Pump"]]


def test_merged_cells_say_how_far_a_group_reaches() -> None:
    def merge(sheet: Worksheet) -> None:
        for area in ("A1:A2", "B1:B2", "C1:D1", "E1:F1", "G1:G2"):
            sheet.merge_cells(area)

    rows = [[cell or None for cell in line.split(",")] for line in BELOW.splitlines()]
    table = read(workbook(*rows, edit=merge), "x.xlsx")
    assert table.headers == NAMES
    assert "The header is in rows 1 to 2." in table.notes


def test_three_rows_of_groups_are_one_header() -> None:
    table = read(
        ",Assessment,,,,Treatment,\n"
        ",Identification,,Before,After,Plan,\n"
        "ID,Title,Owner,Impact,Impact,Description,Owner\n"
        "R1,Flood,IT,5,2,Pump,Joe\n"
    )
    assert table.headers[:5] == ["ID", "Title", "Owner", "Before: Impact", "After: Impact"]
    assert table.headers[5:] == ["Treatment: Description", "Treatment: Owner"]


def test_a_group_that_is_a_name_stands_for_a_description_below_it() -> None:
    table = read("ID,Title,Existing controls,\n,,Description,Rated\nR1,Flood,Pump,4\n")
    assert table.headers == ["ID", "Title", "Existing controls", "Rated"]


def test_a_group_that_adds_nothing_is_left_out() -> None:
    table = read("Basics,,Rating,\nID,Risk,Likelihood,Impact\nR1,Flood,4,5\n")
    assert table.headers[:2] == ["ID", "Risk"]
    assert cells(table) == [["R1", "Flood", "4", "5"]]


def test_a_group_does_not_change_what_a_name_says_by_itself() -> None:
    table = read("Risk assessment,,,\nRisk,Current controls,Likelihood,Owner\nFlood,Dam,4,IT\n")
    assert table.headers == ["Risk", "Current controls", "Likelihood", "Owner"]


def test_scales_below_the_header_become_part_of_it() -> None:
    table = read("ID,Risk,Likelihood,Due date\n,,(1-5),dd/mm/yyyy\nR1,Flood,4,31/12/2027\n")
    assert table.headers[2:] == ["Likelihood (1-5)", "Due date (dd/mm/yyyy)"]
    assert len(table.rows) == 1


def test_the_first_risk_is_no_second_header() -> None:
    table = read("ID,Risk,Owner,Status\nR1,Owner leaves,Owner,Open\n")
    assert table.headers == ["ID", "Risk", "Owner", "Status"]
    assert len(table.rows) == 1


def test_the_widest_row_of_texts_is_the_header_if_no_name_is_known() -> None:
    table = read("xyzzy\nFoo,Bar,Baz\nq1,type,w\n")
    assert table.headers == ["Foo", "Bar", "Baz"]
    assert cells(table) == [["q1", "type", "w"]]
