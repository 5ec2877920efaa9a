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
     ("Green", "low"), ("高风险", "high"), ("niskie ryzyko", "low"), ("Blue", None)],
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


@pytest.mark.parametrize(
    ("high", "unlikely", "closed", "avoid", "month"),
    [
        ("hoch", "unwahrscheinlich", "geschlossen", "vermeiden", "März"),
        ("élevé", "peu probable", "clôturé", "éviter", "mars"),
        ("alto", "poco probable", "cerrado", "evitar", "marzo"),
        ("alto", "improbabile", "chiuso", "evitare", "marzo"),
        ("alto", "improvável", "fechado", "evitar", "março"),
        ("hoog", "onwaarschijnlijk", "gesloten", "vermijden", "maart"),
        ("wysokie", "mało prawdopodobne", "zamknięte", "unikanie", "marca"),
        ("vysoké", "nepravděpodobné", "uzavřeno", "vyhnout se", "března"),
        ("высокий", "маловероятно", "закрыт", "избежание", "марта"),
        ("高", "不太可能", "已关闭", "规避", "mar"),
        ("高い", "起こりにくい", "クローズ", "回避", "mar"),
    ],
)
def test_every_language_has_its_words(
    high: str, unlikely: str, closed: str, avoid: str, month: str
) -> None:
    assert (lexicon.level_of(high), lexicon.status_of(closed)) == ("high", "closed")
    assert lexicon.treatment_of(avoid) == "avoid"
    assert lexicon.LIKELIHOODS[match_key(unlikely)] == 2
    assert lexicon.MONTHS[match_key(month)] == 3


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("MOEGLICH", "moglich"),
        ("High probability", "high"),
        ("rather unlikely", "unlikely"),
        ("extremely high", "very high"),
        ("高概率", "高"),
        ("muito altas", "muito alta"),
        ("hohe Wahrscheinlichkeit", "hohe"),
        ("Sometimes", None),
    ],
)
def test_words_are_found_without_what_is_around_them(text: str, word: str | None) -> None:
    assert lexicon.find_word(lexicon.LIKELIHOODS, text) == word
