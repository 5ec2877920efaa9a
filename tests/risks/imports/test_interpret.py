"""Registers of others as values of risks: the real ones first, then what can go wrong."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risks.models import Status, Treatment
from risks.registers.mapping.interpreter import interpret_table
from risks.registers.reading.text import clean_text, join_list, neutralize_formula
from risks.registers.results import ImportFileError, Interpretation, InterpretedRow
from risks.registers.table import read_table
from tests.conftest import SHARED_DATA

RATINGS = ("inherent_likelihood", "inherent_impact", "residual_likelihood", "residual_impact")


def read(text: str, mapping: dict[str, str] | None = None, **options: Any) -> Interpretation:
    return interpret_table(read_table(text.encode(), "register.csv"), mapping, **options)


def first(text: str, mapping: dict[str, str] | None = None, **options: Any) -> InterpretedRow:
    return read(text, mapping, **options).rows[0]


def errors(text: str, mapping: dict[str, str] | None = None) -> list[tuple[int, str | None]]:
    return [(error.row, error.column) for error in read(text, mapping).errors]


def guessed(found: Interpretation, what: str) -> list[str | None]:
    return [guess.column for guess in found.guesses if guess.what == what]


# --- Registers that somebody really keeps


def register(name: str) -> Interpretation:
    path = SHARED_DATA / "registers" / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return interpret_table(read_table(path.read_bytes(), name))


def by_id(found: Interpretation, identity: str) -> InterpretedRow:
    return next(row for row in found.rows if row.identity == identity)


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("energy-utility.csv", 20),
        ("hospital.csv", 13),
        ("small-company.csv", 8),
        ("telecom-isms.csv", 15),
        ("words-only.csv", 6),
    ],
)
def test_every_real_register_reads_without_an_error(name: str, rows: int) -> None:
    found = register(name)
    assert (len(found.rows), found.errors) == (rows, [])
    assert all(row.values["title"] and row.values["inherent_impact"] for row in found.rows)
    assert json.loads(json.dumps(asdict(found)))


def test_hospital_values() -> None:
    values = by_id(register("hospital.csv"), "R01").values
    assert [values[name] for name in RATINGS] == [5, 5, 2, 5]
    assert {name: values[name] for name in ("title", "treatment", "status", "due_date")} == {
        "title": "Ransomware via compromised vendor remote access",
        "treatment": "mitigate",
        "status": "in_treatment",
        "due_date": "2027-05-31",
    }
    assert (values["owner"], values["owner_name"], values["assets"]) == (None, "CISO", ["A1"])
    assert values["treatment_plan"].startswith("Require phishing-resistant MFA")


def test_hospital_keeps_what_has_no_field() -> None:
    row = by_id(register("hospital.csv"), "R01")
    assert row.extra["HIPAA Reference"] == "164.308(b)(1); 164.312(d)"
    assert row.extra["Target Date"] == "May 2027"
    assert row.values["description"].splitlines() == [
        "Threat: Ransomware affiliate (external, financially motivated)",
        (
            "Vulnerability: Vendor remote-access accounts not required to use MFA; "
            "access never verified at onboarding"
        ),
        "Existing controls: Annual BAA renewal; vendor self-attestation questionnaire",
    ]


def test_hospital_reports_levels_that_are_not_ours() -> None:
    found = register("hospital.csv")
    assert [(d.row, d.theirs, d.ours) for d in found.differences] == [
        (5, "High", "medium"),
        (10, "High", "medium"),
        (14, "Low", "medium"),
        (14, "Low", "medium"),
    ]
    assert by_id(found, "R04").extra["Inherent Rating"] == "High"
    assert "Inherent Rating" not in by_id(found, "R01").extra


def test_hospital_has_a_date_that_is_none() -> None:
    found = register("hospital.csv")
    row = by_id(found, "R15")
    assert row.values["due_date"] is None
    assert row.extra["Target Date"] == "Annual review"
    assert guessed(found, "date") == ["Target Date"]


def test_energy_utility_values() -> None:
    found = register("energy-utility.csv")
    values = by_id(found, "R-009").values
    assert [values[name] for name in RATINGS[:2]] == [2, 4]
    assert (values["category"], values["status"]) == ("Environmental Compliance", "closed")
    assert values["due_date"] == "2026-06-20"
    assert found.differences == []


def test_small_company_values() -> None:
    found = register("small-company.csv")
    row = by_id(found, "R-04")
    assert row.values["title"] == "Malware Infection: Delayed patching"
    assert [row.values[name] for name in RATINGS[:2]] == [5, 3]
    assert row.values["treatment_plan"] == "Strengthen patch management process"
    assert guessed(found, "scale") == ["Likelihood", "Impact"]
    assert guessed(found, "title") == [None]


def test_telecom_values() -> None:
    found = register("telecom-isms.csv")
    row = by_id(found, "R001")
    assert row.values["controls"] == ["A.9.1.1"]
    assert row.values["title"] == "Unauthorised Access: Weak Password Policy"
    assert (row.values["status"], row.values["due_date"]) == ("assessed", "2025-06-30")
    assert row.extra["target_date"] == "2025-06-30"
    assert guessed(found, "date") == ["target_date"]  # no treatment plan that it belongs to


def test_words_only_values() -> None:
    found = register("words-only.csv")
    row = by_id(found, "R-009")
    assert [row.values[name] for name in RATINGS[:2]] == [2, 4]
    assert row.values["treatment"] == "mitigate"
    assert row.values["description"].startswith("Response actions may be inconsistent")
    assert row.extra["control_status"] == "Partially Implemented"
    assert "status" not in row.values


# --- Values


def test_only_mapped_fields_have_values() -> None:
    row = first("Title,Likelihood,Tags\nx,,\n")
    assert row.values == {"title": "x", "inherent_likelihood": None, "tags": []}
    assert row.extra == {}


@pytest.mark.parametrize(
    ("cell", "owner", "name"),
    [
        ("ann@example.com", "ann@example.com", ""),
        ("Ann Lee <ann@example.com>", "ann@example.com", "Ann Lee"),
        ("Ann Lee (ann@example.com)", "ann@example.com", "Ann Lee"),
        ("IT/Security", None, "IT/Security"),
        ("", None, ""),
    ],
)
def test_an_owner_is_an_address_or_a_name(cell: str, owner: str | None, name: str) -> None:
    row = first(f"Title,Owner\nx,{cell}\n")
    assert (row.values["owner"], row.values["owner_name"]) == (owner, name)
    assert row.extra == {}


def test_of_two_owners_the_first_is_taken_and_both_are_kept() -> None:
    found = read("Title,Owner\nx,ann@example.com; bob@example.com\n")
    assert found.rows[0].values["owner"] == "ann@example.com"
    assert found.rows[0].extra == {"Owner": "ann@example.com; bob@example.com"}
    assert guessed(found, "person") == ["Owner"]


def test_name_and_address_of_the_owner_may_be_two_columns() -> None:
    row = first("Title,Risk owner,Owner email\nx,Ann Lee,ann@example.com\n")
    assert (row.values["owner"], row.values["owner_name"]) == ("ann@example.com", "Ann Lee")


def test_an_assignee_without_an_address_is_kept() -> None:
    row = first("Title,Assigned to\nx,IT\n")
    assert row.values["assignee"] is None
    assert row.extra == {"Assigned to": "IT"}


def test_unknown_states_and_treatments_leave_the_field_alone_and_are_kept() -> None:
    row = first("Title,Status,Treatment decision\nx,Simmering,Pray\ny,Open,Accept\n")
    assert row.values == {"title": "x"}
    assert row.extra == {"Status": "Simmering", "Treatment decision": "Pray"}


def test_open_is_assessed_where_the_risk_is() -> None:
    found = read("Title,Status,Likelihood,Impact\nx,Open,3,4\ny,Open,3,\n")
    assert [row.values["status"] for row in found.rows] == ["assessed", "identified"]


def test_assets_keep_their_commas_and_tags_do_not() -> None:
    row = first('Title,Assets,Tags\nx,"Room 1, cellar; Mail","a, b"\n')
    assert row.values["assets"] == ["Room 1, cellar", "Mail"]
    assert row.values["tags"] == ["a", "b"]


def test_a_source_score_that_is_ours_goes_and_another_stays() -> None:
    found = read("Title,Likelihood,Impact,Risk score,Risk level\nx,3,4,12,Medium\ny,3,4,13,Huge\n")
    assert [row.extra for row in found.rows] == [{}, {"Risk score": "13", "Risk level": "Huge"}]
    assert [(d.row, d.column, d.ours) for d in found.differences] == [(3, "Risk score", "12")]


def test_levels_are_those_of_the_matrix() -> None:
    text = "Title,Likelihood,Impact,Risk level\nx,1,1,High\n"
    assert read(text, levels=[["high"] * 5] * 5).differences == []
    assert [d.ours for d in read(text).differences] == ["low"]


def test_dates_follow_the_caller() -> None:
    text = "Title,Due date\nx,03/04/2027\n"
    assert first(text, day_first=False).values["due_date"] == "2027-03-04"
    assert first(text, day_first=True).values["due_date"] == "2027-04-03"


# --- Titles and identities


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Threat,Vulnerability\nFire,No sprinklers\n", "Fire: No sprinklers"),
        ("Threat,Vulnerability\nFire,\n", "Fire"),
        ("Risk description\nMail fails. Nobody notices.\n", "Mail fails"),
        ("Title,Threat\n,Fire\n", "Fire"),
        ("Title,Threat\nSmoke,Fire\n", "Smoke"),
    ],
)
def test_a_title_is_found(text: str, title: str) -> None:
    assert first(text).values["title"] == title


def test_a_title_that_was_made_is_never_too_long() -> None:
    row = first(f"Threat,Vulnerability\n{'fire ' * 60},{'wood ' * 60}\n")
    assert len(row.values["title"]) <= 255
    assert row.errors == []


def test_without_any_title_the_file_is_refused_with_its_columns() -> None:
    with pytest.raises(ImportFileError, match=r"Map one to title. The columns: Impact, Foo"):
        read("Impact,Foo\n3,x\n")


def test_a_mapping_gives_a_title() -> None:
    row = first("Impact,Foo\n3,x\n", {"Foo": "title"})
    assert row.values == {"inherent_impact": 3, "title": "x"}


def test_a_risk_is_known_by_its_id_or_else_by_its_title() -> None:
    found = read("Risk ID,Title\nR1,x\n,Data  LOSS\n")
    assert [(row.identity_kind, row.identity) for row in found.rows] == [
        ("external_id", "R1"),
        ("title", "data loss"),
    ]
    assert guessed(found, "identity") == [None]


@pytest.mark.parametrize("text", ["Risk ID,Title\nR1,x\nR1,y\n", "Title\nLoss\nloss\n"])
def test_the_second_row_of_a_risk_is_an_error_that_names_the_first(text: str) -> None:
    found = read(text)
    assert [error.row for error in found.errors] == [3]
    assert found.errors[0].reason.startswith("Row 2 is the same risk.")


# --- Errors


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Title,Likelihood (1-5)\nx,6\n", (2, "Likelihood (1-5)")),
        ("Title,Impact\nx,5\ny,Enormous\n", (3, "Impact")),
        ("Title,Due date\nx,soon\n", (2, "Due date")),
        (f"Title\n{'x' * 256}\n", (2, "Title")),
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
    (error,) = read(f"Title\n{'x' * 256}\n").errors
    assert error.value == "x" * 100
    assert error.reason == "The text has 256 characters; 255 are allowed. Shorten it."


def test_a_row_may_have_several_errors_and_leaves_others_alone() -> None:
    found = read("Title,Impact,Due date\nx,99,soon\ny,5,2027-05-31\n")
    assert [(error.row, error.column) for error in found.rows[0].errors] == [
        (2, "Impact"),
        (2, "Due date"),
    ]
    assert found.rows[1].errors == []


def test_rows_with_nothing_but_figures_are_skipped() -> None:
    found = read("Title,Likelihood,Impact,Risk score\nx,3,4,12\n,,,0\n")
    assert len(found.rows) == 1
    assert "1 rows without a risk were skipped." in found.notes


def test_a_formula_without_a_result_matters_only_where_it_is_needed() -> None:
    book = openpyxl.Workbook()
    for row in (["Title", "Impact", "Risk score"], ["x", 3, "=1+1"], ["y", "=1+1", None]):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    found = interpret_table(read_table(file.getvalue(), "x.xlsx"))
    assert [(error.row, error.column) for error in found.errors] == [(3, "Impact")]
    assert guessed(found, "value") == ["Risk score"]


# --- Our own export

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
line = text.map(clean_text)
rating = st.none() | st.integers(1, 5)
own_risk = st.fixed_dictionaries(
    {
        "title": line.filter(bool),
        "description": line,
        "category": line,
        "status": st.sampled_from(Status.values),
        "owner": st.sampled_from([None, "ann@example.com"]),
        "owner_name": line,
        "treatment": st.sampled_from(["", *Treatment.values]),
        "tags": st.lists(line.filter(bool), unique=True, max_size=3),
        "assets": st.lists(line.filter(bool), unique=True, max_size=3),
        "next_review_at": st.sampled_from([None, "2027-05-31T10:30:00+00:00"]),
        **dict.fromkeys((*RATINGS, "target_likelihood", "target_impact"), rating),
    }
)


def exported(risks: Sequence[dict[str, Any]]) -> str:
    """The risks as our export writes them, with a column that it only informs by."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(["reference", "external_id", "version", *risks[0], "Threat"])
    for number, risk in enumerate(risks, 1):
        values = [risk[name] for name in risks[0]]
        cells = [join_list(v) if isinstance(v, list) else v or "" for v in values]
        row = [f"R-{number:04d}", "same", 3, *cells, "kept"]
        writer.writerow([neutralize_formula(str(cell)) for cell in row])
    return file.getvalue()


@given(st.lists(own_risk, min_size=1, max_size=4))
def test_an_export_reads_back_as_it_was(risks: list[dict[str, Any]]) -> None:
    found = read(exported(risks))
    assert found.errors == []
    assert [row.identity for row in found.rows] == [f"R-{n:04d}" for n in range(1, len(risks) + 1)]
    assert [row.extra for row in found.rows] == [{"Threat": "kept"}] * len(risks)
    for row, risk in zip(found.rows, risks, strict=True):
        assert {name: row.values[name] for name in risk} == risk


@pytest.mark.parametrize(
    ("field", "value"),
    [("status", "Open-ish"), ("treatment", "Pray"), ("owner", "Ann"), ("title", "")],
)
def test_an_edited_export_is_read_strictly(field: str, value: str) -> None:
    risk = {
        "title": "x", "status": "draft", "treatment": "", "owner": None, "owner_name": "",
        "inherent_likelihood": 3, "inherent_impact": 3,
    }  # fmt: skip
    assert errors(exported([risk | {field: value}])) == [(2, field)]
