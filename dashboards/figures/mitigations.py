"""Mitigations: their progress, what is due, and how many were open day by day."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q, Value

from dashboards.figures.scope import FigureScope, changes_by_day
from risks.models import MitigationAction, MitigationChange, MitigationStatus
from risks.models.mitigations import percent_done
from risks.overdue import FINISHED, mitigation_overdue

DUE_DAYS = (7, 30, 90)
BURN_DOWN_DAYS = 90


def compute_mitigations(scope: FigureScope) -> dict[str, Any]:
    """Return counts by status, what is due, the actions and the burn-down, with three queries."""
    due_dates = due_conditions(scope)
    counts = {name: Count(Value(1), filter=condition) for name, condition in due_dates.items()}
    by_status, due = Counter[str](), Counter[str]()
    statuses = scope.mitigations().order_by().values("status")
    for row in statuses.annotate(count=Count("*"), **counts):
        by_status[row["status"]] += row["count"]
        if row["status"] not in FINISHED:
            due.update({name: row[name] for name in due_dates})
    total = by_status.total()
    if not total:
        scope.check_parameters()
    return {
        "as_of": scope.day,
        "measured": bool(total),
        "total": total,
        "open": total - sum(by_status[status] for status in FINISHED),
        "by_status": {status.value: by_status[status.value] for status in MitigationStatus},
        "due": {name: due[name] for name in due_dates},
        "actions": count_actions(scope),
        "burn_down": compute_burn_down(scope),
        "drill_down": {
            "total": mitigation_list_url(scope, {}),
            "by_status": {
                status.value: mitigation_list_url(scope, {"status": status.value})
                for status in MitigationStatus
            },
            "overdue": mitigation_list_url(scope, {"overdue": "true"}),
        },
    }


def count_overdue_mitigations(scope: FigureScope) -> int:
    """Count mitigations due before the scope's day that are neither done nor cancelled."""
    return scope.mitigations().filter(mitigation_overdue(scope.day)).count()


def due_conditions(scope: FigureScope) -> dict[str, Q]:
    """Return the conditions for overdue, due within some days from today on, and without a date."""
    today = scope.day
    within = {
        f"within_{days}_days": Q(due_date__gte=today, due_date__lt=today + timedelta(days=days))
        for days in DUE_DAYS
    }
    return {"overdue": mitigation_overdue(today), **within, "no_date": Q(due_date=None)}


def count_actions(scope: FigureScope) -> dict[str, Any]:
    """Count the actions of mitigations that are not cancelled.

    For a past day, an action was there or done if its dates, as they are today, say so.
    """
    active = scope.mitigations().exclude(status=MitigationStatus.CANCELLED)
    actions = MitigationAction.objects.for_organization(scope.organization).filter(
        mitigation__in=active.values("mitigation"), created_at__lte=scope.moment
    )
    counts = actions.aggregate(
        total=Count("*"), done=Count(Value(1), filter=Q(done_at__lte=scope.moment))
    )
    return {**counts, "progress": percent_done(counts["done"], counts["total"])}


def compute_burn_down(scope: FigureScope) -> list[dict[str, Any]]:
    """Return the mitigations open at the end of each day, and those done by then."""
    calendar = scope.last_days(BURN_DOWN_DAYS)
    rows = scope.filter_mitigations(MitigationChange.objects.filter(deleted=False))
    changes: dict[date, Counter[str]] = defaultdict(Counter)
    for day, status, sign, count in changes_by_day(rows, "status", calendar, count=Count("*")):
        changes[day][status if status in FINISHED else "open"] += sign * count
    running: Counter[str] = Counter()
    results = []
    for day in calendar:
        running.update(changes.get(day, {}))
        results.append({"date": day, "open": running["open"], "done": running["done"]})
    return results


def mitigation_list_url(scope: FigureScope, filters: dict[str, str]) -> str | None:
    """Return the list in the API. None with filters, as it cannot be filtered by those of risks."""
    if scope.filters:
        return None
    return scope.list_url({**filters, "draft_risk": "false"}, "mitigations")
