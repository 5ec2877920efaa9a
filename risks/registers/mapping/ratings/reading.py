"""Ratings of whole columns: likelihoods and impacts of any scale, brought to that of our matrix.

A scale is decided on whole columns, never on a cell: "High" is 5 if only Low, Medium and High
occur, and 4 beside "Very high". What was decided is reported as a guess, with its table.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import floor

from risks.registers.mapping.lexicon import IMPACTS, LIKELIHOODS, PLAIN, TOP, UNRATED
from risks.registers.mapping.ratings.cells import RatedCell, parse_cell
from risks.registers.mapping.ratings.frequencies import frequency_rating
from risks.registers.mapping.ratings.scales import (
    ONE_TO_FIVE,
    ONE_TO_TEN,
    PERCENT,
    PROBABILITY,
    RatedRow,
    Scale,
    ScaleDecision,
    common_scale,
    named_scale,
    obvious_scale,
    scale_by_words,
    scale_of_legend,
    uses_whole,
)
from risks.registers.reading.text import match_key
from risks.scoring import DEFAULT_SIZE, convert_rating, default_levels

LIKELIHOOD, IMPACT = "likelihood", "impact"
_WORDS = {LIKELIHOOD: LIKELIHOODS, IMPACT: IMPACTS}
_EXAMPLES = {
    LIKELIHOOD: "Rare, Unlikely, Possible, Likely, Almost certain",
    IMPACT: "Insignificant, Minor, Moderate, Major, Severe",
}
_ARTICLES = {LIKELIHOOD: "a likelihood", IMPACT: "an impact"}
_LARGEST = 100  # of a scale: numbers above are amounts
FREQUENCIES = "Frequencies were read by NIST SP 800-30, table G-3: once a year is 3."


@dataclass(frozen=True, slots=True)
class RatingColumn:
    """A column of likelihoods or impacts: its cells, with how often each occurs.

    `legend` is text beside the table that may say what its numbers mean. `scale` and `words`, the
    rating by text (0 for none), are chosen, or those of the source's last file.
    """

    header: str
    axis: str  # LIKELIHOOD or IMPACT
    cells: Mapping[str, int]
    ours: bool = False  # the header is the name of our field, so the scale is ours
    legend: str = ""
    scale: Scale | None = None
    words: Mapping[str, int] = field(default_factory=dict)
    size: int = DEFAULT_SIZE  # of our scale: ratings go from 1 to it


@dataclass(slots=True)
class Ratings:
    """The cells of one column: a rating for each, or None if it is not assessed.

    `errors` has the reason for each cell that is neither, `kept` the cells that say more than their
    rating. `guess` says what was assumed about the column, "" if nothing was, and `table` has the
    cells that this concerns.
    """

    values: dict[str, int | None] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    guess: str = ""
    table: dict[str, int | None] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    scale: Scale = ONE_TO_FIVE


@dataclass(slots=True)
class ParsedColumn:
    """A column whose cells are parsed; `words` are ratings of words."""

    column: RatingColumn
    cells: dict[str, RatedCell]
    words: dict[str, int] = field(default_factory=dict)
    decision: ScaleDecision | None = None

    @property
    def own_scale(self) -> Scale:
        """The scale of our matrix."""
        return Scale(1, self.column.size)

    @property
    def numbers(self) -> Counter[Fraction]:
        """The numbers without a scale of their own, with how often each occurs."""
        counts = Counter[Fraction]()
        for text, cell in self.cells.items():
            if cell.number is not None and cell.scale is None:
                counts[cell.number] += self.column.cells[text]
        return counts


def read_ratings(
    columns: Iterable[RatingColumn],
    rows: Mapping[RatedRow, int] | None = None,
    levels: Sequence[Sequence[str]] | None = None,
) -> dict[str, Ratings]:
    """The ratings of all rating columns of one file, by header: they share a scale.

    `rows` are numbers with the source's own levels, to be compared with `levels`, our matrix.
    """
    parsed = [parse_column(column) for column in columns]
    for axis, positions in _WORDS.items():
        of_axis = [column for column in parsed if column.column.axis == axis]
        words = rate_words(positions, of_axis, size_of(of_axis))
        for column in of_axis:
            column.words = dict(words)
    decide_scales(parsed, rows or {}, levels or default_levels())
    return {column.column.header: rate_column(column) for column in parsed}


def size_of(columns: Iterable[ParsedColumn]) -> int:
    """The number of ratings that our matrix has on the axis of these columns."""
    return max((column.column.size for column in columns), default=DEFAULT_SIZE)


def parse_column(column: RatingColumn) -> ParsedColumn:
    known = _WORDS[column.axis]
    parsed = {text: parse_cell(text, known) for text in column.cells if not is_unrated(text)}
    return ParsedColumn(column, {text: cell for text, cell in parsed.items() if cell})


def is_unrated(text: str) -> bool:
    return match_key(text) in UNRATED


# --- Scales


def decide_scales(
    columns: list[ParsedColumn],
    rows: Mapping[RatedRow, int],
    levels: Sequence[Sequence[str]],
) -> None:
    """Decide on each column alone where it says enough, else on those of its axis, else on all."""
    for column in columns:
        if decision := decide_alone(column):
            column.decision = decision
    undecided = [column for column in columns if not column.decision]
    size = size_of(undecided)
    own = Scale(1, size)
    shared = obvious_scale(sum_numbers(undecided), size)
    rest = []
    for column in undecided:
        axis = column.column.axis
        numbers = sum_numbers(other for other in undecided if other.column.axis == axis)
        scale = obvious_scale(numbers, size)
        if scale is None and shared == ONE_TO_TEN and not uses_whole(own, numbers):
            scale = shared
        if scale:
            column.decision = ScaleDecision(scale, "as their numbers show")
        else:
            rest.append(column)
    common = common_scale(sum_numbers(rest), rows, levels)
    for column in rest:
        fits = max(column.numbers, default=0) <= column.column.size
        is_own = common.scale == own and not common.reason and fits
        column.decision = replace(common, scale=column.own_scale) if is_own else common


def sum_numbers(columns: Iterable[ParsedColumn]) -> Counter[Fraction]:
    return sum((column.numbers for column in columns), Counter[Fraction]())


def decide_alone(parsed: ParsedColumn) -> ScaleDecision | None:
    """The scale that the column's header, its cells or the words in them say."""
    column, counts = parsed.column, parsed.numbers
    if column.ours:
        return ScaleDecision(parsed.own_scale)
    if "%" in column.header:
        scale = PERCENT if max(counts, default=Fraction(0)) > 1 else PROBABILITY
        return ScaleDecision(scale, "as the header says")
    for known, reason in (
        (named_scale(column.header), "as the header says"),
        (column.scale, "as in the last file of the source"),
        (scale_of_legend(column.legend), "as the legend says"),
    ):
        if known:
            return ScaleDecision(known, reason)
    own = Counter(cell.scale for cell in parsed.cells.values() if cell.scale)
    if own.total() > len(counts):
        return ScaleDecision(own.most_common(1)[0][0], "as other cells say")
    return decide_by_words(parsed)


