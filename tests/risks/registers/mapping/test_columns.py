"""Columns and the fields that they give."""

import pytest

from risks.registers.mapping.columns import propose_mapping
from risks.registers.results import ImportFileError

OWN = ["reference", "external_id", "title", "owner_name", "inherent_likelihood"]


def proposed(
    headers: list[str],
    samples: dict[str, list[str]] | None = None,
    overrides: dict[str, str] | None = None,
) -> dict[str, str | None]:
    return {m.column: m.field for m in propose_mapping(headers, samples or {}, overrides)}


def rated(headers: list[str]) -> dict[str, list[str]]:
    return {header: ["3"] for header in headers}


def test_a_field_goes_to_the_surest_column_and_the_other_gets_a_note() -> None:
    mapping = propose_mapping(["Likelihood", "Inherent Likelihood", "Title"], {})
    assert [m.field for m in mapping] == [None, "inherent_likelihood", "title"]
    assert mapping[0].note == (
        "'Inherent Likelihood' gives the inherent_likelihood. This column is kept in extra."
    )


def test_a_column_that_holds_nothing_comes_last() -> None:
    samples = {"Responsible": ["IT"]}
    assert proposed(["Risk Owner", "Responsible"], samples)["Responsible"] == "owner"


def test_ratings_without_a_qualifier_are_inherent_and_get_a_note() -> None:
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
    fields = proposed(["Risk Title", "Name"], overrides={"name": "title", "Risk Title": "extra"})
    assert fields == {"Risk Title": None, "Name": "title"}


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"Nmae": "title"}, "no column 'Nmae'. Its columns: Name, Impact"),
        (
            {"Name": "titel"},
            "'titel' is not a field of a risk. Fields: reference, external_id, title",
        ),
        ({"Name": "title", "Impact": "title"}, "both mapped to title"),
    ],
)
def test_overrides_of_unknown_columns_or_fields_are_refused(
    overrides: dict[str, str], message: str
) -> None:
    with pytest.raises(ImportFileError, match=message):
        propose_mapping(["Name", "Impact"], {}, overrides)


def test_in_our_export_every_header_is_the_name_of_its_field() -> None:
    mapping = {m.column: (m.field, m.how) for m in propose_mapping([*OWN, "Threat", "version"], {})}
    assert all(mapping[name] == (name, "name") for name in OWN)
    assert mapping["Threat"] == (None, "extra")
    assert mapping["version"] == (None, "ignored")


def test_numbers_beat_a_text_and_the_text_is_the_description() -> None:
    samples = {
        "Consequence": ["Servers stop", "Slow releases"],
        "Severity": ["5", "3"],
        "Impact": ["Data is lost"],
        "Impact score": ["4"],
    }
    fields = proposed(["Consequence", "Severity"], samples)
    assert fields == {"Consequence": "description", "Severity": "inherent_impact"}
    fields = proposed(["Impact", "Impact score"], samples)
    assert fields == {"Impact": "description", "Impact score": "inherent_impact"}


@pytest.mark.parametrize(
    ("header", "cell", "field"),
    [
        ("Risk", "0.82", "inherent_score"),  # numbers are not titles
        ("Likelihood", "It may well happen twice a year or so", None),
        ("Threat", "3", None),
        ("Owner", "2026-03-01", None),
        ("Category", "Everything that the people of our supplier do", None),
        ("Type", "Risk", None),  # what each row of a RAID log is
        ("Risk", "A river that rises above the dam floods the server room. " * 3, "description"),
    ],
)
def test_cells_that_cannot_be_what_the_name_says(header: str, cell: str, field: str | None) -> None:
    (mapping,) = propose_mapping([header], {header: [cell]})
    assert mapping.field == field
    assert mapping.note


def test_current_beside_residual_is_inherent_and_alone_residual() -> None:
    headers = ["Current impact", "Residual impact"]
    mapping = propose_mapping(headers, rated(headers))
    assert [m.field for m in mapping] == ["inherent_impact", "residual_impact"]
    assert mapping[0].note.startswith("'Residual impact' is the residual one")
    headers = ["Current impact", "Impact"]
    assert proposed(headers, rated(headers))["Current impact"] == "residual_impact"


def test_a_misspelled_name_is_said_and_never_beats_a_right_one() -> None:
    headers = ["Liklihood", "Likelihood"]
    mapping = propose_mapping(headers[:1], {"Liklihood": ["3"]})
    assert (mapping[0].field, mapping[0].how) == ("inherent_likelihood", "similar")
    assert mapping[0].note == "Read as 'likelihood', 90 % alike: the inherent likelihood."
    mapping = propose_mapping(headers, rated(headers))
    assert [m.field for m in mapping] == [None, "inherent_likelihood"]


def test_a_lone_longer_name_is_the_rating_and_several_are_none() -> None:
    headers = ["Likelihood that it leaks", "Impact on money", "Impact on safety"]
    mapping = propose_mapping(headers, rated(headers))
    assert [m.field for m in mapping] == ["inherent_likelihood", None, None]
    assert "as may 'Impact on safety'" in mapping[1].note


def test_single_letters_need_each_other() -> None:
    assert proposed(["L", "I"], {"L": ["3"], "I": ["4"]}) == {
        "L": "inherent_likelihood",
        "I": "inherent_impact",
    }
    assert proposed(["S"], {"S": ["3"]}) == {"S": None}


def test_priorities_count_from_the_top_and_are_not_ratings() -> None:
    (mapping,) = propose_mapping(["Severity"], {"Severity": ["S0", "S1", "S2"]})
    assert mapping.field == "inherent_level"  # compared with ours, and shown


def test_known_ratings_beat_words_that_only_repeat() -> None:
    samples = {"Impact": ["IV", "V", "IV"] * 3, "Severity": ["2", "1", "2"] * 3}
    assert proposed(list(samples), samples) == {"Impact": None, "Severity": "inherent_impact"}
    assert proposed(["Impact"], samples) == {"Impact": "inherent_impact"}  # reported as unknown


def test_effectiveness_of_controls_is_kept_and_not_taken_for_controls() -> None:
    assert proposed(["Controls (1-3)"], {"Controls (1-3)": ["1", "3"]}) == {"Controls (1-3)": None}


def test_ratings_below_an_unknown_name_are_said_if_one_is_missing() -> None:
    samples = {"Likelihood": ["4"], "Konsekvens": ["5"]}
    note = propose_mapping(list(samples), samples)[1].note
    assert note.startswith("Holds ratings: map this column if it gives the inherent impact.")
    samples = {"Likelihood": ["4"], "Impact": ["5"], "Votes": ["5"]}
    assert propose_mapping(list(samples), samples)[2].note == ""


PROSE = "We will move the racks to the first floor and test it twice"


@pytest.mark.parametrize(
    ("cells", "fields"),
    [
        (  # health and safety: questions, and a rating of two letters
            {"What are the hazards?": "Wet floor", "P": "3", "D": "2", "R=PxD": "6",
             "What further action do you need to take to control the risks?": PROSE,
             "When is the action needed by?": "01/02/2027"},
            ["title", "inherent_likelihood", "inherent_impact", "inherent_score", "treatment_plan",
             "due_date"],
        ),
        (  # a process of failures: the letters of severity, occurrence and detection
            {"Failure mode": "Leak", "Potential Effect(s) of Failure": PROSE, "O": "3", "D": "4",
             "S": "5", "RPN": "60"},
            ["title", "description", "inherent_likelihood", None, "inherent_impact",
             "inherent_score"],
        ),
        (  # information security: protection goals are letters as well
            {"Gefährdung": "Feuer", "C": "3", "I": "3", "A": "3",
             "Eintrittshäufigkeit ohne Maßnahmen": "3", "Auswirkungen ohne Maßnahmen": "4",
             "Risiko mit Maßnahmen": "gering"},
            ["threat", None, None, None, "inherent_likelihood", "inherent_impact",
             "residual_level"],
        ),
    ],
)  # fmt: skip
def test_registers_of_several_professions(cells: dict[str, str], fields: list[str | None]) -> None:
    assert list(proposed(list(cells), {h: [cell] for h, cell in cells.items()}).values()) == fields


def test_a_misspelled_name_needs_cells_that_fit() -> None:
    assert proposed(["Risk Acceptence"], {"Risk Acceptence": ["Yes"]}) == {"Risk Acceptence": None}
    assert proposed(["Liklihood"], {"Liklihood": ["Yes"]}) == {"Liklihood": None}


def test_without_a_title_the_texts_that_say_most_are_one() -> None:
    samples = {
        "Likelihood": ["3", "4"],
        "Vaara": ["Wet floor in the hall", "Open hatch"],
        "Paikka": ["Hall A", "Hall A"],
    }
    mapping = propose_mapping(list(samples), samples)[1]
    assert (mapping.field, mapping.note[:31]) == ("title", "No column is called a title. Th")
    del samples["Likelihood"]  # then it may be any list
    assert proposed(list(samples), samples)["Vaara"] is None
