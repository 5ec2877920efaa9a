"""Headers in many languages, and the fields they mean."""

import pytest

from risks.fields import IMPORT_FIELDS
from risks.registers.mapping import column_synonyms
from risks.registers.mapping.headers import likeliest_field
from risks.registers.reading.text import match_key


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


@pytest.mark.parametrize("table", [column_synonyms.SYNONYMS, column_synonyms.WEAK])
def test_synonyms_are_written_as_they_are_compared(table: dict[str, tuple[str, ...]]) -> None:
    assert [name for names in table.values() for name in names if name != match_key(name)] == []
    assert set(table) <= set(IMPORT_FIELDS)


def test_no_synonym_is_listed_for_two_fields() -> None:
    names = [name for names in column_synonyms.SYNONYMS.values() for name in set(names)]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []
