"""Ratings of any scale onto 1 to 5, and the words of states, treatments and levels onto ours.

A scale is decided on whole columns, never on a cell: "High" is 5 where only Low, Medium and High
occur, and 4 beside "Very high". What was decided is a guess that is reported with its table.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor

from risks.registers.mapping.lexicon import (
    IMPACTS,
    INTERVALS,
    LEVELS,
    LIKELIHOODS,
    PLAIN,
    STATES,
    TOP,
    TREATMENTS,
    UNRATED,
)
from risks.registers.reading.text import match_key

LIKELIHOOD, IMPACT = "likelihood", "impact"
_WORDS = {LIKELIHOOD: LIKELIHOODS, IMPACT: IMPACTS}
_EXAMPLES = {
    LIKELIHOOD: "Rare, Unlikely, Possible, Likely, Almost certain",
    IMPACT: "Insignificant, Minor, Moderate, Major, Severe",
}

_NUMBER = re.compile(r"([-+]?\d{1,12}(?:[.,]\d{1,12})?)\s*%?")
_OUT_OF = re.compile(r"(\d{1,3})\s*(?:/|of|out of)\s*(\d{1,3})")
_NUMBER_WITH_WORD = re.compile(
    r"(\d{1,3})\s*[-\u2013:.=)\s]\s*\(?[^\d]+|[^\d]+[-\u2013:=(\s]\s*(\d{1,3})\s*\)?|[A-Za-z](\d)"
)
_RANGE = re.compile(r"\b([01])\s*(?:-|\u2013|\.\.\.?|to|bis|à|a|tot)\s*(\d{1,3})\b", re.IGNORECASE)
_END = re.compile(r"/\s*(\d{1,3})\b")

# Without any number above 4, a scale may end there, or nobody rated anything 5. It takes this many
# ratings, with every number in use, to say that the scale is a shorter one.
ENOUGH_RATINGS = 20
# A number above 5 is a slip of the pen unless there are several of them.
ENOUGH_ABOVE = 3
SHARE_ABOVE = Fraction(1, 5)


@dataclass(frozen=True, slots=True)
class RatingColumn:
    """A column of likelihoods or impacts: its cells, with how often each occurs."""

    header: str
    axis: str  # LIKELIHOOD or IMPACT
    cells: Mapping[str, int]
    ours: bool = False  # called as our field is, therefore 1 to 5


@dataclass(slots=True)
class Ratings:
    """How the cells of one column read: a rating 1..5, or None where nothing is assessed.

    `errors` has the reason for each cell that is neither. `guess` says what was read into the
    column, "" where it speaks for itself, and `table` the readings that it speaks of.
    """

    values: dict[str, int | None] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    guess: str = ""
    table: dict[str, int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scale:
    """Numbers from `low` to `high`, which is 1 for probabilities and 100 for percentages."""

    low: int = 1
    high: int = 5

    def rating(self, number: Fraction) -> int | None:
        """1..5, None where `number` lies outside. Probabilities are cut into equal fifths."""
        if not self.low <= number <= self.high:
            return None
        share = (number - self.low) / (self.high - self.low)
        if self in {PROBABILITY, PERCENT}:
            return max(1, ceil(share * 5))
        return floor(1 + share * 4 + Fraction(1, 2))

    def __str__(self) -> str:
        return f"{self.low} to {self.high}"


ONE_TO_FIVE, PROBABILITY, PERCENT = Scale(1, 5), Scale(0, 1), Scale(0, 100)


@dataclass(frozen=True, slots=True)
class _Number:
    value: Fraction
    plain: bool = True  # nothing but the number stands in the cell
    scale: Scale | None = None  # its own: "4/10"


def read_ratings(columns: Iterable[RatingColumn]) -> dict[str, Ratings]:
    """The ratings of all rating columns of one file, by header; they decide together."""
    columns = list(columns)
    numbers = {column.header: _numbers(column.cells) for column in columns}
    scales, doubt = _scales(columns, numbers)
    schemes = {
        axis: _scheme(_WORDS[axis], [column for column in columns if column.axis == axis])
        for axis in _WORDS
    }
    return {
        column.header: _read(
            column, numbers[column.header], scales[column.header], schemes[column.axis], doubt
        )
        for column in columns
    }


def _read(
    column: RatingColumn,
    numbers: dict[str, _Number],
    scale: Scale,
    scheme: dict[str, int],
    doubt: str,
) -> Ratings:
    ratings = Ratings()
    for cell in column.cells:
        word = match_key(cell)
        if number := numbers.get(cell):
            own = number.scale or scale
            value = own.rating(number.value)
            if value is None:
                ratings.errors[cell] = _outside(own)
                continue
            told = number.plain and value == number.value
        elif word in scheme:
            value, told = scheme[word], False
        elif word in UNRATED:
            value, told = None, not cell
        else:
            ratings.errors[cell] = _unknown(column.axis)
            continue
        ratings.values[cell] = value
        if not told:
            ratings.table[cell] = value
    ratings.guess = _guess(ratings, numbers, scale, "" if column.ours else doubt)
    return ratings


def _guess(ratings: Ratings, numbers: dict[str, _Number], scale: Scale, doubt: str) -> str:
    said = []
    if any(cell not in numbers for cell in ratings.table):
        said.append("Words were read as ratings from 1 to 5.")
    if numbers and scale != ONE_TO_FIVE:
        said.append(f"Numbers were read on a scale from {scale} and brought to 1 to 5.")
    elif any(cell in numbers for cell in ratings.table):
        said.append("Numbers were rounded, or taken out of their text.")
    if numbers and scale == ONE_TO_FIVE and doubt:
        said.append(doubt)
    return " ".join(said)


def _outside(scale: Scale) -> str:
    return (
        f"The number lies outside of the scale from {scale}. Correct it, or leave the cell empty "
        "where nothing is assessed. Another scale can be written into the header: (1-10)."
    )


def _unknown(axis: str) -> str:
    return f"This is no {axis}. Write 1 to 5; Low, Medium, High; or {_EXAMPLES[axis]}."


# --- Numbers


def _numbers(cells: Iterable[str]) -> dict[str, _Number]:
    """The cells that are numbers, with or without a word beside them."""
    found = {}
    for cell in cells:
        if match := _NUMBER.fullmatch(cell):
            found[cell] = _Number(Fraction(match[1].replace(",", ".")))
        elif (match := _OUT_OF.fullmatch(cell)) and int(match[2]) > 1:
            found[cell] = _Number(Fraction(match[1]), plain=False, scale=Scale(1, int(match[2])))
        elif match := _NUMBER_WITH_WORD.fullmatch(cell):
            found[cell] = _Number(Fraction(next(filter(None, match.groups()))), plain=False)
    return found


def _scales(
    columns: list[RatingColumn], numbers: dict[str, dict[str, _Number]]
) -> tuple[dict[str, Scale], str]:
    """The scale of each column; and a sentence for where it might well be a shorter one."""
    scales: dict[str, Scale] = {}
    undecided: Counter[Fraction] = Counter()
    for column in columns:
        counts = Counter[Fraction]()
        for cell, number in numbers[column.header].items():
            counts[number.value] += column.cells[cell]
        if scale := ONE_TO_FIVE if column.ours else _said(column, counts) or _seen(counts):
            scales[column.header] = scale
        else:
            undecided += counts
    common, doubt = _common_scale(undecided)
    return {column.header: scales.get(column.header, common) for column in columns}, doubt


def _said(column: RatingColumn, counts: Counter[Fraction]) -> Scale | None:
    """The scale that the header or percent signs name."""
    if any("%" in cell for cell in column.cells):
        return PERCENT
    if "%" in column.header:
        return PERCENT if max(counts, default=0) > 1 else PROBABILITY
    if match := _RANGE.search(column.header):
        low, high = int(match[1]), int(match[2])
    elif match := _END.search(column.header):
        low, high = 1, int(match[1])
    else:
        return None
    return Scale(low, high) if high > max(low, 1) or (low, high) == (0, 1) else None


def _seen(counts: Counter[Fraction]) -> Scale | None:
    """The scale that the numbers of a column alone make plain."""
    if counts and min(counts) >= 0 and max(counts) <= 1 and any(n.denominator > 1 for n in counts):
        return PROBABILITY
    for high in (100, 10):
        below = 10 if high == 100 else 5
        above = sum(times for number, times in counts.items() if below < number <= high)
        if above >= ENOUGH_ABOVE and above >= SHARE_ABOVE * counts.total():
            return Scale(0 if 0 in counts else 1, high)
    return None


def _common_scale(counts: Counter[Fraction]) -> tuple[Scale, str]:
    """One scale for all columns that say nothing themselves."""
    top = max(counts, default=Fraction(5))
    if top not in {3, 4}:
        return ONE_TO_FIVE, ""
    if counts.total() >= ENOUGH_RATINGS and set(counts) == set(range(1, int(top) + 1)):
        return Scale(1, int(top)), ""
    return ONE_TO_FIVE, (
        f"No number is above {top}. If the scale ends there, write (1-{top}) into the header."
    )


# --- Words


def _scheme(vocabulary: Mapping[str, float], columns: Iterable[RatingColumn]) -> dict[str, int]:
    """The rating of each word that the columns use."""
    words = {match_key(cell) for column in columns for cell in column.cells}
    places = {word: vocabulary[word] for word in words if word in vocabulary}
    if places.keys() <= PLAIN.keys():
        return {word: int(2 * place - 3) for word, place in places.items()}
    distinct = sorted(set(places.values()))
    if len(distinct) == 5:
        return {word: distinct.index(place) + 1 for word, place in places.items()}
    if places.keys() <= PLAIN.keys() | TOP.keys():
        by_place = {2.0: 1, 3.0: 3, 4.0: 4}
        return {word: by_place.get(place, 5) for word, place in places.items()}
    return {word: _rating(place, distinct) for word, place in places.items()}


def _rating(place: float, distinct: list[float]) -> int:
    """The nearest rating; a place between the last two is the end where nothing is beyond it."""
    if 4 < place < 5:
        return 5 if place == distinct[-1] else 4
    if 1 < place < 2:
        return 1 if place == distinct[0] else 2
    return round(place)


def status_of(word: str) -> str | None:
    """The state a status word means; "open" where it says that much and no more."""
    return STATES.get(match_key(word))


def treatment_of(word: str) -> str | None:
    return TREATMENTS.get(match_key(word))


def level_of(word: str) -> str | None:
    """The level of our matrix that a source's word stands for."""
    words = [part for part in match_key(word).split() if not part.isdecimal() and part != "risk"]
    return LEVELS.get(" ".join(words))


def review_interval_days(text: str) -> int | None:
    """Days between reviews, from a number of days or a word such as "quarterly"."""
    if text.lstrip().startswith(("-", "\N{MINUS SIGN}")):  # which `key` would take for a dash
        return None
    name = match_key(text).removesuffix(" days").removesuffix(" review")
    if name.isdecimal() and 1 <= int(name) <= 3660:
        return int(name)
    return INTERVALS.get(name)
