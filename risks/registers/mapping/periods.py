"""Periods: weeks, months, quarters, half-years and years, each of which means its last day."""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date

from risks.registers.mapping.lexicon import MONTHS
from risks.registers.mapping.lexicon.words import by_word, key_set
from risks.registers.reading.text import match_key

DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|e|o|a)?")
YEAR = re.compile(r"\d{4}|\d{2}")
_YEAR_MONTH = re.compile(
    r"(\d{4})[-/.](\d{1,2})|(\d{1,2})[-/.](\d{4})|((?:19|20)\d\d)(0[1-9]|1[012])"
)
_QUARTER = re.compile(r"[qtk]([1-4])|([1-4])[qtk]")
_HALF = re.compile(r"[hs]([12])|([12])[hs]")
_WEEK = re.compile(r"(?:kw|cw|wk|w|week|s|sem|v)(\d{1,2})")
_MONTH_AND_YEAR = re.compile(
    r"[^\W\d]+\.?\s?[-/'\u2019]\s?\d\d"
)  # as "May 31" is a day of some year
_EAST_ASIAN = re.compile(
    r"(\d{4})\s*[年년]\s*(?:(?P<month>\d{1,2})\s*[月월]|第?\s*(?P<quarter>[1-4一二三四])\s*(?:季度?|四半期))?"
    r"\s*[末底]?"
)
_GLUED = re.compile(
    r"(?<=\d{4})(?=[a-z])|(?<=\b[qtk][1-4])(?=fy)|(?<=\bfy)(?=\d)|(?<=\b[1-4][qtk])(?=\d)"
)

_QUARTER_WORDS = key_set((
    *("quarter", "qtr", "quartal", "trimestre", "kwartaal", "kwartał", "čtvrtletí", "kvartál"),
    *("квартал", "кв", "kv"),
))  # fmt: skip
_WEEK_WORDS = key_set((
    *("week", "wk", "w", "kw", "cw", "woche", "kalenderwoche", "semaine", "sem", "semana"),
    *("settimana", "týden", "tydzień", "неделя", "нед"),
))  # fmt: skip
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
_PARTS_OF_YEARS = by_word({
    3: ("early", "beginning", "start", "anfang", "début", "principios", "inizio", "início"),
    6: ("mid", "middle", "mitte", "mi", "milieu", "mediados", "metà", "meados", "midden", "połowa"),
})  # fmt: skip
_FILLERS = key_set((
    *("of", "the", "end", "eoy", "by", "until", "before", "de", "del", "der", "le", "ende"),
    *("fin", "fine", "fim", "eind", "late", "fy", "year", "in", "bis", "avant", "konec", "koniec"),
    *("конец", "\u0433", "года", "roku", "do", "до", "to", "da", "di", "do", "calendar"),
))  # fmt: skip


def words_of_date(text: str) -> list[str]:
    words = match_key(_GLUED.sub(" ", text.casefold())).split()
    return [word for word in words if word not in _FILLERS]


def full_year(digits: str) -> int:
    """Two digits mean 1970 to 2069."""
    number = int(digits)
    return number if len(digits) == 4 else number + (2000 if number < 70 else 1900)


def last_day_of_period(text: str) -> date | None:
    """The last day of the period that a text names; None if it names none."""
    if match := _YEAR_MONTH.fullmatch(text):
        year, month = int(match[1] or match[4] or match[5]), int(match[2] or match[3] or match[6])
        return last_day(year, month)
    if match := _EAST_ASIAN.fullmatch(text):
        quarter = match["quarter"] and "0一二三四".find(match["quarter"])
        quarter = int(match["quarter"]) if match["quarter"] and quarter == -1 else quarter
        return last_day(int(match[1]), 3 * quarter if quarter else int(match["month"] or 12))
    words = words_of_date(text)
    years = [word for word in words if YEAR.fullmatch(word)]
    if not years:
        return None
    digits = max(years, key=len)
    if len(digits) == 2:
        # Two digits are a year at the end, in "Q3 27" and "May-27", and not in "May 27".
        digits = years[-1]
        if words[-1] != digits or len(words) == 1:
            return None
        if words[0] in MONTHS and not _MONTH_AND_YEAR.fullmatch(text):
            return None
        words.pop()
    else:
        words.remove(digits)
    return last_day_of_part(full_year(digits), words)


def last_day(year: int, month: int) -> date:
    if not 1 <= month <= 12:
        raise ValueError(month)
    return date(year, month, monthrange(year, month)[1])


def last_day_of_part(year: int, words: list[str]) -> date | None:
    """The last day of the part of `year` that the words name; without words, of the year."""
    if week := next(weeks_of(words), 0):
        return date.fromisocalendar(year, week, 7)
    month = last_month_of_part(words)
    return None if month is None else last_day(year, month)


def weeks_of(words: list[str]) -> Iterator[int]:
    """The number of the calendar week: W40, KW 40, 40. KW"""
    if len(words) == 1 and (match := _WEEK.fullmatch(words[0])):
        if not _HALF.fullmatch(words[0]):
            yield int(match[1])
    elif len(words) == 2 and _WEEK_WORDS & set(words):
        number = next((word for word in words if word not in _WEEK_WORDS), "")
        if number.isdecimal():
            yield int(number)


def last_month_of_part(words: list[str]) -> int | None:
    if not words:
        return 12
    if len(words) == 2 and _QUARTER_WORDS & set(words):
        other = next((word for word in words if word not in _QUARTER_WORDS), "")
        number = DAY.fullmatch(_ROMAN.get(other, other))
        return 3 * int(number[1]) if number and 1 <= int(number[1]) <= 4 else None
    if len(words) != 1:
        return None
    for pattern, months in ((_QUARTER, 3), (_HALF, 6)):
        if match := pattern.fullmatch(words[0]):
            return months * int(match[1] or match[2])
    return MONTHS.get(words[0]) or _PARTS_OF_YEARS.get(words[0])
