"""Dates as people write them in registers.

Whether the day or the month comes first is decided on the whole column. A month, quarter or year
means its last day. Every decision is reported as a guess.
"""

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from dateutil import parser as dateutil_parser

from risks.registers.mapping.lexicon import MONTHS as _MONTH_OF
from risks.registers.mapping.lexicon import NO_DATE
from risks.registers.reading.text import match_key

EARLIEST, LATEST = 1970, 2199
_LONGEST = 60
_ACCEPTED = "Write it as 2027-05-31, 31/05/2027, 31 May 2027, May 2027, Q2 2027 or 2027."
_NOT_A_DATE = "This is not a date."

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?")
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_NUMERIC = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?:[ T,]+\d{1,2}:\d{2}.*)?")
_YEAR_MONTH = re.compile(r"(\d{4})[-/.](\d{1,2})|(\d{1,2})[-/.](\d{4})")
_DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|e|o|a)?")
_YEAR = re.compile(r"\d{4}|\d{2}")
_QUARTER = re.compile(r"[qt]([1-4])|([1-4])[qt]")
_HALF = re.compile(r"[hs]([12])|([12])[hs]")
_MONTH_AND_YEAR = re.compile(
    r"[^\W\d]+\.?\s?[-/'\u2019]\s?\d\d"
)  # as "May 31" is a day of some year

_QUARTER_WORDS = frozenset({"quarter", "qtr", "quartal", "trimestre", "kwartaal"})
_FILLERS = frozenset(
    {"of", "the", "end", "eoy", "by", "until", "before", "de", "del", "der"}
    | {"le", "ende", "fin", "fine", "fim", "eind"}
)


@dataclass(slots=True)
class Dates:
    """The cells of one column as ISO 8601 text, or None for a cell that gives no date.

    `errors` has the reason for each cell that is neither. `guesses` are sentences for people;
    `table` has the cells that are not exact dates, such as months and "TBD".
    """

    values: dict[str, str | None] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    guesses: list[str] = field(default_factory=list)
    table: dict[str, str | None] = field(default_factory=dict)


def read_dates(
    cells: Iterable[str], *, month_first: bool | None = None, with_time: bool = False
) -> Dates:
    """The distinct `cells` of a column as dates, or as times in UTC when `with_time`.

    `month_first` says how to read 03/04/2027; None leaves it to the other cells of the column.
    """
    cells = list(cells)
    dates = Dates()
    order = DayMonthOrder.of_column(cells, month_first)
    for cell in cells:
        if match_key(cell) in NO_DATE:
            dates.values[cell] = None
            if cell:
                dates.table[cell] = None
            continue
        try:
            day, is_exact = parse_date(cell.strip(), order)
        except ValueError as error:
            dates.errors[cell] = f"{error} {_ACCEPTED}"
            continue
        dates.values[cell] = to_iso(day, with_time=with_time)
        if not is_exact:
            dates.table[cell] = dates.values[cell]
    if order.guessed:
        dates.guesses.append(
            "Nothing shows whether the day or the month comes first: "
            "03/04/2027 was read as 3 April 2027."
        )
    if any(dates.table.values()):
        dates.guesses.append("A month, quarter or year was read as its last day.")
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


class AmbiguousDateError(ValueError):
    pass


@dataclass(frozen=True, slots=True)
class DayMonthOrder:
    """Day or month first in dates such as 03/04/2027; None if the column has both orders."""

    day_first: bool | None
    guessed: bool = False

    @classmethod
    def of_column(cls, cells: Iterable[str], month_first: bool | None) -> "DayMonthOrder":
        if month_first is not None:
            return cls(not month_first)
        pairs = [
            (int(match[1]), int(match[3]))
            for cell in cells
            if (match := _NUMERIC.fullmatch(cell.strip())) and match[2] != "."
        ]
        days = any(first > 12 >= second for first, second in pairs)
        months = any(second > 12 >= first for first, second in pairs)
        if days and months:
            return cls(None)
        is_open = any(first != second for first, second in pairs)
        return cls(not months, guessed=is_open and not days and not months)

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
            "one may be either."
        )


