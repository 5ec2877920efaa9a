"""Dates as people write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risks.registers.mapping.dates import read_dates


def read(cell: str) -> str | None:
    dates = read_dates([cell])
    assert dates.errors == {}
    return dates.values[cell]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2027-05-31", "2027-05-31"),
        ("2027-05-31T10:30:00Z", "2027-05-31"),
        ("2027/5/3", "2027-05-03"),
        ("31/05/2027", "2027-05-31"),
        ("05/31/2027", "2027-05-31"),
        ("31.05.27", "2027-05-31"),
        ("31-Dec-26", "2026-12-31"),
        ("31 May 2027", "2027-05-31"),
        ("May 31st, 2027", "2027-05-31"),
        ("2027 May 31", "2027-05-31"),
        ("Monday, 31 May 2027 10:00", "2027-05-31"),
        ("1er juin 2026", "2026-06-01"),
        ("31. März 2027", "2027-03-31"),
        ("31 de mayo de 2027", "2027-05-31"),
        ("3 settembre 2027", "2027-09-03"),
        ("5 de fevereiro de 2027", "2027-02-05"),
        ("1 maart 2027", "2027-03-01"),
        ("31/12/99", "1999-12-31"),
        ("20261231", "2026-12-31"),
        ("31. 12. 2026", "2026-12-31"),
        ("2026年12月31日", "2026-12-31"),
        ("２０２６年１２月３１日", "2026-12-31"),
        ("2026년 12월 31일", "2026-12-31"),
        ("令和8年12月31日", "2026-12-31"),
        ("2026-W40-5", "2026-10-02"),
        ("12/Feb/26 3:44 PM", "2026-02-12"),
        ("31 grudnia 2026", "2026-12-31"),
        ("31. prosince 2026", "2026-12-31"),
        ("31 декабря 2026", "2026-12-31"),
    ],
)
def test_dates_with_a_day(cell: str, expected: str) -> None:
    dates = read_dates([cell])
    assert dates.values == {cell: expected}
    assert dates.guesses == []


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("May 2027", "2027-05-31"),
        ("Feb. 2028", "2028-02-29"),
        ("2027-05", "2027-05-31"),
        ("5/2027", "2027-05-31"),
        ("May-27", "2027-05-31"),
        ("août 2027", "2027-08-31"),
        ("Q3 2026", "2026-09-30"),
        ("2026 Q3", "2026-09-30"),
        ("Q3/26", "2026-09-30"),
        ("T2 2026", "2026-06-30"),
        ("3. Quartal 2026", "2026-09-30"),
        ("H1 2027", "2027-06-30"),
        ("2027", "2027-12-31"),
        ("end of 2027", "2027-12-31"),
        ("by May 2027", "2027-05-31"),
        ("2026-Q3", "2026-09-30"),
        ("3Q26", "2026-09-30"),
        ("Q3 FY2026", "2026-09-30"),
        ("III kwartał 2026", "2026-09-30"),
        ("2026年第3四半期", "2026-09-30"),
        ("2026年12月", "2026-12-31"),
        ("2026-W40", "2026-10-04"),
        ("KW 40/2026", "2026-10-04"),
        ("semaine 40 2026", "2026-10-04"),
        ("S1 2027", "2027-06-30"),
        ("mid 2026", "2026-06-30"),
        ("202612", "2026-12-31"),
    ],
)
def test_a_period_is_read_as_its_last_day_and_reported(cell: str, expected: str) -> None:
    dates = read_dates([cell])
    assert dates.table == {cell: expected}
    assert dates.guesses == ["A week, month, quarter or year was read as its last day."]


@pytest.mark.parametrize("cell", ["TBD", "n/a", "-", "Ongoing", "Annual review", "laufend", "soon"])
def test_words_for_no_date_are_none_and_reported(cell: str) -> None:
    dates = read_dates([cell, ""])
    assert dates.values == {cell: None, "": None}
    assert dates.guesses == ["Text that names no day was read as no date."]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("31/02/2027", "There is no such date."),
        ("2027-13-01", "There is no such date."),
        ("13/13/2027", "There is no such date."),
        ("12345", "This is not a date."),
        ("KW 54/2026", "There is no such date."),
        ("May 31", "This is not a date."),
        ("31 May", "This is not a date."),
        ("Q5 2027", "This is not a date."),
        ("1 2 2027", "This is not a date."),
        ("0202-01-01", "The year 202 is not between 1970 and 2199."),
        ("1" * 1_000, "This is not a date."),
    ],
)
def test_an_unreadable_date_is_an_error_with_the_accepted_forms(cell: str, reason: str) -> None:
    dates = read_dates([cell])
    assert dates.values == {}
    assert dates.errors[cell].startswith(f"{reason} Write it as 2027-05-31, ")


def test_day_numbers_of_a_spreadsheet_are_read_and_reported() -> None:
    dates = read_dates(["46387", "46387.5"])
    assert dates.values == {"46387": "2026-12-31", "46387.5": "2026-12-31"}
    assert dates.guesses == ["Numbers were read as the day numbers of a spreadsheet."]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("01/01/2026 - 31/03/2026", "2026-03-31"),
        ("30/06/2026, 31/12/2026", "2026-12-31"),
        ("30/06/2026 (revised)", "2026-06-30"),
        ("Q2-Q3 2026", "2026-09-30"),
        ("June/July 2026", "2026-07-31"),
    ],
)
def test_the_last_of_several_dates_is_read_and_reported(cell: str, expected: str) -> None:
    dates = read_dates([cell])
    assert dates.table == {cell: expected}
    assert "the last one was read" in dates.guesses[-1]


def test_other_columns_of_dates_decide_where_the_column_does_not() -> None:
    dates = read_dates(["03/04/2027"], others=["12/31/2027"])
    assert dates.values == {"03/04/2027": "2027-03-04"}
    assert dates.guesses == [
        "Other dates of the file show that the month comes first in 03/04/2027."
    ]


def test_one_clear_date_decides_for_the_column() -> None:
    assert read_dates(["03/04/2027", "13/04/2027"]).values["03/04/2027"] == "2027-04-03"
    assert read_dates(["03/04/2027", "04/13/2027"]).values["03/04/2027"] == "2027-03-04"


def test_without_a_clear_date_the_day_comes_first_and_is_reported() -> None:
    dates = read_dates(["03/04/2027"])
    assert dates.values == {"03/04/2027": "2027-04-03"}
    assert "03/04/2027 was read as 3 April 2027" in dates.guesses[0]


def test_the_caller_may_decide() -> None:
    dates = read_dates(["03/04/2027", "31/12/2027"], month_first=True)
    assert dates.values == {"03/04/2027": "2027-03-04"}
    assert list(dates.errors) == ["31/12/2027"]


def test_a_column_with_both_orders_leaves_the_doubtful_ones_out() -> None:
    dates = read_dates(["13/04/2027", "04/13/2027", "03/04/2027", "5/5/2027"])
    assert dates.values == dict.fromkeys(["13/04/2027", "04/13/2027"], "2027-04-13") | {
        "5/5/2027": "2027-05-05"
    }
    assert "may be either" in dates.errors["03/04/2027"]


def test_dots_put_the_day_first_whatever_else_is_there() -> None:
    assert read_dates(["03.04.2027", "04/13/2027"]).values["03.04.2027"] == "2027-04-03"


def test_times_are_in_utc() -> None:
    dates = read_dates(["2027-05-31T01:00:00+02:00", "2027-05-31"], with_time=True)
    assert list(dates.values.values()) == ["2027-05-30T23:00:00+00:00", "2027-05-31T00:00:00+00:00"]


@given(st.dates(date(1970, 1, 1), date(2199, 12, 31)))
def test_every_date_reads_back(day: date) -> None:
    assert read(day.isoformat()) == day.isoformat()
    assert read(f"{day:%d %B} {day.year}") == day.isoformat()


@given(st.text(max_size=30))
def test_every_text_is_a_date_or_none_or_an_error(text: str) -> None:
    dates = read_dates([text])
    assert (text in dates.values) != (text in dates.errors)
