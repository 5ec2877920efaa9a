"""The heat map: open risks by likelihood and impact, and the level of each cell."""

from typing import Any

from django.db.models import Case, Count, F, When
from django.db.models.expressions import Combinable

from dashboards.figures.scope import FigureScope
from dashboards.figures.totals import OPEN_FILTER
from risks.models import Matrix

KINDS = ("current", "inherent", "residual", "target")

Cell = tuple[int, int]  # likelihood, impact


def compute_heat_map(scope: FigureScope, kind: str, matrix: Matrix) -> dict[str, Any]:
    """Return the cells of one kind of score, each with its count, its level of today and the list
    of its risks.

    On a day before the matrix got smaller, `outside` risks have ratings that it has no cell for.
    """
    counts = count_by_cell(scope, kind)
    if not counts:
        scope.check_parameters()
    cells = {(likelihood, impact) for likelihood in matrix.likelihoods for impact in matrix.impacts}
    return {
        "kind": kind,
        "as_of": scope.day,
        "open": sum(counts.values()),
        "not_assessed": counts.get(None, 0),
        "outside": sum(counts[cell] for cell in counts.keys() - cells if cell is not None),
        "cells": [
            {
                "likelihood": likelihood,
                "impact": impact,
                "count": counts.get((likelihood, impact), 0),
                "level": matrix.level(likelihood, impact),
                "url": scope.list_url(cell_filters(kind, likelihood, impact)),
            }
            for likelihood in reversed(matrix.likelihoods)
            for impact in matrix.impacts
        ],
    }


def count_by_cell(scope: FigureScope, kind: str) -> dict[Cell | None, int]:
    """Count open risks by likelihood and impact; None has those without. One query."""

    def rating(name: str) -> Combinable:
        if kind != "current":
            return F(f"{kind}_{name}")
        # The ledger has no current likelihood and impact: they are the residual or inherent ones.
        return Case(
            When(residual_level__isnull=False, then=F(f"residual_{name}")),
            default=F(f"inherent_{name}"),
        )

    risks = scope.risks().open().order_by().annotate(l=rating("likelihood"), i=rating("impact"))
    counts: dict[Cell | None, int] = {}
    for likelihood, impact, count in risks.values_list("l", "i").annotate(count=Count("*")):
        cell = None if None in (likelihood, impact) else (likelihood, impact)
        counts[cell] = counts.get(cell, 0) + count
    return counts


def cell_filters(kind: str, likelihood: int, impact: int) -> dict[str, Any]:
    """Return the filters of the list of a cell's risks."""
    return {**OPEN_FILTER, f"{kind}_likelihood": likelihood, f"{kind}_impact": impact}
