"""Dates as people write them in registers.

Whether the day or the month comes first is decided on the whole column. A month, quarter or year
stands for its last day. Whatever had to be decided is said.
"""

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from dateutil import parser as dateutil_parser

from risks.registers.mapping.lexicon import MONTHS, NO_DATE
from risks.registers.reading.text import match_key

EARLIEST, LATEST = 1970, 2199
_LONGEST = 60
_ACCEPTED = "Write it as 2027-05-31, 31/05/2027, 31 May 2027, May 2027, Q2 2027 or 2027."

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?")
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_NUMERIC = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?:[ T,]+\d{1,2}:\d{2}.*)?")
_YEAR_MONTH = re.compile(r"(\d{4})[-/.](\d{1,2})|(\d{1,2})[-/.](\d{4})")
_DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|e|o|a)?")
_YEAR = re.compile(r"\d{4}|\d{2}")
_QUARTER = re.compile(r"[qt]([1-4])|([1-4])[qt]")
_MONTH_AND_YEAR = re.compile(
    r"[^\W\d]+\.?\s?[-/'\u2019]\s?\d\d"
)  # as "May 31" is a day of some year
_HALF = re.compile(r"[hs]([12])|([12])[hs]")

_MONTH_OF = {name: number for number, names in enumerate(MONTHS, 1) for name in names}
_QUARTER_WORDS = frozenset({"quarter", "qtr", "quartal", "trimestre", "kwartaal"})
_FILLERS = frozenset(
    {"of", "the", "end", "eoy", "by", "until", "before", "de", "del", "der"}
    | {"le", "ende", "fin", "fine", "fim", "eind"}
)


@dataclass(slots=True)
class Dates:
    """How the cells of one column read, as ISO 8601 text, or None where there is no date.

    `errors` has the reason for each cell that is neither. `guesses` are sentences; `table` has
    the cells that are no exact date, such as months and "TBD".
    """

    values: dict[str, str | None] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    guesses: list[str] = field(default_factory=list)
    table: dict[str, str | None] = field(default_factory=dict)


def read_dates(
    cells: Iterable[str], *, day_first: bool | None = None, with_time: bool = False
) -> Dates:
    """The distinct `cells` of a column as dates, or as times in UTC when `with_time`.

    `day_first` says how 03/04/2027 reads; None leaves it to what else stands in the column.
    """
    cells = list(cells)
    dates = Dates()
    order = _Order.of(cells, day_first)
    for cell in cells:
        _read(cell, order, dates, with_time=with_time)
    if order.guessed:
        dates.guesses.append(
            "Nothing tells whether the day or the month comes first: "
            "03/04/2027 was read as 3 April 2027."
        )
    if any(dates.table.values()):
        dates.guesses.append("A month, quarter or year stands for its last day.")
    if None in dates.table.values():
        dates.guesses.append("Text that names no day was read as no date.")
    return dates


def _read(cell: str, order: "_Order", dates: Dates, *, with_time: bool) -> None:
    if match_key(cell) in NO_DATE:
        dates.values[cell] = None
        if cell:
            dates.table[cell] = None
        return
    try:
        found, exact = _parse(cell, order)
    except ValueError as error:
        dates.errors[cell] = f"{error} {_ACCEPTED}"
        return
    dates.values[cell] = _iso(found, with_time=with_time)
    if not exact:
        dates.table[cell] = dates.values[cell]


def _iso(found: date, *, with_time: bool) -> str:
    if not isinstance(found, datetime):
        return f"{found.isoformat()}T00:00:00+00:00" if with_time else found.isoformat()
    if not with_time:
        return found.date().isoformat()
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat()


def _parse(cell: str, order: "_Order") -> tuple[date, bool]:
    """The date, and whether the cell says the day. Raises ValueError with a sentence."""
    text = cell.strip()
    if len(text) > _LONGEST:
        raise ValueError("This is no date.")
    try:
        found = _exact(text, order)
        exact = found is not None
        found = found or _period(text)
    except _AmbiguousError:
        raise
    except (ValueError, ArithmeticError):  # 31 February; and what dateutil raises
        raise ValueError("There is no such date.") from None
    if found is None:
        raise ValueError("This is no date.")
    if not EARLIEST <= found.year <= LATEST:
        raise ValueError(f"The year {found.year} is not between {EARLIEST} and {LATEST}.")
    return found, exact


