"""What an organization is willing to bear, category by category, and whether it does."""

from typing import Any
from uuid import UUID

from django.db.models import Count, F, IntegerField, Max, Q, Value

from dashboards.figures.scope import FigureScope
from dashboards.figures.totals import OPEN_FILTER
from risks.models import Category

NEAR = 0.8  # of the appetite


def compute_appetite(scope: FigureScope) -> dict[str, Any]:
    """Per category with an appetite (today's): `breached` if an open risk scores above it, `near`
    from 80 % of it, `within` below, `unknown` while no open risk there is assessed. One query."""
    named = {"pk": "category_id", "name": "category__name", "appetite": "category__appetite"}
    risks = scope.risks().open().filter(category__appetite__isnull=False).order_by()
    there = risks.values_list(*named.values()).annotate(
        count=Count("pk"),
        highest=Max("current_score"),
        above=Count("pk", filter=Q(current_score__gt=F("category__appetite"))),
    )
    # Each once more, without a risk: where there is none it would be missing.
    categories = Category.objects.for_organization(scope.organization).filter(
        appetite__isnull=False, **({"pk": scope.category} if scope.category else {})
    )
    nothing = (Value(0), Value(None, IntegerField()), Value(0))
    without = categories.order_by().values_list(*named, *nothing)
    found: dict[Any, tuple[Any, ...]] = {}
    for pk, *rest in without.union(there, all=True):
        if pk not in found or rest[2]:
            found[pk] = (pk, *rest)
    rows = [_row(scope, *row) for row in sorted(found.values(), key=lambda row: (row[1], row[0]))]
    return {
        "as_of": scope.day,
        "measured": bool(rows),
        "breached": sum(row["state"] == "breached" for row in rows) if rows else None,
        "results": rows,
    }


def _row(
    scope: FigureScope, pk: UUID, name: str, limit: int, count: int, highest: int | None, above: int
) -> dict[str, Any]:
    return {
        "category": pk,
        "name": name,
        "appetite": limit,
        "state": _state(limit, highest),
        "open": count,
        "highest": highest,
        "above": above,
        "url": scope.url(OPEN_FILTER | {"category": pk, "current_score__gte": limit + 1}),
    }


def _state(limit: int, highest: int | None) -> str:
    if highest is None:
        return "unknown"
    if highest > limit:
        return "breached"
    return "near" if highest >= NEAR * limit else "within"
