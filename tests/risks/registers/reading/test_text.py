"""The text of cells, and what export and import must agree on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risks.registers.reading import text as cells
from risks.registers.reading.text import (
    clean_cell,
    first_sentence,
    join_list,
    match_key,
    neutralize_formula,
    restore_formula,
    split_list,
    title_key,
)
from risks.text import clean_text


@given(st.text())
def test_restoring_is_the_inverse_of_neutralizing(text: str) -> None:
    assert restore_formula(neutralize_formula(text)) == text


@given(st.text())
def test_an_exported_text_is_imported_as_it_was(text: str) -> None:
    assert clean_cell(neutralize_formula(clean_text(text))) == clean_text(text)


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+1", "-1", "@cmd", "\t=1", "'=1"),
        *("\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20cmd"),  # full width, as typed in East Asia
        *("\ufe661", "\ufe621", "\ufe631", "\ufe6bcmd", "\u22121"),
        *(" =1", "\u00a0=1", "\u200b=1", "\u200e\uff1d1", "\ufeff'+1"),
    ],
)
def test_text_that_a_spreadsheet_would_calculate_is_neutralized(text: str) -> None:
    assert neutralize_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "5", "'quoted'", "A-1", "1=1"])
def test_other_text_is_left_alone(text: str) -> None:
    assert neutralize_formula(text) == restore_formula(text) == text


@given(st.lists(st.text(min_size=1).map(clean_text).filter(bool), unique=True))
def test_a_list_reads_back_as_it_was_written(items: list[str]) -> None:
    assert split_list(join_list(items), commas=True) == items


def test_lists_split_at_semicolons_bars_and_lines() -> None:
    assert split_list("a; b|c\nd;;a") == ["a", "b", "c", "d"]
    assert split_list('"x; y"; "say ""hi"""') == ["x; y", 'say "hi"']


def test_commas_split_only_where_asked_and_nothing_better_is_there() -> None:
    assert split_list("a, b", commas=True) == ["a", "b"]
    assert split_list("a, b") == ["a, b"]
    assert split_list("a, b; c", commas=True) == ["a, b", "c"]


def test_match_keys_ignore_case_accents_and_punctuation() -> None:
    assert match_key("  Échéance*: (Date) ") == match_key("echeance - date")
    assert match_key("Risk #") == "risk number"


def test_titles_compare_without_case_and_space_but_with_accents() -> None:
    assert title_key("Data  Loss\u00a0") == title_key("data loss")
    assert title_key("resume") != title_key("résumé")


def test_a_first_sentence_is_cut_at_its_limit() -> None:
    assert first_sentence("Mail fails. Then all fails.") == "Mail fails"
    assert len(first_sentence("word " * 100)) <= 255


def test_long_texts_are_not_cached() -> None:
    before = cells.cached_match_key.cache_info().currsize
    assert cells.match_key("Ä" * 200) == "a" * 200
    assert cells.cached_match_key.cache_info().currsize == before
