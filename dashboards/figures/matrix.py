"""Open risks by likelihood and impact."""

from typing import Any

from django.db.models import Case, Count, F, When

from dashboards.figures.scope import FigureScope
from dashboards.figures.totals import OPEN_FILTER
from risks.models import Matrix
from risks.scoring import SCALE

KINDS = ("current", "inherent", "residual", "target")


Cell = tuple[int, int]  # likelihood, impact


def count_by_cell(scope: FigureScope, kind: str) -> dict[Cell | None, int]:
    """Open risks by likelihood and impact; None: those without. One query."""
    counts: dict[Cell | None, int] = {}
    risks = scope.risks().open().order_by()
    parts = {"l": _part(kind, "likelihood"), "i": _part(kind, "impact")}
    for likelihood, impact, count in (
        risks.annotate(**parts).values_list("l", "i").annotate(count=Count("pk"))
    ):
        cell = None if None in (likelihood, impact) else (likelihood, impact)
        counts[cell] = counts.get(cell, 0) + count
    return counts


def compute_heat_map(scope: FigureScope, kind: str, levels: Matrix) -> dict[str, Any]:
    """Open risks by likelihood and impact of one kind, all 25 cells; the levels are today's."""
    counts = count_by_cell(scope, kind)
    if not counts:
        scope.explain_empty()
    return {
        "kind": kind,
        "as_of": scope.day,
        "open": sum(counts.values()),
        "not_assessed": counts.get(None, 0),
        "cells": [
            {
                "likelihood": likelihood,
                "impact": impact,
                "count": counts.get((likelihood, impact), 0),
                "level": levels.level(likelihood, impact),
                "url": scope.url(cell_filters(kind, likelihood, impact)),
            }
            for likelihood in reversed(SCALE)
            for impact in SCALE
        ],
    }


def cell_filters(kind: str, likelihood: int, impact: int) -> dict[str, Any]:
    return OPEN_FILTER | {f"{kind}_likelihood": likelihood, f"{kind}_impact": impact}  # type: ignore[dict-item]


def _part(kind: str, part: str) -> Any:
    """The ledger keeps no current likelihood and impact: they are residual's or inherent's."""
    if kind != "current":
        return F(f"{kind}_{part}")
    return Case(
        When(residual_level__isnull=False, then=F(f"residual_{part}")),
        default=F(f"inherent_{part}"),
    )
