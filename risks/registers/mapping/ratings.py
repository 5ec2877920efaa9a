"""Ratings: likelihoods and impacts of any scale, brought to 1 to 5.

A scale is decided on whole columns, never on a cell: "High" is 5 if only Low, Medium and High
occur, and 4 beside "Very high". What was decided is reported as a guess, with its table.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor

from risks.registers.mapping.lexicon import IMPACTS, LIKELIHOODS, PLAIN, TOP, UNRATED
from risks.registers.reading.text import match_key

LIKELIHOOD, IMPACT = "likelihood", "impact"
_WORDS = {LIKELIHOOD: LIKELIHOODS, IMPACT: IMPACTS}
_EXAMPLES = {
    LIKELIHOOD: "Rare, Unlikely, Possible, Likely, Almost certain",
    IMPACT: "Insignificant, Minor, Moderate, Major, Severe",
}

_ARTICLES = {LIKELIHOOD: "a likelihood", IMPACT: "an impact"}

_NUMBER = re.compile(r"([-+]?\d{1,12}(?:[.,]\d{1,12})?)\s*%?")
_OUT_OF = re.compile(r"(\d{1,3})\s*(?:/|of|out of)\s*(\d{1,3})")
_NUMBER_WITH_WORD = re.compile(
    r"(\d{1,3})\s*[-\u2013:.=)\s]\s*\(?[^\d]+|[^\d]+[-\u2013:=(\s]\s*(\d{1,3})\s*\)?|[A-Za-z](\d)"
)
_RANGE = re.compile(r"\b([01])\s*(?:-|\u2013|\.\.\.?|to|bis|à|a|tot)\s*(\d{1,3})\b", re.IGNORECASE)
_END = re.compile(r"/\s*(\d{1,3})\b")

# Without any number above 4, a scale may end there, or nothing was rated 5. It takes this many
# ratings, with every number in use, to say that the scale is a shorter one.
ENOUGH_RATINGS = 20
# A number above 5 is a typing error unless there are several of them.
ENOUGH_ABOVE = 3
SHARE_ABOVE = Fraction(1, 5)


@dataclass(frozen=True, slots=True)
class RatingColumn:
    """A column of likelihoods or impacts: its cells, with how often each occurs."""

    header: str
    axis: str  # LIKELIHOOD or IMPACT
    cells: Mapping[str, int]
    ours: bool = False  # the header is the name of our field, so the scale is 1 to 5


@dataclass(slots=True)
class Ratings:
    """The cells of one column: a rating 1..5 for each, or None if it is not assessed.

    `errors` has the reason for each cell that is neither. `guess` says what was assumed about the
    column, "" if nothing was, and `table` has the cells that this concerns.
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

    def to_rating(self, number: Fraction) -> int | None:
        """1..5, None if `number` is outside. Probabilities are cut into equal fifths."""
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
class RatedNumber:
    """The number in a cell."""

    value: Fraction
    plain: bool = True  # the cell holds nothing but the number
    scale: Scale | None = None  # the cell's own: "4/10"


def read_ratings(columns: Iterable[RatingColumn]) -> dict[str, Ratings]:
    """The ratings of all rating columns of one file, by header: they share a scale."""
    columns = list(columns)
    numbers = {column.header: parse_numbers(column.cells) for column in columns}
    scales, doubt = find_scales(columns, numbers)
    ratings_of_words = {
        axis: rate_words(_WORDS[axis], [column for column in columns if column.axis == axis])
        for axis in _WORDS
    }
    return {
        column.header: rate_column(
            column,
            numbers[column.header],
            scales[column.header],
            ratings_of_words[column.axis],
            "" if column.ours else doubt,
        )
        for column in columns
    }


def rate_column(
    column: RatingColumn,
    numbers: dict[str, RatedNumber],
    scale: Scale,
    words: dict[str, int],
    doubt: str,
) -> Ratings:
    ratings = Ratings()
    for cell in column.cells:
        word = match_key(cell)
        if number := numbers.get(cell):
            own_scale = number.scale or scale
            value = own_scale.to_rating(number.value)
            if value is None:
                ratings.errors[cell] = (
                    f"The number is outside of the scale from {own_scale}. Correct it, or leave "
                    "the cell empty if nothing is assessed. If the scale is another one, write it "
                    "into the header: (1-10)."
                )
                continue
            is_certain = number.plain and value == number.value
        elif word in words:
            value, is_certain = words[word], False
        elif word in UNRATED:
            value, is_certain = None, not cell
        else:
            ratings.errors[cell] = (
                f"This word is not known as {_ARTICLES[column.axis]}. Write 1 to 5; Low, Medium, "
                f"High; or {_EXAMPLES[column.axis]}."
            )
            continue
        ratings.values[cell] = value
        if not is_certain:
            ratings.table[cell] = value
    ratings.guess = describe_guess(ratings, numbers, scale, doubt)
    return ratings


