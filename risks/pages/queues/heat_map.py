"""The register as a small matrix, before and after a decision."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import Count

from openrisk.accounts.models import Organization
from openrisk.caching.decorators import get_or_compute
from risks.models import Matrix, Risk, Status
from risks.pages.risk.loading import rating_marks

Cell = tuple[int, int]  # likelihood, impact


def count_by_cell(organization: Organization, *, accepted: bool) -> dict[Cell, int]:
    """Count open risks by their current likelihood and impact, with or without accepted ones."""

    def compute() -> list[list[int]]:
        risks = Risk.objects.for_organization(organization).open()
        if not accepted:
            risks = risks.exclude(status=Status.ACCEPTED)
        rated = risks.exclude(current_score=None).order_by()
        cells = rated.values_list("current_likelihood", "current_impact")
        return [list(row) for row in cells.annotate(number=Count("pk"))]

    rows = get_or_compute(
        f"queue heat map {organization.pk} {accepted}",
        compute,
        reads=(Risk,),
        organization_id=organization.pk,
        ttl=settings.CACHE_TTL_RISKS,
    )
    return {(likelihood, impact): number for likelihood, impact, number in rows}


def compare_maps(
    matrix: Matrix,
    counts: dict[Cell, int],
    *,
    leaves: Iterable[Cell] = (),
    enters: Iterable[Cell] = (),
) -> list[list[list[dict[str, Any]]]]:
    """Return the rows of the matrix as it is, and as it is once a risk leaves or enters cells."""
    after = dict(counts)
    for cell in leaves:
        after[cell] = max(0, after.get(cell, 0) - 1)
    for cell in enters:
        after[cell] = after.get(cell, 0) + 1
    return [draw_map(matrix, counts, counts), draw_map(matrix, after, counts)]


def draw_map(
    matrix: Matrix, counts: dict[Cell, int], before: dict[Cell, int]
) -> list[list[dict[str, Any]]]:
    """Return the cells by row, the highest likelihood first."""
    return [
        [
            {
                "level": matrix.level(likelihood, impact),
                "count": counts.get((likelihood, impact), 0),
                "is_changed": counts.get((likelihood, impact), 0)
                != before.get((likelihood, impact), 0),
            }
            for impact in matrix.impacts
        ]
        for likelihood in reversed(matrix.likelihoods)
    ]


def draw_ratings(risk: Risk, matrix: Matrix) -> list[list[tuple[str | None, str]]]:
    """Return the level of each cell and the first letters of the ratings in it."""
    marks = rating_marks(risk)
    return [
        [
            (matrix.level(likelihood, impact), marks.get((likelihood, impact), ""))
            for impact in matrix.impacts
        ]
        for likelihood in reversed(matrix.likelihoods)
    ]