def parse_date(text: str, order: DayMonthOrder) -> tuple[date, bool]:
    """The date, and whether the text says the day. Raises ValueError with a sentence."""
    if len(text) > _LONGEST:
        raise ValueError(_NOT_A_DATE)
    try:
        day = exact_date(text, order)
        is_exact = day is not None
        day = day or last_day_of_period(text)
    except AmbiguousDateError:
        raise
    except (ValueError, ArithmeticError):  # 31 February; and what dateutil raises
        raise ValueError("There is no such date.") from None
    if day is None:
        raise ValueError(_NOT_A_DATE)
    if not EARLIEST <= day.year <= LATEST:
        raise ValueError(f"The year {day.year} is not between {EARLIEST} and {LATEST}.")
    return day, is_exact


# --- Dates with a day


def exact_date(text: str, order: DayMonthOrder) -> date | None:
    """A date with its day, None if the text has another form."""
    if _ISO.fullmatch(text):
        return datetime.fromisoformat(text) if len(text) > 10 else date.fromisoformat(text)
    if match := _YEAR_FIRST.fullmatch(text):
        return date(int(match[1]), int(match[3]), int(match[4]))
    if match := _NUMERIC.fullmatch(text):
        day, month = order.day_and_month(int(match[1]), match[2], int(match[3]))
        return date(full_year(match[4]), month, day)
    words = date_words(text)
    return date_with_month_name(words) or english_date(text, words)


def date_words(text: str) -> list[str]:
    return [word for word in match_key(text).split() if word not in _FILLERS]


def date_with_month_name(words: list[str]) -> date | None:
    """31 May 2027, May 31st 27, 31 mai 2027: a day, a month by its name and a year."""
    names = [index for index, word in enumerate(words) if word in _MONTH_OF]
    if len(words) != 3 or len(names) != 1 or names[0] == 2:
        return None
    month = _MONTH_OF[words[names[0]]]
    first, last = (word for index, word in enumerate(words) if index != names[0])
    if len(first) == 4 and first.isdecimal():
        first, last = last, first
    day = _DAY.fullmatch(first)
    if not day or not _YEAR.fullmatch(last):
        return None
    return date(full_year(last), month, int(day[1]))


def english_date(text: str, words: list[str]) -> date | None:
    """A whole date of another form that dateutil reads, such as "Monday, 31 May 2027 10:00"."""
    if not any(word in _MONTH_OF for word in words):
        return None
    defaults = datetime(2000, 1, 1), datetime(2003, 2, 3)  # noqa: DTZ001  only to be compared
    try:
        first, second = (dateutil_parser.parse(text, default=default) for default in defaults)
    except dateutil_parser.ParserError:
        return None
    return first.date() if first == second else None


def full_year(digits: str) -> int:
    """Two digits mean 1970 to 2069."""
    number = int(digits)
    return number if len(digits) == 4 else number + (2000 if number < 70 else 1900)


# --- Months, quarters, half-years and years


def last_day_of_period(text: str) -> date | None:
    if match := _YEAR_MONTH.fullmatch(text):
        year, month = int(match[1] or match[4]), int(match[2] or match[3])
        if not 1 <= month <= 12:
            raise ValueError(month)
        return date(year, month, monthrange(year, month)[1])
    words = date_words(text)
    years = [word for word in words if _YEAR.fullmatch(word)]
    if not years:
        return None
    digits = max(years, key=len)
    words.remove(digits)
    last_month = last_month_of_period(words)
    if last_month is None:
        return None
    if len(digits) == 2:
        # Two digits are a year in "Q3 27" and "May-27", not in "May 27".
        is_year = words and (words[0] not in _MONTH_OF or _MONTH_AND_YEAR.fullmatch(text))
        if not is_year:
            return None
    year = full_year(digits)
    return date(year, last_month, monthrange(year, last_month)[1])


def last_month_of_period(words: list[str]) -> int | None:
    """The last month of the part of a year that the words name; without words, December."""
    if not words:
        return 12
    if len(words) == 2 and _QUARTER_WORDS & set(words):
        number = _DAY.fullmatch(next(word for word in words if word not in _QUARTER_WORDS))
        return 3 * int(number[1]) if number and 1 <= int(number[1]) <= 4 else None
    if len(words) != 1:
        return None
    for pattern, months in ((_QUARTER, 3), (_HALF, 6)):
        if match := pattern.fullmatch(words[0]):
            return months * int(match[1] or match[2])
    return _MONTH_OF.get(words[0])
