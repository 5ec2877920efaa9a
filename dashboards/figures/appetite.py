"""The highest score that each category accepts, and whether its risks keep to it."""

from typing import Any
from uuid import UUID

from django.db.models import Count, F, IntegerField, Max, Q, Value

from dashboards.figures.scope import FigureScope
from dashboards.figures.totals import OPEN_FILTER
from risks.models import Category

NEAR = 0.8  # of the appetite


def compute_appetite(scope: FigureScope) -> dict[str, Any]:
    """Return the state of each category that has an appetite (today's), with one query."""
    named = {"pk": "category_id", "name": "category__name", "appetite": "category__appetite"}
    risks = scope.risks().open().filter(category__appetite__isnull=False).order_by()
    with_risks = risks.values_list(*named.values()).annotate(
        count=Count("*"),
        highest=Max("current_score"),
        above=Count(Value(1), filter=Q(current_score__gt=F("category__appetite"))),
    )
    # Every category once more without risks, so that categories without any are not missing.
    categories = Category.objects.for_organization(scope.organization).filter(
        appetite__isnull=False, **({"pk": scope.category} if scope.category else {})
    )
    no_risks = (Value(0), Value(None, IntegerField()), Value(0))
    without_risks = categories.order_by().values_list(*named, *no_risks)
    measures: dict[tuple[str, UUID, int], tuple[int, int | None, int]] = {}
    for pk, name, appetite, count, highest, above in without_risks.union(with_risks, all=True):
        category = (name, pk, appetite)
        if count or category not in measures:
            measures[category] = (count, highest, above)
    results = [
        {
            "category": pk,
            "name": name,
            "appetite": appetite,
            "state": appetite_state(appetite, highest),
            "open": count,
            "highest": highest,
            "above": above,
            "url": scope.list_url(
                {**OPEN_FILTER, "category": pk, "current_score__gte": appetite + 1}
            ),
        }
        for (name, pk, appetite), (count, highest, above) in sorted(
            measures.items(), key=lambda item: item[0]
        )
    ]
    return {
        "as_of": scope.day,
        "measured": bool(results),
        "breached": sum(row["state"] == "breached" for row in results) if results else None,
        "results": results,
    }


def appetite_state(appetite: int, highest: int | None) -> str:
    """Return `breached` above the appetite, `near` from 80 % of it on, else `within`; `unknown`
    while no open risk of the category is assessed."""
    if highest is None:
        return "unknown"
    if highest > appetite:
        return "breached"
    return "near" if highest >= NEAR * appetite else "within"
