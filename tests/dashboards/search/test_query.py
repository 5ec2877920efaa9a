"""The text that someone looks for, as a search reads it."""

import pytest

from dashboards.search.query import parse_query


def test_words_are_folded_and_each_is_looked_for_once():
    assert parse_query("  ÜBER über \0 Łódź ").words == ("uber", "lodz")


@pytest.mark.parametrize("text", ["x" * 300, " ".join(f"w{n}" for n in range(40))])
def test_long_text_is_cut(text):
    query = parse_query(text)
    assert query.is_cut
    assert len(query.phrase) <= 200


@pytest.mark.parametrize(
    ("text", "risk", "mitigation"),
    [
        ("R-0012", 12, None),
        ("r12", 12, None),
        ("m-3", None, 3),
        ("0012", 12, 12),
        ("R-", None, None),
        ("x12", None, None),
        ("1234567890", None, None),
        ("٣", None, None),
    ],
)
def test_reference_is_recognized(text, risk, mitigation):
    query = parse_query(text)
    assert (query.number_of("R"), query.number_of("M")) == (risk, mitigation)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ai", False),
        ("火災", False),
        ("%%%", False),
        ("a b", False),
        ("fire", True),
        ("火災保険", True),
    ],
)
def test_short_words_have_no_trigram(text, expected):
    assert parse_query(text).has_trigram is expected
