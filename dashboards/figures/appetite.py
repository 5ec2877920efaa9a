"""What an organization is willing to bear, category by category, and whether it does."""

from typing import Any

from django.db.models import Count, F, Max, Q

from dashboards.figures.tally import OPEN
from dashboards.scope import Scope
from risks.models import Category

NEAR = 0.8  # of the appetite


def appetite(scope: Scope) -> dict[str, Any]:
    """Per category with an appetite (today's): `breached` if an open risk scores above it, `near`
    from 80 % of it, `within` below, `unknown` while no open risk there is assessed. Two queries."""
    categories = Category.objects.for_organization(scope.organization).filter(
        appetite__isnull=False, **({"pk": scope.category} if scope.category else {})
    )
    found = {
        row["category"]: row
        for row in scope.risks()
        .open()
        .filter(category__appetite__isnull=False)
        .order_by()
        .values("category")
        .annotate(
            count=Count("pk"),
            highest=Max("current_score"),
            above=Count("pk", filter=Q(current_score__gt=F("category__appetite"))),
        )
    }
    rows = [
        _row(scope, category, found.get(category["pk"], {}))
        for category in categories.order_by("name", "pk").values("pk", "name", "appetite")
    ]
    return {
        "as_of": scope.day,
        "measured": bool(rows),
        "breached": sum(row["state"] == "breached" for row in rows) if rows else None,
        "results": rows,
    }


def _row(scope: Scope, category: Any, found: dict[str, Any]) -> dict[str, Any]:
    limit, highest = category["appetite"], found.get("highest")
    return {
        "category": category["pk"],
        "name": category["name"],
        "appetite": limit,
        "state": _state(limit, highest),
        "open": found.get("count", 0),
        "highest": highest,
        "above": found.get("above", 0),
        "url": scope.url(OPEN | {"category": category["pk"], "current_score__gte": limit + 1}),
    }


def _state(limit: int, highest: int | None) -> str:
    if highest is None:
        return "unknown"
    if highest > limit:
        return "breached"
    return "near" if highest >= NEAR * limit else "within"
