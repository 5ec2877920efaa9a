"""How far the controls of each framework are implemented."""

from collections import Counter
from typing import Any
from uuid import UUID

from django.db.models import Count

from dashboards.figures.scope import FigureScope
from risks.models import ControlStatus


def compute_compliance(scope: FigureScope) -> dict[str, Any]:
    """Per framework with controls; `progress` = implemented / (total - not applicable), in percent,
    floored. The filters of risks do not apply. One query."""
    counts: dict[tuple[str | None, str | None, UUID], Counter[str]] = {}
    stood = scope.controls().order_by()
    key = ("framework__name", "framework__edition", "framework")
    for name, edition, pk, status, count in stood.values_list(*key, "status").annotate(
        count=Count("pk")
    ):
        counts.setdefault((name, edition, pk), Counter())[status] += count
    rows = [_row(scope, *framework, counts[framework]) for framework in sorted(counts, key=str)]
    return {"as_of": scope.day, "measured": bool(rows), "results": rows}


def _row(
    scope: FigureScope, name: str | None, edition: str | None, framework: UUID, counts: Counter[str]
) -> dict[str, Any]:
    """A framework that is gone since has no name."""
    total = counts.total()
    applicable = total - counts[ControlStatus.NOT_APPLICABLE]
    implemented = counts[ControlStatus.IMPLEMENTED]
    whole = FigureScope(scope.organization, scope.as_of)  # the filters are about risks
    return {
        "framework": framework,
        "name": name,
        "edition": edition,
        "total": total,
        "by_status": {status.value: counts[status.value] for status in ControlStatus},
        "progress": implemented * 100 // applicable if applicable else None,
        "url": whole.url({"framework": framework}, "controls"),
    }
