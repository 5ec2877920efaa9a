"""Scales: the meaning of the numbers of a column mean.

In this order: what the header or the cells say, the words beside the numbers, the source's own
levels, and the range of the numbers themselves.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from risks.scoring import DEFAULT_SIZE

_RANGE = re.compile(
    r"(?<!\d)([01])\s*_?(?:-|\u2013|\u2014|~|\uff5e|\u301c|\.\.\.?|to|bis|à|a|al|tot|do|до|/)_?\s*"
    r"(\d{1,3})(?![\d])",
    re.IGNORECASE,
)
_ENDS = re.compile(r"(?<!\d)([01])\s*=\s*[^,;\d]+[,;/\u2026. -]+(\d{1,3})\s*=", re.IGNORECASE)
_END = re.compile(r"(?:/|out of|max\.?|von|sur|de|su|van|из)\s*(\d{1,3})(?!\d)", re.IGNORECASE)
# Without any number above 4, a scale may end there, or nothing was rated 5. It takes this many
# ratings, with every number in use, to say that the scale is a shorter one.
ENOUGH_RATINGS = 20
# A number above 5 is a typing error unless there are several of them.
ENOUGH_ABOVE = 2
SHARE_ABOVE = Fraction(1, 5)
_LEVELS = ("low", "medium", "high", "critical")


@dataclass(frozen=True, slots=True)
class Scale:
    """Numbers from `low` to `high`, which is 1 for probabilities and 100 for percentages.

    `low` is the larger number where 1 is the worst.
    """

    low: int = 1
    high: int = 5

    def to_rating(self, number: Fraction, size: int = DEFAULT_SIZE) -> int | None:
        """The rating on a scale from 1 to `size`, None if `number` is outside.

        Probabilities are cut into equal parts.
        """
        if not min(self.low, self.high) <= number <= max(self.low, self.high):
            return None
        share = (number - self.low) / (self.high - self.low)
        if self in {PROBABILITY, PERCENT}:
            return min(size, max(1, ceil(share * size)))
        return floor(1 + share * (size - 1) + Fraction(1, 2))

    def __str__(self) -> str:
        return f"{self.low} to {self.high}"

    @classmethod
    def from_text(cls, text: str) -> "Scale":
        """Return the scale that `str()` writes: "1 to 10"."""
        low, high = text.split(" to ")
        return cls(int(low), int(high))


ONE_TO_FIVE, ONE_TO_TEN = Scale(1, 5), Scale(1, 10)
PROBABILITY, PERCENT = Scale(0, 1), Scale(0, 100)
# Those that numbers may be on which have words beside them, the likeliest first.
_WITH_WORDS = (
    *(ONE_TO_FIVE, Scale(1, 3), Scale(1, 4), Scale(0, 3), Scale(0, 4), Scale(1, 6), Scale(1, 10)),
    *(Scale(5, 1), Scale(3, 1), Scale(4, 1)),
)


@dataclass(frozen=True, slots=True)
class ScaleDecision:
    """The scale of a column and the reason for it; `doubt` if nothing speaks for it."""

    scale: Scale
    reason: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class RatedRow:
    """The numbers and the level that a source gives one risk, to see which scale it uses."""

    likelihood: Fraction
    impact: Fraction
    level: str


def named_scale(text: str) -> Scale | None:
    """The scale that a header or a legend names: "(1-10)", "L_1to5", "1 = rare, 4 = certain"."""
    for pattern in (_ENDS, _RANGE):
        if match := pattern.search(text):
            low, high = int(match[1]), int(match[2])
            return Scale(low, high) if high > max(low, 1) or (low, high) == (0, 1) else None
    if (match := _END.search(text)) and int(match[1]) > 1:
        return Scale(1, int(match[1]))
    return None


def scale_of_legend(text: str) -> Scale | None:
    """The scale whose ends a legend names: "1 = rare, 4 = almost certain"."""
    match = _ENDS.search(text)
    return Scale(int(match[1]), int(match[2])) if match and int(match[2]) > 2 else None


def scale_of_products(header: str, scores: Counter[Fraction]) -> Scale | None:
    """The scale of likelihoods and impacts whose products the scores are; None if they are not.

    The header may name their end: 9 is that of 1 to 3, 100 that of 1 to 10. Scores that end at 5
    are a scale of their own.
    """
    named = named_scale(header)
    top = named.high if named else max(scores, default=0)
    if not named:
        for high in (3, 4):
            products = {
                first * second for first in range(1, high + 1) for second in range(1, high + 1)
            }
            is_whole = scores.total() >= ENOUGH_RATINGS and set(scores) <= products
            if is_whole and top == high * high:
                return Scale(1, high)
        return ONE_TO_FIVE if 5 < top <= 25 else None
    root = round(top**0.5)
    return Scale(1, root) if root * root == top and 3 <= root <= 10 else None


def scale_by_words(
    pairs: Iterable[tuple[Fraction, tuple[int, ...]]], size: int = DEFAULT_SIZE
) -> Scale | None:
    """The scale on which numbers and the words beside them agree; None if there is none.

    Each pair is a number and the ratings that its word may mean, one for each reading of words.
    """
    pairs = list(pairs)
    best: tuple[Fraction, Scale] | None = None
    for scale in dict.fromkeys((Scale(1, size), *_WITH_WORDS)):
        ratings = [scale.to_rating(number, size) for number, _ in pairs]
        if None in ratings or not ratings:
            continue
        distance = min(
            sum(
                abs((rating or 0) - words[index])
                for rating, (_, words) in zip(ratings, pairs, strict=True)
            )
            for index in range(len(pairs[0][1]))
        )
        if best is None or distance < best[0]:
            best = Fraction(distance), scale
    return best[1] if best and best[0] <= len(pairs) * Fraction(3, 4) else None


def obvious_scale(counts: Mapping[Fraction, int], size: int = DEFAULT_SIZE) -> Scale | None:
    """The scale, if the numbers alone show it."""
    if not counts or min(counts) < 0:
        return None
    if max(counts) <= 1 and any(number.denominator > 1 for number in counts):
        return PROBABILITY
    total = sum(counts.values())
    for high in (100, 10):
        below = 10 if high == 100 else max(size, DEFAULT_SIZE)
        above = sum(times for number, times in counts.items() if below < number <= high)
        if above >= ENOUGH_ABOVE and above >= SHARE_ABOVE * total:
            return Scale(0 if 0 in counts else 1, high) if high == 10 else PERCENT
    return None


def uses_whole(scale: Scale, counts: Counter[Fraction]) -> bool:
    """Whether many ratings use every number of `scale`, and no other."""
    every = {Fraction(number) for number in range(scale.low, scale.high + 1)}
    return counts.total() >= ENOUGH_RATINGS and set(counts) == every


def common_scale(
    counts: Counter[Fraction], rows: Mapping[RatedRow, int], levels: Sequence[Sequence[str]]
) -> ScaleDecision:
    """One scale for all columns that do not show theirs: that of our matrix, or a shorter one.

    Numbers above a matrix of fewer than five ratings are on a scale from 1 to 5.
    """
    own = Scale(1, max(len(levels), len(levels[0])))
    top = max(counts, default=Fraction(own.high))
    if own.high < top <= ONE_TO_FIVE.high:
        return ScaleDecision(ONE_TO_FIVE, "as their numbers show")
    if top not in {3, 4, 5} or top >= own.high:
        return ScaleDecision(own)
    shorter = Scale(1, int(top))
    distances = [distance_to_levels(scale, rows, levels) for scale in (shorter, own)]
    if distances[0] < distances[1]:
        return ScaleDecision(shorter, "as the levels beside them say")
    if distances[1] < distances[0]:
        return ScaleDecision(own, "as the levels beside them say")
    if uses_whole(shorter, counts):
        return ScaleDecision(shorter, f"as none of {counts.total()} is above {top}")
    doubt = f"No number is above {top}. If the scale ends there, write (1-{top}) into the header."
    return ScaleDecision(own, doubt=doubt)


def distance_to_levels(
    scale: Scale, rows: Mapping[RatedRow, int], levels: Sequence[Sequence[str]]
) -> int:
    """Steps between the source's levels and ours, if its numbers are on `scale`.

    A source without the level critical may call high what is critical here.
    """
    top = max((_LEVELS.index(row.level) for row in rows), default=0)
    total = 0
    for row, times in rows.items():
        likelihood = scale.to_rating(row.likelihood, len(levels))
        impact = scale.to_rating(row.impact, len(levels[0]))
        if likelihood and impact:
            ours = min(top, _LEVELS.index(levels[likelihood - 1][impact - 1]))
            total += times * abs(ours - _LEVELS.index(row.level))
    return total
