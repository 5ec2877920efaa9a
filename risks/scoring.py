"""The one scale and the one score (ISO 31000 terms).

Likelihood and impact are whole numbers from 1; their product is the score; the organization's
matrix says how many there are of each, 3 to 6, and gives each cell a level. "Not assessed" is None,
never 0.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from risks.models import Matrix, Risk

KINDS = ("inherent", "residual", "target")
SIZES = range(3, 7)  # how many likelihoods, or impacts, a matrix can have
DEFAULT_SIZE = 5
HIGHEST_RATING = SIZES[-1]
RATING_RANGE = (1, HIGHEST_RATING)  # of any matrix, as the database checks it
RATING_RANGE = (1, HIGHEST_RATING)  # of any matrix, as the database checks it
HIGHEST_SCORE = HIGHEST_RATING**2
CRITICALITY_FACTORS = {
    "low": Decimal("0.8"),
    "medium": Decimal("1.0"),
    "high": Decimal("1.25"),
    "critical": Decimal("1.5"),
}


def score(likelihood: int | None, impact: int | None) -> int | None:
    """Likelihood times impact; None unless both are assessed."""
    return None if likelihood is None or impact is None else likelihood * impact


def priority(current_score: int | None, criticalities: Iterable[str]) -> Decimal | None:
    """The current score times the mean factor of the linked assets, with two decimals."""
    if current_score is None:
        return None
    factors = [CRITICALITY_FACTORS[criticality] for criticality in criticalities]
    mean = sum(factors, Decimal(0)) / len(factors) if factors else Decimal(1)
    return (current_score * mean).quantize(Decimal("0.01"), ROUND_HALF_UP)


def default_levels(likelihoods: int = DEFAULT_SIZE, impacts: int = DEFAULT_SIZE) -> list[list[str]]:
    """The level of each cell, `levels[likelihood - 1][impact - 1]`, in the default bands."""
    highest = likelihoods * impacts
    return [
        [_default_level(likelihood * impact, highest) for impact in range(1, impacts + 1)]
        for likelihood in range(1, likelihoods + 1)
    ]


def _default_level(value: int, highest: int) -> str:
    """The bands of 25 scores, 1-4, 5-12, 13-19 and 20-25, as shares of the highest score."""
    share = value * 25
    if share >= 20 * highest:
        return "critical"
    if share >= 13 * highest:
        return "high"
    return "medium" if share >= 5 * highest else "low"


def convert_rating(rating: int, size: int, new_size: int) -> int:
    """The rating on a scale of `new_size` that is as far up as `rating` on one of `size`.

    The ends stay the ends; what is halfway between two ratings is the higher one.
    """
    steps, new_steps = size - 1, new_size - 1
    return 1 + (2 * (rating - 1) * new_steps + steps) // (2 * steps)


def rescore(risk: "Risk", matrix: "Matrix") -> None:
    """Set every stored score and level of `risk` from its likelihoods and impacts.

    `priority` needs the linked assets and is set by `risks.services.links`.
    """
    for kind in KINDS:
        likelihood = getattr(risk, f"{kind}_likelihood")
        impact = getattr(risk, f"{kind}_impact")
        setattr(risk, f"{kind}_score", score(likelihood, impact))
        setattr(risk, f"{kind}_level", matrix.level(likelihood, impact))
    current = "residual" if risk.residual_score is not None else "inherent"
    for part in ("likelihood", "impact", "score", "level"):
        setattr(risk, f"current_{part}", getattr(risk, f"{current}_{part}"))