def describe_guess(
    ratings: Ratings, numbers: dict[str, RatedNumber], scale: Scale, doubt: str
) -> str:
    sentences = []
    if any(cell not in numbers for cell in ratings.table):
        sentences.append("Words were read as ratings from 1 to 5.")
    if numbers and scale != ONE_TO_FIVE:
        sentences.append(f"Numbers were read on a scale from {scale} and converted to 1 to 5.")
    elif any(cell in numbers for cell in ratings.table):
        sentences.append("Numbers were rounded, or taken out of their text.")
    if numbers and scale == ONE_TO_FIVE and doubt:
        sentences.append(doubt)
    return " ".join(sentences)


# --- Numbers


def parse_numbers(cells: Iterable[str]) -> dict[str, RatedNumber]:
    """The cells that are numbers, with or without a word beside them."""
    numbers = {}
    for cell in cells:
        if match := _NUMBER.fullmatch(cell):
            numbers[cell] = RatedNumber(Fraction(match[1].replace(",", ".")))
        elif (match := _OUT_OF.fullmatch(cell)) and int(match[2]) > 1:
            scale = Scale(1, int(match[2]))
            numbers[cell] = RatedNumber(Fraction(match[1]), plain=False, scale=scale)
        elif match := _NUMBER_WITH_WORD.fullmatch(cell):
            digits = next(filter(None, match.groups()))
            numbers[cell] = RatedNumber(Fraction(digits), plain=False)
    return numbers


def find_scales(
    columns: list[RatingColumn], numbers: dict[str, dict[str, RatedNumber]]
) -> tuple[dict[str, Scale], str]:
    """The scale of each column; and a sentence for people if it may be a shorter one."""
    scales: dict[str, Scale] = {}
    undecided: Counter[Fraction] = Counter()
    for column in columns:
        counts = Counter[Fraction]()
        for cell, number in numbers[column.header].items():
            counts[number.value] += column.cells[cell]
        scale = ONE_TO_FIVE if column.ours else named_scale(column, counts) or obvious_scale(counts)
        if scale:
            scales[column.header] = scale
        else:
            undecided += counts
    common, doubt = common_scale(undecided)
    return {column.header: scales.get(column.header, common) for column in columns}, doubt


def named_scale(column: RatingColumn, counts: Counter[Fraction]) -> Scale | None:
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


def obvious_scale(counts: Counter[Fraction]) -> Scale | None:
    """The scale, if the numbers of a column alone show it."""
    if counts and min(counts) >= 0 and max(counts) <= 1 and any(n.denominator > 1 for n in counts):
        return PROBABILITY
    for high in (100, 10):
        below = 10 if high == 100 else 5
        above = sum(times for number, times in counts.items() if below < number <= high)
        if above >= ENOUGH_ABOVE and above >= SHARE_ABOVE * counts.total():
            return Scale(0 if 0 in counts else 1, high)
    return None


def common_scale(counts: Counter[Fraction]) -> tuple[Scale, str]:
    """One scale for all columns that do not show it themselves."""
    top = max(counts, default=Fraction(5))
    if top not in {3, 4}:
        return ONE_TO_FIVE, ""
    if counts.total() >= ENOUGH_RATINGS and set(counts) == set(range(1, int(top) + 1)):
        return Scale(1, int(top)), ""
    return ONE_TO_FIVE, (
        f"No number is above {top}. If the scale ends there, write (1-{top}) into the header."
    )


# --- Words


def rate_words(positions: Mapping[str, float], columns: Iterable[RatingColumn]) -> dict[str, int]:
    """The rating of each word that occurs in the columns, from its position among all words."""
    words = {match_key(cell) for column in columns for cell in column.cells}
    used = {word: positions[word] for word in words if word in positions}
    if used.keys() <= PLAIN.keys():
        return {word: int(2 * position - 3) for word, position in used.items()}
    distinct = sorted(set(used.values()))
    if len(distinct) == 5:
        return {word: distinct.index(position) + 1 for word, position in used.items()}
    if used.keys() <= PLAIN.keys() | TOP.keys():
        by_position = {2.0: 1, 3.0: 3, 4.0: 4}
        return {word: by_position.get(position, 5) for word, position in used.items()}

    def nearest(position: float) -> int:
        """A position between the last two ratings is the end if no word is beyond it."""
        if 4 < position < 5:
            return 5 if position == distinct[-1] else 4
        if 1 < position < 2:
            return 1 if position == distinct[0] else 2
        return round(position)

    return {word: nearest(position) for word, position in used.items()}
