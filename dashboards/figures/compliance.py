"""The share of each framework's controls that is implemented."""

from collections import Counter, defaultdict
from typing import Any
from uuid import UUID

from django.db.models import Count

from dashboards.figures.scope import FigureScope
from risks.models import ControlStatus


def compute_compliance(scope: FigureScope) -> dict[str, Any]:
    """Return the controls by status of each framework that has controls, with one query.

    `progress` = implemented / (total - not applicable), in per cent, floored. The scope's filters
    are about risks and do not apply. A framework that has been deleted since has no name.
    """
    columns = ("framework__name", "framework__edition", "framework", "status")
    rows = scope.controls().order_by().values_list(*columns).annotate(count=Count("pk"))
    counts: dict[tuple[str | None, str | None, UUID], Counter[str]] = defaultdict(Counter)
    for name, edition, pk, status, count in rows:
        counts[name, edition, pk][status] += count
    unfiltered = FigureScope(scope.organization, scope.as_of)
    results = []
    for name, edition, pk in sorted(counts, key=str):
        by_status = counts[name, edition, pk]
        applicable = by_status.total() - by_status[ControlStatus.NOT_APPLICABLE]
        implemented = by_status[ControlStatus.IMPLEMENTED]
        results.append(
            {
                "framework": pk,
                "name": name,
                "edition": edition,
                "total": by_status.total(),
                "by_status": {status.value: by_status[status.value] for status in ControlStatus},
                "progress": implemented * 100 // applicable if applicable else None,
                "url": unfiltered.list_url({"framework": pk}, "controls"),
            }
        )
    return {"as_of": scope.day, "measured": bool(results), "results": results}