class _AmbiguousError(ValueError):
    pass


@dataclass(frozen=True, slots=True)
class _Order:
    """Day or month first in dates such as 03/04/2027; None where the column has both orders."""

    day_first: bool | None
    guessed: bool = False

    @classmethod
    def of(cls, cells: Iterable[str], day_first: bool | None) -> "_Order":
        if day_first is not None:
            return cls(day_first)
        pairs = [
            (int(match[1]), int(match[3]))
            for cell in cells
            if (match := _NUMERIC.fullmatch(cell.strip())) and match[2] != "."
        ]
        days = any(first > 12 >= second for first, second in pairs)
        months = any(second > 12 >= first for first, second in pairs)
        if days and months:
            return cls(None)
        open_question = any(first != second for first, second in pairs)
        return cls(not months, guessed=open_question and not days and not months)

    def arrange(self, first: int, separator: str, second: int) -> tuple[int, int]:
        """Day and month."""
        if separator == "." or self.day_first:
            return first, second
        if self.day_first is False:
            return second, first
        if first > 12 or first == second:
            return first, second
        if second > 12:
            return second, first
        raise _AmbiguousError(
            "The column has dates with the day first and others with the month first, and this "
            "one may be either."
        )


def _exact(text: str, order: _Order) -> date | None:
    """A date with its day, None where the text has another form."""
    if _ISO.fullmatch(text):
        return datetime.fromisoformat(text) if len(text) > 10 else date.fromisoformat(text)
    if match := _YEAR_FIRST.fullmatch(text):
        return date(int(match[1]), int(match[3]), int(match[4]))
    if match := _NUMERIC.fullmatch(text):
        day, month = order.arrange(int(match[1]), match[2], int(match[3]))
        return date(_year(match[4]), month, day)
    words = [word for word in match_key(text).split() if word not in _FILLERS]
    return _with_month_name(words) or _english(text, words)


def _with_month_name(words: list[str]) -> date | None:
    """31 May 2027, May 31st 27, 31 mai 2027: a day, a month by its name and a year."""
    names = [place for place, word in enumerate(words) if word in _MONTH_OF]
    if len(words) != 3 or len(names) != 1 or names[0] == 2:
        return None
    month = _MONTH_OF[words.pop(names[0])]
    first, last = words
    if len(first) == 4 and first.isdecimal():
        first, last = last, first
    day = _DAY.fullmatch(first)
    if not day or not _YEAR.fullmatch(last):
        return None
    return date(_year(last), month, int(day[1]))


def _english(text: str, words: list[str]) -> date | None:
    """What else dateutil reads, such as "Monday, 31 May 2027 10:00", if it is a whole date."""
    if not any(word in _MONTH_OF for word in words):
        return None
    defaults = datetime(2000, 1, 1), datetime(2003, 2, 3)  # noqa: DTZ001  only to be compared
    try:
        found, other = (dateutil_parser.parse(text, default=default) for default in defaults)
    except dateutil_parser.ParserError:
        return None
    return found.date() if found == other else None


def _period(text: str) -> date | None:
    """The last day of a month, quarter, half-year or year."""
    if match := _YEAR_MONTH.fullmatch(text):
        return _last_day(int(match[1] or match[4]), int(match[2] or match[3]))
    words = [word for word in match_key(text).split() if word not in _FILLERS]
    years = [word for word in words if _YEAR.fullmatch(word)]
    if not years:
        return None
    year = max(years, key=len)
    words.remove(year)
    month = _last_month(words)
    if month is None or (len(year) == 2 and not _says_year(text, words)):
        return None
    return _last_day(_year(year), month)


def _last_month(words: list[str]) -> int | None:
    """The last month of the period within a year that the words name; none name December."""
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


def _says_year(text: str, words: list[str]) -> bool:
    """Whether a number of two digits is a year: in "Q3 27" and "May-27", not in "May 27"."""
    return bool(words) and (words[0] not in _MONTH_OF or bool(_MONTH_AND_YEAR.fullmatch(text)))


def _last_day(year: int, month: int) -> date:
    if not 1 <= month <= 12:
        raise ValueError(month)
    return date(year, month, monthrange(year, month)[1])


def _year(digits: str) -> int:
    """Two digits are 1970 to 2069."""
    number = int(digits)
    return number if len(digits) == 4 else number + (2000 if number < 70 else 1900)
