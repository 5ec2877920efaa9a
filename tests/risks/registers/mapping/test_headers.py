"""Headers in many languages and spellings, and the fields they mean."""

import pytest

from risks.fields import IMPORT_FIELDS
from risks.registers.mapping import column_synonyms
from risks.registers.mapping.headers import (
    candidate_fields,
    fields_by_words,
    likeliest_field,
    rating_letters,
)


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Risk ID", "external_id"),
        ("Risk #", "external_id"),
        ("ID #", "external_id"),
        ("N°", "external_id"),
        ("Réf.", "external_id"),
        ("ref_id", "external_id"),
        ("RISK TITLE *", "title"),
        ("riskTitle", "title"),
        ("1. Risk title", "title"),
        ("risk_description", "description"),
        ("descripcion_riesgo", "description"),
        ("Eintrittswahrscheinlichkeit", "inherent_likelihood"),
        ("Schadensausmaß", "inherent_impact"),
        ("Schadenshoehe", "inherent_impact"),
        ("Risk Owner", "owner"),
        ("riskowner", "owner"),
        ("responsable_riesgo", "owner"),
        ("Risikoeigentuemer", "owner"),
        ("Verantwortliche/r", "owner"),
        ("Propriétaire du risque", "owner"),
        ("Custom field (Risk Owner)", "owner"),
        ("Action Owner", "assignee"),
        ("Due Date", "due_date"),
        ("duedate", "due_date"),
        ("Faellig am", "due_date"),
        ("Échéance", "due_date"),
        ("Next review", "next_review_at"),
        ("Nächste Ueberpruefung", "next_review_at"),
        ("Maßnahmen", "treatment_plan"),
        ("Plan d'action", "treatment_plan"),
        ("accion_requerida", "treatment_plan"),
        ("existing.controls", "existing_controls"),
        ("Asset/Area", "assets"),
        ("Asset(s)", "assets"),
        ("Bedrohung / Threat", "threat"),
        ("Tipologia", "category"),
        ("Właściciel ryzyka", "owner"),
        ("Název rizika", "title"),
        ("Срок исполнения", "due_date"),
        ("风险编号", "external_id"),
        ("リスクの説明", "description"),
    ],
)
def test_names_in_many_languages_and_spellings_are_known(header: str, field: str) -> None:
    assert likeliest_field(header) == field


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Likelihood (1-5)", "inherent_likelihood"),
        ("L_1to5", "inherent_likelihood"),
        ("Prob.", "inherent_likelihood"),
        ("Threat Probability", "inherent_likelihood"),
        ("Probability of Occurrence", "inherent_likelihood"),
        ("Occurrence", "inherent_likelihood"),
        ("Kans", "inherent_likelihood"),
        ("Wahrscheinlichkeit (Likelihood)", "inherent_likelihood"),
        ("Consequence (1 to 5)", "inherent_impact"),
        ("Gross impact", "inherent_impact"),
        ("Niveau de l'impact", "inherent_impact"),
        ("Impact (uncontrolled)", "inherent_impact"),
        ("Impact before controls", "inherent_impact"),
        ("Sev. after", "residual_impact"),
        ("Revised Impact", "residual_impact"),
        ("residualLikelihood", "residual_likelihood"),
        ("Post-mitigation likelihood", "residual_likelihood"),
        ("Likelihood with controls", "residual_likelihood"),
        ("Likelihood (1 = low, 5 with certainty)", "inherent_likelihood"),
        ("Nettowahrscheinlichkeit", "residual_likelihood"),
        ("Residual Risk - Impact", "residual_impact"),
        ("Restrisiko", "residual_level"),
        ("Goal Impact", "target_impact"),
        ("Risk Score", "inherent_score"),
        ("L x I", "inherent_score"),
        ("LxI", "inherent_score"),
        ("RPN", "inherent_score"),
        ("Risk Rating", "inherent_level"),
        ("Nivel de riesgo", "inherent_level"),
        ("Prawdopodobieństwo", "inherent_likelihood"),
        ("Zbytkový dopad", "residual_impact"),
        ("Остаточная вероятность", "residual_likelihood"),
        ("残余风险等级", "residual_level"),
        ("固有リスクの影響度", "inherent_impact"),
    ],
)
def test_names_of_ratings_are_understood_by_their_words(header: str, field: str) -> None:
    assert likeliest_field(header) == field


@pytest.mark.parametrize(
    "header",
    ["Control rating", "control_status", "Last reviewed", "Date closed", "Comments", "Team/s",
     "Risk appetite", "Impact on reputation", "Threat level", "Component/s", "Index", "Rank",
     "Scope", "Portability", "検査 mime/type/大小", "Ownr", "", "x" * 100],
)  # fmt: skip
def test_other_names_are_left_alone(header: str) -> None:
    assert likeliest_field(header) is None


@pytest.mark.parametrize(
    ("header", "field", "reading"),
    [
        ("Liklihood", "inherent_likelihood", "likelihood"),
        ("Probabilty", "inherent_likelihood", "probability"),
        ("Resiudal Impct", "residual_impact", "residual impact"),
        ("risk_discription", "description", "risk description"),
        ("Mitigaton plan (2026)", "treatment_plan", "mitigation plan"),
        ("Wahrscheinlichkiet", "inherent_likelihood", "wahrscheinlichkeit"),
    ],
)
def test_misspelled_names_are_a_guess(header: str, field: str, reading: str) -> None:
    candidate = min(candidate_fields(header))
    assert (candidate.field, candidate.reading) == (field, reading)
    assert 80 <= candidate.alike < 100
    assert likeliest_field(header) is None  # too unsure to tell a header from a row of text


@pytest.mark.parametrize("header", ["Preference", "Scope", "Portability", "Changes", "Csot"])
def test_words_of_their_own_are_no_misspellings(header: str) -> None:
    assert candidate_fields(header) == ()


@pytest.mark.parametrize(
    ("headers", "letters"),
    [
        (["No", "L", "I_1to5"], {"", "l", "i"}),
        (["P", "Owner"], {""}),
        (["L", "C", "I", "A"], {"", "l"}),  # confidentiality, integrity, availability
    ],
)
def test_a_letter_is_a_rating_only_beside_its_pair(headers: list[str], letters: set[str]) -> None:
    assert rating_letters(headers) == letters


def test_every_listed_name_is_understood_as_its_field() -> None:
    tables = (column_synonyms.SYNONYMS, column_synonyms.WEAK)
    lost = [
        (field, name)
        for table in tables
        for field, by_language in table.items()
        for names in by_language.values()
        for name in names
        if field not in {candidate.field for candidate in fields_by_words(name.split())}
    ]
    assert lost == []
    assert {field for table in tables for field in table} <= set(IMPORT_FIELDS)


def test_no_sure_name_is_listed_for_two_fields() -> None:
    names = [
        name
        for by_language in column_synonyms.SYNONYMS.values()
        for name in {name for names in by_language.values() for name in names}
    ]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []
