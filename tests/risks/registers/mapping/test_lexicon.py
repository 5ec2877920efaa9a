"""Words for states, treatments, levels and review intervals."""

import pytest

from risks.models import Level, Status, Treatment
from risks.registers.mapping import lexicon
from risks.registers.reading.text import match_key


@pytest.mark.parametrize("state", Status.values)
def test_our_states_are_known(state: str) -> None:
    assert lexicon.status_of(state) == state


@pytest.mark.parametrize("treatment", Treatment.values)
def test_our_treatments_are_known(treatment: str) -> None:
    assert lexicon.treatment_of(treatment) == treatment


@pytest.mark.parametrize("level", Level.values)
def test_our_levels_are_known(level: str) -> None:
    assert lexicon.level_of(level) == level


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("Open", "open"),
        ("In Progress", "in_treatment"),
        ("Not Started", "treatment_planned"),
        ("CLOSED", "closed"),
        ("Monitoring", "assessed"),
        ("Draft", "draft"),
        ("En cours", "in_treatment"),
        ("Geschlossen", "closed"),
        ("Abierto", "open"),
        ("Whatever", None),
    ],
)
def test_words_for_states(word: str, state: str | None) -> None:
    assert lexicon.status_of(word) == state


@pytest.mark.parametrize(
    ("word", "treatment"),
    [
        ("Reduce", "mitigate"),
        ("Treat", "mitigate"),
        ("Tolerate", "accept"),
        ("Retain", "accept"),
        ("Share", "transfer"),
        ("Terminate", "avoid"),
        ("Vermeiden", "avoid"),
        ("Réduire", "mitigate"),
        ("Pray", None),
    ],
)
def test_words_for_treatments(word: str, treatment: str | None) -> None:
    assert lexicon.treatment_of(word) == treatment


@pytest.mark.parametrize(
    ("word", "level"),
    [("Extreme", "critical"), ("High risk", "high"), ("12 (Medium)", "medium"), ("Élevé", "high"),
     ("Green", None)],
)  # fmt: skip
def test_words_for_levels(word: str, level: str | None) -> None:
    assert lexicon.level_of(word) == level


@pytest.mark.parametrize(
    ("text", "days"),
    [("90", 90), ("90 days", 90), ("Quarterly", 91), ("Annual review", 365), ("0", None),
     ("-30", None), ("\N{MINUS SIGN}30", None), ("sometimes", None)],
)  # fmt: skip
def test_review_intervals(text: str, days: int | None) -> None:
    assert lexicon.days_between_reviews(text) == days


def test_words_are_written_as_they_are_compared() -> None:
    tables = (
        *(lexicon.LIKELIHOODS, lexicon.IMPACTS, lexicon.UNRATED, lexicon.LEVELS),
        *(lexicon.STATES, lexicon.TREATMENTS, lexicon.INTERVALS, lexicon.NO_DATE),
    )
    assert [word for table in tables for word in table if word != match_key(word)] == []
