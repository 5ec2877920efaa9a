"""Uploads: what is stored of a file, and real registers imported whole."""

import pytest

from openrisk.accounts.models import Organization
from risks.models import (
    Risk,
)
from tests.risks.factories import (
    make_control,
    make_framework,
)
from tests.risks.import_runs.uploads import (
    ONE,
    REGISTERS,
    import_register,
    only_risk,
    preview_register,
    read_real_register,
)


@pytest.mark.parametrize("name", REGISTERS)
def test_a_real_register_is_imported_whole(organization: Organization, name: str) -> None:
    run = import_register(organization, read_real_register(name), name)

    assert run.counts["risks"] == {
        "create": REGISTERS[name], "update": 0, "unchanged": 0, "error": 0
    }  # fmt: skip
    assert Risk.objects.filter(source="import", source_name=name[:-4]).count() == REGISTERS[name]


def test_a_hospital_risk_becomes_a_risk(organization: Organization) -> None:
    import_register(organization, read_real_register("hospital.csv"), "hospital.csv")
    risk = Risk.objects.get(external_id="R01")

    assert (risk.inherent_score, risk.inherent_level) == (25, "critical")
    assert (risk.residual_score, risk.residual_level) == (10, "medium")
    assert (risk.status, risk.treatment, risk.owner_name) == ("in_treatment", "mitigate", "CISO")
    assert risk.description.startswith("Threat: Ransomware affiliate")
    assert risk.extra["HIPAA Reference"] == "164.308(b)(1); 164.312(d)"
    assert [asset.name for asset in risk.assets.all()] == ["A1"]


def test_the_rating_of_the_source_is_kept_and_reported(organization: Organization) -> None:
    run = import_register(organization, read_real_register("words-only.csv"), "words-only.csv")
    risk = Risk.objects.get(external_id="R-001")

    assert (risk.inherent_level, risk.extra["inherent_risk_rating"]) == ("medium", "High")
    assert [g["column"] for g in run.guesses if g["what"] == "difference"] == [
        "inherent_risk_rating"
    ]


def test_the_source_is_the_name_of_the_file_unless_given(organization: Organization) -> None:
    assert preview_register(organization, ONE, "Q3 risks.final.csv").source_name == "Q3 risks.final"
    assert preview_register(organization, ONE, source_name="audit").source_name == "audit"


def test_a_column_goes_where_the_mapping_says(organization: Organization) -> None:
    run = import_register(organization, ONE, mapping={"Note": "description"})

    assert only_risk(organization).description == "See audit"
    assert {"column": "Note", "field": "description", "how": "chosen", "note": ""} in run.mapping


def test_the_same_file_is_recognised(organization: Organization) -> None:
    import_register(organization, ONE)

    assert "This very file was imported" in preview_register(organization, ONE).notes[-1]
    assert preview_register(organization, ONE + "R2,Flood,1,1,,,,,,\n").notes == []


def test_unknown_controls_are_reported(organization: Organization) -> None:
    make_control(make_framework(organization), "A.1")
    run = preview_register(organization, "ID,Title,Control ref\nR1,Fire,A.1; A.2\nR2,Flood,A.2\n")

    (guess,) = [guess for guess in run.guesses if guess["what"] == "list"]
    assert (guess["column"], guess["table"]) == ("Control ref", {"A.2": None})
    assert guess["detail"].startswith("1 of 2 controls")


def test_known_controls_are_not_reported(organization: Organization) -> None:
    make_control(make_framework(organization), "A.1")
    run = preview_register(organization, "ID,Title,Control ref\nR1,Fire,a.1\n")
    assert [guess for guess in run.guesses if guess["what"] == "list"] == []
