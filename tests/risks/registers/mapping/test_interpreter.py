"""Tables as values of risks: titles, identities, figures and errors."""

import io

import openpyxl
import pytest

from risks.registers.mapping.interpreter import interpret_table
from risks.registers.results import ImportFileError
from risks.registers.table import read_table
from tests.risks.registers.mapping.reading import errors, first, guessed, read


def test_only_mapped_fields_have_values() -> None:
    row = first("Title,Likelihood,Tags\nx,,\n")
    assert row.values == {"title": "x", "inherent_likelihood": None, "tags": []}
    assert row.extra == {}


def test_open_is_assessed_where_the_risk_is() -> None:
    interpretation = read("Title,Status,Likelihood,Impact\nx,Open,3,4\ny,Open,3,\n")
    assert [row.values["status"] for row in interpretation.rows] == ["assessed", "identified"]


def test_a_source_score_that_is_ours_goes_and_another_stays() -> None:
    interpretation = read(
        "Title,Likelihood,Impact,Risk score,Risk level\nx,3,4,12,Medium\ny,3,4,13,Huge\n"
    )
    assert [row.extra for row in interpretation.rows] == [
        {},
        {"Risk score": "13", "Risk level": "Huge"},
    ]
    assert [(d.row, d.column, d.ours) for d in interpretation.differences] == [
        (3, "Risk score", "12")
    ]


def test_levels_are_those_of_the_matrix() -> None:
    text = "Title,Likelihood,Impact,Risk level\nx,1,1,High\n"
    assert read(text, levels=[["high"] * 5] * 5).differences == []
    assert [d.ours for d in read(text).differences] == ["low"]


def test_dates_follow_the_caller() -> None:
    text = "Title,Due date\nx,03/04/2027\n"
    assert first(text, month_first=True).values["due_date"] == "2027-03-04"
    assert first(text, month_first=False).values["due_date"] == "2027-04-03"


def test_without_any_title_the_file_is_refused_with_its_columns() -> None:
    with pytest.raises(ImportFileError, match=r'as in "Foo=title". Columns without a field: Foo'):
        read("Impact,Foo\n3,x\n")


def test_a_header_without_any_known_name_is_listed() -> None:
    with pytest.raises(ImportFileError, match=r"None of the columns' names is known: Foo, Bar"):
        read("Foo,Bar\n3,x\n")


def test_a_mapping_gives_a_title() -> None:
    row = first("Impact,Foo\n3,x\n", {"Foo": "title"})
    assert row.values == {"inherent_impact": 3, "title": "x"}


def test_a_risk_is_known_by_its_id_or_else_by_its_title() -> None:
    interpretation = read("Risk ID,Title\nR1,x\n,Data  LOSS\n")
    assert [(row.identity_kind, row.identity) for row in interpretation.rows] == [
        ("external_id", "R1"),
        ("title", "data loss"),
    ]
    assert guessed(interpretation, "identity") == [None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Title,Likelihood (1-5)\nx,6\n", (2, "Likelihood (1-5)")),
        ("Title,Impact\nx,5\ny,Enormous\n", (3, "Impact")),
        ("Title,Due date\nx,31/31/2027\n", (2, "Due date")),
        ("Title\n0.82\n", (2, "Title")),
        (f"Title,Risk ID\nx,{'9' * 256}\n", (2, "Risk ID")),
        (f"Title,Category\nx,{'c' * 101}\n", (2, "Category")),
        (f"Title,Tags\nx,a;{'t' * 51}\n", (2, "Tags")),
        (f"Title,Owner\nx,{'o' * 151}\n", (2, "Owner")),
        ("Title,Impact\n,3\n", (2, "Title")),
        ("Title,Impact\nx,3,4\n", (2, "Column C")),
    ],
)
def test_errors_have_row_and_column(text: str, expected: tuple[int, str]) -> None:
    assert errors(text) == [expected]


def test_an_error_repeats_the_cell_and_says_what_to_do() -> None:
    (error,) = read(f"Title,Risk ID\ny,{'x' * 256}\n").errors
    assert error.value == "x" * 100
    assert error.reason == "The text has 256 characters; 255 are allowed. Shorten it."


def test_a_row_may_have_several_errors_and_leaves_others_alone() -> None:
    interpretation = read("Title,Impact,Due date\nx,99,31/31/2027\ny,5,2027-05-31\n")
    assert [(error.row, error.column) for error in interpretation.rows[0].errors] == [
        (2, "Impact"),
        (2, "Due date"),
    ]
    assert interpretation.rows[1].errors == []


def test_rows_with_nothing_but_figures_are_skipped() -> None:
    interpretation = read("Title,Likelihood,Impact,Risk score\nx,3,4,12\n,,,0\n")
    assert len(interpretation.rows) == 1
    assert "Skipped 1 row without a risk: 3 (0)." in interpretation.notes


def test_a_formula_without_a_result_matters_only_where_it_is_needed() -> None:
    book = openpyxl.Workbook()
    for row in (["Title", "Impact", "Risk score"], ["x", 3, "=1+1"], ["y", "=1+1", None]):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    interpretation = interpret_table(read_table(file.getvalue(), "x.xlsx"))
    assert [(error.row, error.column) for error in interpretation.errors] == [(3, "Impact")]
    assert guessed(interpretation, "value") == ["Risk score"]
