"""Derivation: a likelihood and an impact that give a score or a level in a matrix."""

from collections.abc import Sequence
from fractions import Fraction

from risks.registers.mapping.ratings.scales import ONE_TO_FIVE, Scale

Cell = tuple[int, int]  # likelihood and impact


def derive_ratings(
    levels: Sequence[Sequence[str]],
    *,
    score: Fraction | None = None,
    level: str = "",
    scale: Scale = ONE_TO_FIVE,
    known: tuple[int | None, int | None] = (None, None),
) -> Cell | None:
    """The likelihood and impact that give this score, or else this level; None if none do.

    `scale` is the one whose products the scores are; `known` are ratings that the source gives.
    Of several cells with the score, those of the level come first, then the one whose likelihood
    and impact are closest, then the one with the higher impact. A level alone means the middle
    of the scores that its cells have.
    """
    cells = [cell for cell in cells_with_score(levels, score, scale) if matches(cell, known)]
    of_level = [cell for cell in cells if levels[cell[0] - 1][cell[1] - 1] == level]
    if score is None:
        scores = sorted(likelihood * impact for likelihood, impact in of_level)
        middle = scores[(len(scores) - 1) // 2] if scores else 0
        cells = [cell for cell in of_level if cell[0] * cell[1] == middle]
    elif of_level:
        cells = of_level
    return min(cells, key=lambda cell: (abs(cell[0] - cell[1]), -cell[1]), default=None)


def cells_with_score(
    levels: Sequence[Sequence[str]], score: Fraction | None, scale: Scale
) -> list[Cell]:
    """The cells of our matrix with this score on `scale`; all of them without a score."""
    likelihoods, impacts = len(levels), len(levels[0])
    if score is None:
        return [
            (row, column) for row in range(1, likelihoods + 1) for column in range(1, impacts + 1)
        ]
    numbers = range(scale.low, scale.high + 1)
    return [
        (likelihood, impact)
        for first in numbers
        for second in numbers
        if first * second == score
        if (likelihood := scale.to_rating(Fraction(first), likelihoods))
        and (impact := scale.to_rating(Fraction(second), impacts))
    ]


def matches(cell: Cell, known: tuple[int | None, int | None]) -> bool:
    return all(given in {None, rating} for rating, given in zip(cell, known, strict=True))
