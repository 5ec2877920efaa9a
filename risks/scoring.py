"""The one scale and the one score (ISO 31000 terms).

Likelihood and impact are whole numbers 1..5; their product is the score 1..25; the
organization's matrix gives each of the 25 cells a level. "Not assessed" is None, never 0.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from risks.models import Matrix, Risk

KINDS = ("inherent", "residual", "target")
SCALE = range(1, 6)
CRITICALITY_FACTORS = {
    "low": Decimal("0.8"),
    "medium": Decimal("1.0"),
    "high": Decimal("1.25"),
    "critical": Decimal("1.5"),
}


def score(likelihood: int | None, impact: int | None) -> int | None:
    """Likelihood times impact, 1..25; None unless both are assessed."""
    return None if likelihood is None or impact is None else likelihood * impact


def priority(current_score: int | None, criticalities: Iterable[str]) -> Decimal | None:
    """The current score times the mean factor of the linked assets, with two decimals."""
    if current_score is None:
        return None
    factors = [CRITICALITY_FACTORS[criticality] for criticality in criticalities]
    mean = sum(factors, Decimal(0)) / len(factors) if factors else Decimal(1)
    return (current_score * mean).quantize(Decimal("0.01"), ROUND_HALF_UP)


def default_levels() -> list[list[str]]:
    """The level of each cell, `levels[likelihood - 1][impact - 1]`, in the default bands."""
    return [[_default_level(likelihood * impact) for impact in SCALE] for likelihood in SCALE]


def _default_level(value: int) -> str:
    if value >= 20:
        return "critical"
    if value >= 13:
        return "high"
    return "medium" if value >= 5 else "low"


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
