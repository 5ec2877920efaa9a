"""Numbers and days as people read them."""

from datetime import date

import pytest

from dashboards.wording import (
    MINUS,
    format_change,
    format_count,
    format_day,
    format_figure,
    format_share,
)


def test_figures_have_separators_or_say_that_they_are_not_measured():
    assert [format_figure(value) for value in (1234, 7.9, 0, None)] == [
        *("1,234", "7.9", "0", "not measured")
    ]


def test_changes_have_a_sign():
    assert [format_change(value) for value in (3, -1200, 0, None)] == [
        *("+3", f"{MINUS}1,200", "", "")
    ]


def test_one_is_singular():
    assert [format_count(number, "risk") for number in (0, 1, 1000)] == [
        *("0 risks", "1 risk", "1,000 risks")
    ]


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(1, 4, " (25 %)"), (1, 101, " (less than 1 %)"), (0, 4, ""), (4, 0, "")],
)
def test_shares_are_left_out_where_they_say_nothing(part, whole, text):
    assert format_share(part, whole) == text


def test_days_are_written_out():
    assert format_day(date(2026, 3, 3)) == format_day("2026-03-03") == "3 March 2026"
