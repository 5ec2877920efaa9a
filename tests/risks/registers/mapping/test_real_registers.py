"""Registers that people really keep."""

import json
from dataclasses import asdict

import pytest

from risks.registers.mapping.interpreter import interpret_table
from risks.registers.results import Interpretation, InterpretedRow
from risks.registers.table import read_table
from tests.conftest import SHARED_DATA
from tests.risks.registers.mapping.reading import RATINGS, guessed


def register(name: str) -> Interpretation:
    path = SHARED_DATA / "registers" / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return interpret_table(read_table(path.read_bytes(), name))


def by_id(interpretation: Interpretation, identity: str) -> InterpretedRow:
    return next(row for row in interpretation.rows if row.identity == identity)


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
    interpretation = register(name)
    assert (len(interpretation.rows), interpretation.errors) == (rows, [])
    assert all(row.values["title"] and row.values["inherent_impact"] for row in interpretation.rows)
    assert json.loads(json.dumps(asdict(interpretation)))


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


def test_hospital_keeps_columns_without_a_field() -> None:
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
    interpretation = register("hospital.csv")
    assert [(d.row, d.theirs, d.ours) for d in interpretation.differences] == [
        (5, "High", "medium"),
        (10, "High", "medium"),
        (14, "Low", "medium"),
        (14, "Low", "medium"),
    ]
    assert by_id(interpretation, "R04").extra["Inherent Rating"] == "High"
    assert "Inherent Rating" not in by_id(interpretation, "R01").extra


def test_hospital_has_a_text_in_place_of_a_date() -> None:
    interpretation = register("hospital.csv")
    row = by_id(interpretation, "R15")
    assert row.values["due_date"] is None
    assert row.extra["Target Date"] == "Annual review"
    assert guessed(interpretation, "date") == ["Target Date"]


def test_energy_utility_values() -> None:
    interpretation = register("energy-utility.csv")
    values = by_id(interpretation, "R-009").values
    assert [values[name] for name in RATINGS[:2]] == [2, 4]
    assert (values["category"], values["status"]) == ("Environmental Compliance", "closed")
    assert values["due_date"] == "2026-06-20"
    assert interpretation.differences == []


def test_small_company_values() -> None:
    interpretation = register("small-company.csv")
    row = by_id(interpretation, "R-04")
    assert row.values["title"] == "Malware Infection: Delayed patching"
    assert [row.values[name] for name in RATINGS[:2]] == [5, 3]
    assert row.values["treatment_plan"] == "Strengthen patch management process"
    assert guessed(interpretation, "scale") == ["Likelihood", "Impact"]
    assert guessed(interpretation, "title") == [None]


def test_telecom_values() -> None:
    interpretation = register("telecom-isms.csv")
    row = by_id(interpretation, "R001")
    assert row.values["controls"] == ["A.9.1.1"]
    assert row.values["title"] == "Unauthorised Access: Weak Password Policy"
    assert (row.values["status"], row.values["due_date"]) == ("assessed", "2025-06-30")
    assert row.extra["target_date"] == "2025-06-30"
    assert guessed(interpretation, "date") == [
        "target_date"
    ]  # no treatment plan that it belongs to


def test_words_only_values() -> None:
    interpretation = register("words-only.csv")
    row = by_id(interpretation, "R-009")
    assert [row.values[name] for name in RATINGS[:2]] == [2, 4]
    assert row.values["treatment"] == "mitigate"
    assert row.values["description"].startswith("Response actions may be inconsistent")
    assert row.extra["control_status"] == "Partially Implemented"
    assert "status" not in row.values
