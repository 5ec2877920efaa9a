"""Layouts to start a matrix from: labels for each size, and ways to give cells their levels."""

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from risks.models import Matrix
from risks.scoring import convert_rating, default_levels
from risks.services.matrix.checks import RANKS, Levels

LIKELIHOOD_LABELS = {
    3: ["Unlikely", "Possible", "Likely"],
    4: ["Unlikely", "Possible", "Likely", "Almost certain"],
    5: ["Rare", "Unlikely", "Possible", "Likely", "Almost certain"],
    6: ["Rare", "Very unlikely", "Unlikely", "Possible", "Likely", "Almost certain"],
}
IMPACT_LABELS = {
    3: ["Minor", "Moderate", "Severe"],
    4: ["Minor", "Moderate", "Major", "Severe"],
    5: ["Insignificant", "Minor", "Moderate", "Major", "Severe"],
    6: ["Insignificant", "Minor", "Moderate", "Serious", "Major", "Severe"],
}
LABELS = {"likelihood": LIKELIHOOD_LABELS, "impact": IMPACT_LABELS}


def present_levels(matrix: Matrix, likelihoods: int, impacts: int) -> Levels:
    """Return the levels of the present matrix, stretched or shrunk to a size."""
    rows, columns = len(matrix.likelihoods), len(matrix.impacts)
    return [
        [
            matrix.levels[convert_rating(likelihood, likelihoods, rows) - 1][
                convert_rating(impact, impacts, columns) - 1
            ]
            for impact in range(1, impacts + 1)
        ]
        for likelihood in range(1, likelihoods + 1)
    ]


def balanced_levels(matrix: Matrix, likelihoods: int, impacts: int) -> Levels:
    return default_levels(likelihoods, impacts)


def cautious_levels(matrix: Matrix, likelihoods: int, impacts: int) -> Levels:
    """Return levels that rise earlier: from 3, 10 and 16 of 25 points on."""
    highest = likelihoods * impacts
    names = list(RANKS)
    return [
        [
            names[sum(25 * likelihood * impact >= bound * highest for bound in (3, 10, 16))]
            for impact in range(1, impacts + 1)
        ]
        for likelihood in range(1, likelihoods + 1)
    ]


def impact_levels(matrix: Matrix, likelihoods: int, impacts: int) -> Levels:
    """Return balanced levels where the highest impact is high at least, the next one medium."""
    least = {impacts: "high", impacts - 1: "medium"}
    return [
        [
            max(level, least.get(impact, "low"), key=RANKS.__getitem__)
            for impact, level in enumerate(row, 1)
        ]
        for row in default_levels(likelihoods, impacts)
    ]


LAYOUTS: dict[str, tuple[str | Promise, Callable[[Matrix, int, int], Levels]]] = {
    "present": (_("As now"), present_levels),
    "balanced": (_("Balanced: levels by score"), balanced_levels),
    "cautious": (_("Cautious: levels rise earlier"), cautious_levels),
    "impact": (_("Impact first: severe impacts are never low"), impact_levels),
}


def lay_out(matrix: Matrix, layout: str, likelihoods: int, impacts: int) -> Matrix:
    """Return a matrix of this size, not saved: with the labels that it has where their number
    stays, and its colours."""
    laid_out = Matrix(
        levels=LAYOUTS[layout][1](matrix, likelihoods, impacts),
        colours=matrix.colours,
        level_descriptions=matrix.level_descriptions,
    )
    for axis, size in (("likelihood", likelihoods), ("impact", impacts)):
        stays = len(matrix.labels[axis]) == size
        labels = matrix.labels[axis] if stays else LABELS[axis][size]
        setattr(laid_out, f"{axis}_labels", labels)
        descriptions = getattr(matrix, f"{axis}_descriptions") if stays else []
        setattr(laid_out, f"{axis}_descriptions", descriptions)
    return laid_out
