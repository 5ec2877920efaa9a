"""Which column is which field."""

import pytest

from risks.models import Risk
from risks.registers.mapping import column_synonyms
from risks.registers.mapping.columns import FIELDS, is_own_export, likeliest_field, propose_mapping
from risks.registers.reading.text import match_key
from risks.registers.results import ImportFileError

OWN = ["reference", "external_id", "title", "owner_name", "inherent_likelihood"]


def proposed(
    headers: list[str],
    samples: dict[str, list[str]] | None = None,
    overrides: dict[str, str] | None = None,
) -> dict[str, str | None]:
    return {m.column: m.field for m in propose_mapping(headers, samples or {}, overrides)}


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Risk ID", "external_id"),
        ("Risk #", "external_id"),
        ("N°", "external_id"),
        ("Réf.", "external_id"),
        ("RISK TITLE *", "title"),
        ("risk_description", "description"),
        ("Likelihood (1-5)", "inherent_likelihood"),
        ("Probability of Occurrence", "inherent_likelihood"),
        ("Eintrittswahrscheinlichkeit", "inherent_likelihood"),
        ("Vraisemblance", "inherent_likelihood"),
        ("Probabilidade", "inherent_likelihood"),
        ("Kans", "inherent_likelihood"),
        ("Gross impact", "inherent_impact"),
        ("Schadensausmaß", "inherent_impact"),
        ("Gravité", "inherent_impact"),
        ("Consequence (1 to 5)", "inherent_impact"),
        ("Post-mitigation likelihood", "residual_likelihood"),
        ("Residual Risk - Impact", "residual_impact"),
        ("Likelihood (residual)", "residual_likelihood"),
        ("Probabilité résiduelle", "residual_likelihood"),
        ("Nettowahrscheinlichkeit", "residual_likelihood"),
        ("Impatto residuo", "residual_impact"),
        ("Target Impact", "target_impact"),
        ("Risk Score", "inherent_score"),
        ("L x I", "inherent_score"),
        ("Risk Rating", "inherent_level"),
        ("Nivel de riesgo", "inherent_level"),
        ("Restrisiko", "residual_level"),
        ("Risk Owner", "owner"),
        ("Propriétaire du risque", "owner"),
        ("Verantwortlich", "owner"),
        ("Action Owner", "assignee"),
        ("Due Date", "due_date"),
        ("Échéance", "due_date"),
        ("Next review", "next_review_at"),
        ("Maßnahmen", "treatment_plan"),
        ("Plan d'action", "treatment_plan"),
        ("Asset/Area", "assets"),
        ("Bedrohung / Threat", "threat"),
        ("Wahrscheinlichkeit (Likelihood)", "inherent_likelihood"),
    ],
)
def test_names_in_many_languages_are_known(header: str, field: str) -> None:
    assert likeliest_field(header) == field


@pytest.mark.parametrize(
    "header",
    ["Control rating", "control_status", "Last reviewed", "Date closed", "Comments",
     "Risk appetite", "Impact on reputation", "", "x" * 100],
)  # fmt: skip
def test_other_names_are_left_alone(header: str) -> None:
    assert likeliest_field(header) is None


def test_a_field_goes_to_the_surest_column_and_the_other_is_said() -> None:
    mapping = propose_mapping(["Likelihood", "Inherent Likelihood", "Title"], {})
    assert [m.field for m in mapping] == [None, "inherent_likelihood", "title"]
    assert mapping[0].note == "'Inherent Likelihood' is the inherent_likelihood."


def test_a_column_that_holds_nothing_comes_last() -> None:
    samples = {"Responsible": ["IT"]}
    assert proposed(["Risk Owner", "Responsible"], samples)["Responsible"] == "owner"


def test_ratings_without_a_qualifier_are_inherent_and_it_is_said() -> None:
    (mapping,) = propose_mapping(["Impact"], {"Impact": ["3"]})
    assert mapping.field == "inherent_impact"
    assert "read as inherent" in mapping.note


@pytest.mark.parametrize(
    ("header", "cells", "field"),
    [
        ("Treatment", ["Reduce", "Accept"], "treatment"),
        ("Treatment", ["Install a firewall", "Train staff"], "treatment_plan"),
        ("Mitigation", ["Transfer", "Avoid"], "treatment"),
        ("Mitigation", ["Install a firewall"], "treatment_plan"),
        ("Impact", ["4", "Major"], "inherent_impact"),
        ("Impact", ["Customers cannot order for a whole day"], "description"),
        ("Business Impact", ["High"], "inherent_impact"),
        ("Controls", ["A.9.1.1; A.9.2", "PR.AA"], "controls"),
        ("Controls", ["Locked doors and badges"], "existing_controls"),
        ("Risk", ["Power fails in the data centre"], "title"),
        ("Risk", ["High", "Low"], "inherent_level"),
    ],
)
def test_cells_decide_where_a_name_does_not(header: str, cells: list[str], field: str) -> None:
    assert proposed([header], {header: cells}) == {header: field}


def test_overrides_win() -> None:
    found = proposed(["Risk Title", "Name"], overrides={"name": "title", "Risk Title": "extra"})
    assert found == {"Risk Title": None, "Name": "title"}


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"Nmae": "title"}, "no column 'Nmae'. Its columns: Name, Impact"),
        ({"Name": "titel"}, "'titel' is no field of a risk. Fields: reference, external_id, title"),
        ({"Name": "title", "Impact": "title"}, "both mapped to title"),
    ],
)
def test_overrides_that_name_nothing_are_refused(overrides: dict[str, str], message: str) -> None:
    with pytest.raises(ImportFileError, match=message):
        propose_mapping(["Name", "Impact"], {}, overrides)


def test_a_file_with_our_own_names_is_our_export() -> None:
    assert is_own_export(OWN)
    assert not is_own_export(["title", "owner", "inherent_likelihood", "inherent_impact"])


def test_in_our_export_every_name_means_itself() -> None:
    mapping = {m.column: (m.field, m.how) for m in propose_mapping([*OWN, "Threat", "version"], {})}
    assert all(mapping[name] == (name, "name") for name in OWN)
    assert mapping["Threat"] == (None, "extra")
    assert mapping["version"] == (None, "ignored")


def test_fields_named_as_the_model_names_them_are_fields_of_it() -> None:
    ours = {"threat", "vulnerability", "existing_controls", "treatment_plan", "due_date"}
    names = {field.name for field in Risk._meta.get_fields()}
    assert set(FIELDS) - ours <= names


@pytest.mark.parametrize("table", [column_synonyms.SYNONYMS, column_synonyms.WEAK])
def test_synonyms_are_written_as_they_are_compared(table: dict[str, tuple[str, ...]]) -> None:
    assert [name for names in table.values() for name in names if name != match_key(name)] == []
    assert set(table) <= set(FIELDS)


def test_no_synonym_stands_for_two_fields() -> None:
    names = [name for names in column_synonyms.SYNONYMS.values() for name in set(names)]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []
