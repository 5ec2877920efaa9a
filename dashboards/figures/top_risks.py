"""The open risks of the highest priority."""

from typing import Any

from django.db.models import F

from dashboards.figures.scope import FigureScope
from risks.models import ScoreChange
from risks.querysets import owner_label

MOST_RISKS = 100


def compute_top_risks(scope: FigureScope, limit: int) -> dict[str, Any]:
    """Return the open risks of the highest priority, with two queries.

    Risks without an assessment have no priority and are left out. Titles and names of owners are
    today's; a risk that has been deleted since has no title.
    """
    order = ("-priority", "-current_score", "-risk_id")
    assessed = scope.risks().open().filter(priority__isnull=False)
    # Select the rows before joining names: names are needed of the few, not of all that are sorted.
    highest = list(assessed.order_by(*order).values_list("pk", flat=True)[:limit])
    if not highest:
        scope.check_parameters()
    rows = (
        ScoreChange.objects.filter(pk__in=highest)
        .order_by(*order)
        .values(
            "status",
            "priority",
            "treatment",
            risk_key=F("risk"),
            reference=F("risk__reference"),
            title=F("risk__title"),
            level=F("current_level"),
            score=F("current_score"),
            category_name=F("category__name"),
            owner_name=owner_label("owner", "risk__owner_name"),
        )
    )
    return {"as_of": scope.day, "results": [{"id": row.pop("risk_key"), **row} for row in rows]}
