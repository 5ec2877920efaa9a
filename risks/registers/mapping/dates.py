"""Dates as people write them in registers.

Whether the day or the month comes first is decided on the whole column, and by the file's other
dates if the column does not show it. Every decision is reported as a guess.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from dateutil import parser as dateutil_parser

from risks.registers.mapping.lexicon import MONTHS
from risks.registers.mapping.periods import (
    DAY,
    YEAR,
    full_year,
    last_day_of_period,
    words_of_date,
)

EARLIEST, LATEST = 1970, 2199
_LONGEST = 60
_ACCEPTED = "Write it as 2027-05-31, 31/05/2027, 31 May 2027, May 2027, Q2 2027 or 2027."
_NOT_A_DATE = "This is not a date."

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?")
_ISO_WEEK = re.compile(r"(\d{4})-?W(\d{2})-?([1-7])", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[T ]+\d{1,2}:\d{2}.*)?")
_NUMERIC = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?:[ T,]+\d{1,2}:\d{2}.*)?")
_COMPACT = re.compile(r"((?:19|20|21)\d\d)(\d\d)(\d\d)")
_EAST_ASIAN = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日日号號일]?")
_ERA = re.compile(r"(令和|平成|R|H)\s*(\d{1,2}|元)\s*[年.]\s*(\d{1,2})\s*[月.]\s*(\d{1,2})\s*日?")
_ERA_START = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988}  # the year before the first one
_DAY_NUMBER = re.compile(r"(\d{5})(?:[.,]\d+)?")
_FIRST_DAY = date(1899, 12, 30)  # day 0 of a spreadsheet
_SPACED = re.compile(r"(?<=\d)\s*([-/.])\s*(?=\d)")
_BRACKET = re.compile(r"\s*[(\[][^)\]]*[)\]]\s*")
_BETWEEN = (
    re.compile(r"\s*[;\n]\s*"),
    re.compile(r"\s+(?:[-\u2013\u2014/&]|to|until|bis|au|à|al|até|tot|do|до|and|und|et|then)\s+"),
    re.compile(r"\s*[,\u2013\u2014~\uff5e]\s*"),
    re.compile(r"\s*[-/]\s*"),
)


class DateForm(StrEnum):
    """Ways in which a text gives a date, as sentences for people."""

    EXACT = ""
    PERIOD = "A week, month, quarter or year was read as its last day."
    DAY_NUMBER = "Numbers were read as the day numbers of a spreadsheet."
    LAST = "Of several dates the last one was read, without what is in brackets."


@dataclass(slots=True)
class Dates:
    """The cells of one column as ISO 8601 text, or None for a cell that gives no date.

    `errors` has the reason for each cell that is neither. `guesses` are sentences for people;
    `table` has the cells that are not exact dates, such as months and "TBD". `month_first` is
    whether 03/04/2027 is March 4, as other cells show or the caller says.
    """

    values: dict[str, str | None] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    guesses: list[str] = field(default_factory=list)
    table: dict[str, str | None] = field(default_factory=dict)
    month_first: bool = False


def read_dates(
    cells: Iterable[str],
    *,
    month_first: bool | None = None,
    with_time: bool = False,
    others: Iterable[str] = (),
) -> Dates:
    """The distinct `cells` of a column as dates, or as times in UTC when `with_time`.

    `month_first` says how to read 03/04/2027; None leaves it to the other cells of the column, and
    then to `others`, those of the file's other columns of dates.
    """
    cells = list(cells)
    order = DayMonthOrder.of_file(cells, others, month_first)
    dates = Dates(month_first=order.day_first is False)
    readings = set()
    for cell in cells:
        text = unicodedata.normalize("NFKC", cell).strip()
        if not any(map(str.isdigit, text)):
            dates.values[cell] = None
            if cell:
                dates.table[cell] = None
            continue
        try:
            day, reading = parse_date(text, order)
        except ValueError as error:
            dates.errors[cell] = f"{error} {_ACCEPTED}"
            continue
        dates.values[cell] = to_iso(day, with_time=with_time)
        if reading:
            readings.add(reading)
            dates.table[cell] = dates.values[cell]
    if order.guess:
        dates.guesses.append(order.guess)
    dates.guesses += [reading.value for reading in DateForm if reading in readings]
    if None in dates.table.values():
        dates.guesses.append("Text that names no day was read as no date.")
    return dates


def to_iso(day: date, *, with_time: bool) -> str:
    if not isinstance(day, datetime):
        return f"{day.isoformat()}T00:00:00+00:00" if with_time else day.isoformat()
    if not with_time:
        return day.date().isoformat()
    aware = day if day.tzinfo else day.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat()


# --- Day or month first


class AmbiguousDateError(ValueError):
    pass


_GUESSED = (
    "Nothing shows whether the day or the month comes first: 03/04/2027 was read as 3 April 2027. "
    "If it is March 4, say that the month comes first (--month-first)."
)
_BY_OTHERS = "Other dates of the file show that the {} comes first in 03/04/2027."


@dataclass(frozen=True, slots=True)
class DayMonthOrder:
    """Day or month first in dates such as 03/04/2027; None if the column has both orders."""

    day_first: bool | None
    guess: str = ""

    @classmethod
    def of_file(
        cls, cells: Iterable[str], others: Iterable[str], month_first: bool | None
    ) -> "DayMonthOrder":
        if month_first is not None:
            return cls(not month_first)
        pairs = list(numeric_pairs(cells))
        orders = orders_shown(pairs)
        if len(orders) == 2:
            return cls(None)
        if orders or all(first == second for first, second in pairs):
            return cls(orders != {False})
        of_others = orders_shown(numeric_pairs(others))
        if len(of_others) != 1:
            return cls(day_first=True, guess=_GUESSED)
        day_first = of_others.pop()
        return cls(day_first, _BY_OTHERS.format("day" if day_first else "month"))

    def day_and_month(self, first: int, separator: str, second: int) -> tuple[int, int]:
        if separator == "." or self.day_first:
            return first, second
        if self.day_first is False:
            return second, first
        if first > 12 or first == second:
            return first, second
        if second > 12:
            return second, first
        raise AmbiguousDateError(
            "The column has dates with the day first and others with the month first, and this "
            "one may be either. Say which comes first (--month-first), or correct the others."
        )


def numeric_pairs(cells: Iterable[str]) -> Iterator[tuple[int, int]]:
    """The first two numbers of dates that may have either order."""
    for cell in cells:
        match = _NUMERIC.fullmatch(_SPACED.sub(r"\1", cell.strip()))
        if match and match[2] != ".":
            yield int(match[1]), int(match[3])


def orders_shown(pairs: Iterable[tuple[int, int]]) -> set[bool]:
    """True if a date can only have the day first, False if one can only have the month first."""
    pairs = list(pairs)
    return {True for first, second in pairs if first > 12 >= second} | {
        False for first, second in pairs if second > 12 >= first
    }


# --- One text


def parse_date(text: str, order: DayMonthOrder) -> tuple[date, DateForm]:
    """The date, and how much of it the text says. Raises ValueError with a sentence."""
    if len(text) > _LONGEST:
        raise ValueError(_NOT_A_DATE)
    try:
        result = one_date(text, order)
    except AmbiguousDateError:
        raise
    except (ValueError, ArithmeticError):  # 31 February; and what dateutil raises
        raise ValueError("There is no such date.") from None
    if result is None:
        result = last_of_several(text, order)
    if result is None:
        raise ValueError(_NOT_A_DATE)
    if not EARLIEST <= result[0].year <= LATEST:
        raise ValueError(f"The year {result[0].year} is not between {EARLIEST} and {LATEST}.")
    return result


def one_date(text: str, order: DayMonthOrder) -> tuple[date, DateForm] | None:
    if (match := _DAY_NUMBER.fullmatch(text)) and (day := date_of_number(int(match[1]))):
        return day, DateForm.DAY_NUMBER
    if day := exact_date(_SPACED.sub(r"\1", text).removesuffix("."), order):
        return day, DateForm.EXACT
    if day := last_day_of_period(text):
        return day, DateForm.PERIOD
    return None


def date_of_number(number: int) -> date | None:
    day = _FIRST_DAY + timedelta(days=number)
    return day if EARLIEST <= day.year <= LATEST else None


def last_of_several(text: str, order: DayMonthOrder) -> tuple[date, DateForm] | None:
    """The last date of a range or a list, whose earlier parts may lack the year."""
    text = _BRACKET.sub(" ", text).strip()
    for between in (None, *_BETWEEN):
        parts = between.split(text) if between else [text]
        dates = []
        for part in parts:
            try:
                day = one_date(part, order) or one_date(f"{part} {parts[-1][-4:]}", order)
            except (ValueError, ArithmeticError):
                day = None
            dates.append(day)
        if None not in dates:
            return dates[-1][0], DateForm.LAST  # type: ignore[index]
    return None


def exact_date(text: str, order: DayMonthOrder) -> date | None:
    """A date with its day, None if the text has another form."""
    if _ISO.fullmatch(text):
        return datetime.fromisoformat(text) if len(text) > 10 else date.fromisoformat(text)
    for pattern in (_YEAR_FIRST, _COMPACT, _EAST_ASIAN):
        if match := pattern.fullmatch(text):
            year, month, day = (group for group in match.groups() if group.isdecimal())
            return date(int(year), int(month), int(day))
    if match := _ISO_WEEK.fullmatch(text):
        return date.fromisocalendar(*map(int, match.groups()))
    if match := _ERA.fullmatch(text):
        year = _ERA_START[match[1]] + (1 if match[2] == "元" else int(match[2]))
        return date(year, int(match[3]), int(match[4]))
    if match := _NUMERIC.fullmatch(text):
        day_number, month_number = order.day_and_month(int(match[1]), match[2], int(match[3]))
        return date(full_year(match[4]), month_number, day_number)
    words = words_of_date(text)
    return date_with_month_name(words) or english_date(text, words)


def date_with_month_name(words: list[str]) -> date | None:
    """31 May 2027, May 31st 27, 31 mai 2027: a day, a month by its name and a year."""
    names = [index for index, word in enumerate(words) if word in MONTHS]
    if len(words) != 3 or len(names) != 1 or names[0] == 2:
        return None
    month = MONTHS[words[names[0]]]
    first, last = (word for index, word in enumerate(words) if index != names[0])
    if len(first) == 4 and first.isdecimal():
        first, last = last, first
    day = DAY.fullmatch(first)
    if not day or not YEAR.fullmatch(last):
        return None
    return date(full_year(last), month, int(day[1]))


def english_date(text: str, words: list[str]) -> date | None:
    """A whole date of another form that dateutil reads, such as "Monday, 31 May 2027 10:00"."""
    if not any(word in MONTHS for word in words):
        return None
    defaults = datetime(2000, 1, 1), datetime(2003, 2, 3)  # noqa: DTZ001  only to be compared
    try:
        first, second = (dateutil_parser.parse(text, default=default) for default in defaults)
    except dateutil_parser.ParserError:
        return None
    return first.date() if first == second else None