def decide_by_words(parsed: ParsedColumn) -> ScaleDecision | None:
    """The scale on which "3 - High" and "1 - Low" agree with their words."""
    positions, size = _WORDS[parsed.column.axis], parsed.column.size
    by_position = {word: round(positions[word]) for word in parsed.words}
    pairs = {
        (word := cell.words[0]): (
            cell.number,
            (parsed.words[word], convert_rating(by_position[word], DEFAULT_SIZE, size)),
        )
        for cell in parsed.cells.values()
        if cell.number is not None and cell.words and cell.scale is None
    }
    scale = scale_by_words(pairs.values(), size)
    if scale is None:
        return None
    for word, (number, _) in pairs.items():
        parsed.words[word] = scale.to_rating(number, size) or parsed.words[word]
    return ScaleDecision(scale, "as the words beside them say")


# --- Cells


def rate_column(parsed: ParsedColumn) -> Ratings:
    ratings = Ratings(scale=parsed.decision.scale if parsed.decision else parsed.own_scale)
    holds_amounts = is_amounts(parsed)
    for text in parsed.column.cells:
        cell = parsed.cells.get(text)
        if text in parsed.column.words:
            ratings.values[text] = ratings.table[text] = parsed.column.words[text] or None
            continue
        if cell is None and not is_unrated(text):
            ratings.errors[text] = unknown_word_error(parsed.column)
            continue
        if cell is None or cell.is_money or (holds_amounts and cell.number is not None):
            ratings.values[text] = None
            if cell:
                ratings.kept.add(text)
        elif error := rate_cell(parsed, text, cell, ratings):
            ratings.errors[text] = error
            continue
        if text and not (cell and is_certain(cell, ratings.values[text])):
            ratings.table[text] = ratings.values[text]
    ratings.guess = describe_guess(parsed, ratings)
    return ratings


