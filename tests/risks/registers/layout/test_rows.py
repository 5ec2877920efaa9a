"""Rows without a risk are skipped, counted and named; rows that may be risks are kept."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from risks.registers.layout import rows
from risks.registers.results import Table
from tests.risks.registers.files import read, workbook

HEAD = "ID,Risk,Likelihood,Impact,Score\nR1,Flood,4,5,20\nR2,Fire,3,3,9\n"


def numbers(table: Table) -> list[int]:
    return [number for number, _ in table.rows]


@pytest.mark.parametrize(
    ("below", "kind"),
    [
        ("Total,,,,29\n", rows.TOTAL),
        (",Summe:,,,29\n", rows.TOTAL),
        ("R3,,,,0\n", rows.PREPRINTED),
        ("4,,,,\n", rows.PREPRINTED),
        ("ID,Risk,Likelihood,Impact,Score\n", rows.HEADER),
        ("© Acme 2026,,,,\n", rows.NOTE),
        ("\nLegend: 5 is almost certain,,,,\n", rows.NOTE),
        ("Legend:,5 is almost certain,,,\n", rows.NOTE),
    ],
)
def test_a_row_without_a_risk_is_skipped_and_named(below: str, kind: str) -> None:
    table = read(HEAD + below)
    assert numbers(table) == [2, 3]
    assert [row.kind for row in table.skipped] == [kind]
    assert any(note.startswith("Skipped 1 ") for note in table.notes)


@pytest.mark.parametrize(
    "below",
    ["R3,Theft,,,\n", ",Theft,2,2,4\n", "R3,,4,5,20\n", "\nR3,Theft,2,2,4\n", "\n,Theft,2,2,4\n"],
)
def test_a_row_that_may_be_a_risk_is_kept(below: str) -> None:
    table = read(HEAD + below)
    assert len(table.rows) == 3
    assert table.skipped == []


@pytest.mark.parametrize("below", ["© Acme 2026,\n", "Legend: 5 is high,\n", "\nAs of May 2026,\n"])
def test_notes_are_skipped_where_risks_have_no_ids(below: str) -> None:
    table = read(f"Risk,Likelihood\nFlood,4\nFire,3\n{below}")
    assert numbers(table) == [2, 3]
    assert [row.kind for row in table.skipped] == [rows.NOTE]


def test_a_new_risk_may_have_no_more_than_a_title() -> None:
    assert numbers(read("Risk,Likelihood\nFlood,4\nFire,3\nA new one,\n")) == [2, 3, 4]


def test_headings_of_sections_are_skipped_and_kept_with_their_risks() -> None:
    def merge(sheet: Worksheet) -> None:
        sheet.merge_cells("A2:C2")

    data = workbook(
        ["ID", "Risk", "Impact"],
        ["IT"],
        ["R1", "Flood", 5],
        ["HR"],
        ["R2", "Strike", 2],
        edit=merge,
    )
    table = read(data, "x.xlsx")
    assert [cells["Section"] for _, cells in table.rows] == ["IT", "HR"]
    assert "Skipped 2 section headings: row 2 (IT), row 4 (HR)." in table.notes


def test_rows_that_hold_only_what_is_preset_are_skipped() -> None:
    table = read("No.,Risk,Status,Score\n1,Flood,Open,20\n2,,Open,0\n3,,Open,0\n")
    assert numbers(table) == [2]
    assert table.notes == ["Skipped 2 rows without a risk: 3 to 4 (2 | Open | 0)."]


def test_a_formula_copied_down_is_no_risk() -> None:
    data = workbook(
        ["Risk", "Rank"], ["Flood", "first"], [None, '=IF(A3="","none","")'], ["Fire", "last"]
    )
    table = read(data, "x.xlsx")
    assert numbers(table) == [2, 4]
    assert [row.row for row in table.skipped] == [3]


@pytest.mark.parametrize(
    "other",
    [
        "Impact,Low,Medium,High,\nHigh,3,6,9,\nMedium,2,4,6,\n",
        "Score,Meaning,Action,,\n1,Low,None,,\n2,High,Act,,\n",
        "Issues,,,,\nID,Issue,Owner,Status,\nR7,Lift,IT,Open,\n",
    ],
)
def test_the_table_ends_at_the_gap_above_another_one(other: str) -> None:
    table = read(f"{HEAD}\n{other}")
    assert numbers(table) == [2, 3]
    assert {row.kind for row in table.skipped} == {rows.OTHER_TABLE}


def test_a_gap_inside_the_table_does_not_end_it() -> None:
    table = read(
        f"{HEAD}\nClosed risks,,,,\nID,Risk,Likelihood,Impact,Score\nR3,Theft,2,2,4\n\nR4,x,1,1,1\n"
    )
    assert [cells["ID"] for _, cells in table.rows] == ["R1", "R2", "R3", "R4"]


def test_numbers_and_explanations_below_the_header_are_skipped() -> None:
    head, body = "Risk ID,Risk,Likelihood\n", "R1,Flood,4\nR2,Fire,5\n"
    counted = read(f"{head}1,2,3\n{body}")
    explained = read(f"{head}A unique number,What may happen,From the list of words\n{body}")
    assert [row.kind for row in counted.skipped] == [rows.NUMBERS]
    assert [row.kind for row in explained.skipped] == [rows.HINT]


def test_our_own_export_is_taken_as_it_is() -> None:
    table = read("reference,title,external_id,owner_name,source_name\nR-0001,Total,,,\n,Note,,,\n")
    assert numbers(table) == [2, 3]
    assert table.skipped == []


WORDS = ["", "", "R1", "R2", "7", "Flood", "High", "Total", "Risk", "Likelihood", "Issue", "a; b"]


@given(st.lists(st.lists(st.sampled_from(WORDS), min_size=5, max_size=5), max_size=12))
@settings(max_examples=60, deadline=None)
def test_no_row_disappears(body: list[list[str]]) -> None:
    text = "ID,Risk,Type,Likelihood,Action\n" + "".join(f"{','.join(row)}\n" for row in body)
    table = read(text)
    read_rows = [number for number, _ in table.rows] + [row.row for row in table.skipped]
    header = sum(note.startswith("The header is") for note in table.notes)
    filled = [number for number, row in enumerate(body, 2) if any(row)]
    assert sorted(read_rows) == filled or header