def rate_cell(parsed: ParsedColumn, text: str, cell: RatedCell, ratings: Ratings) -> str:
    """Set the rating of a cell that says one, or return an error."""
    if cell.times_a_year is not None:
        by_frequency = frequency_rating(cell.times_a_year)
        ratings.values[text] = convert_rating(by_frequency, DEFAULT_SIZE, parsed.column.size)
        ratings.kept.add(text)
        return ""
    if cell.number is None:
        by_word = [parsed.words[word] for word in cell.words]
        ratings.values[text] = floor(Fraction(sum(by_word), len(by_word)) + Fraction(1, 2))
        return ""
    scale = cell.scale or ratings.scale
    rating = scale.to_rating(cell.number, parsed.column.size)
    if rating is None and cell.words:
        rating = parsed.words[cell.words[0]]
    if rating is None:
        return (
            f"The number is outside of the scale from {scale}. Correct it, or leave the cell empty "
            "if nothing is assessed. If the scale is another one, write it into the header: (1-10)."
        )
    ratings.values[text] = rating
    return ""


def unknown_word_error(column: RatingColumn) -> str:
    axis = column.axis
    return (
        f"This word is not known as {_ARTICLES[axis]}. Write 1 to {column.size}; Low, Medium, "
        f"High; or {_EXAMPLES[axis]}."
    )


def is_certain(cell: RatedCell, rating: int | None) -> bool:
    return cell.is_plain and cell.number is not None and cell.number == rating


def is_amounts(parsed: ParsedColumn) -> bool:
    """Whether most numbers are too large for any scale: amounts of money, or of something else."""
    counts = parsed.numbers
    large = sum(times for number, times in counts.items() if number > _LARGEST)
    return parsed.column.axis == IMPACT and large >= 2 and 2 * large >= counts.total()


def describe_guess(parsed: ParsedColumn, ratings: Ratings) -> str:
    """Sentences on how the column was read, for those cells that do not say it themselves."""
    cells = [cell for text in ratings.table if (cell := parsed.cells.get(text))]
    own, sentences = parsed.own_scale, []
    decision = parsed.decision or ScaleDecision(own)
    if any(cell.number is None and cell.words for cell in cells):
        sentences.append(f"Words were mapped to ratings from {own}.")
    if any(len(cell.words) > 1 for cell in cells):
        sentences.append("Two words mean what is between them, rounded up.")
    if any(cell.times_a_year is not None for cell in cells):
        sentences.append(FREQUENCIES)
    if any(text in ratings.kept and ratings.values[text] is None for text in ratings.table):
        sentences.append(
            "Amounts are not ratings: they are kept as they are, and nothing is rated."
        )
    numbers = parsed.numbers
    scales = {cell.scale for cell in cells if cell.scale} | ({decision.scale} if numbers else set())
    for scale in sorted(scales - {own}, key=str):
        is_decided = scale == decision.scale and decision.reason and numbers
        reason = f", {decision.reason}," if is_decided else ""
        sentences.append(
            f"Numbers were read on a scale from {scale}{reason} and converted to {own}."
        )
    if scales <= {own} and any(cell.number is not None for cell in cells):
        sentences.append("Numbers were rounded, or taken out of their text.")
    if numbers and decision.doubt:
        sentences.append(decision.doubt)
    return " ".join(sentences)


# --- Words


def rate_words(
    positions: Mapping[str, float], columns: Iterable[ParsedColumn], size: int = DEFAULT_SIZE
) -> dict[str, int]:
    """The rating of each word that occurs in the columns, on a scale from 1 to `size`.

    As many words as the scale has ratings are its ratings, in their order.
    """
    words = {word for column in columns for cell in column.cells.values() for word in cell.words}
    used = {word: positions[word] for word in words}
    distinct = sorted(set(used.values()))
    if size != DEFAULT_SIZE and len(distinct) == size:
        return {word: distinct.index(position) + 1 for word, position in used.items()}
    return {
        word: convert_rating(rating, DEFAULT_SIZE, size)
        for word, rating in rate_of_five(used).items()
    }


def rate_of_five(used: Mapping[str, float]) -> dict[str, int]:
    """The rating 1..5 of each word, from its position among all words."""
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
