"""Mitigations: how far they are, what is due, and how the work goes down."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, DateTimeField, F, Q, Value
from django.db.models.functions import Greatest, TruncDate

from dashboards.figures.scope import FigureScope, end_of, start_of
from risks.models import MitigationAction, MitigationChange, MitigationStatus
from risks.models.mitigations import percent_done

FINISHED = (MitigationStatus.DONE, MitigationStatus.CANCELLED)
DUE_DAYS = (7, 30, 90)
BURN_DOWN_DAYS = 90


def count_overdue_mitigations(scope: FigureScope) -> int:
    """Due before that day, and neither done nor cancelled."""
    rows = scope.mitigations().exclude(status__in=FINISHED)
    return rows.filter(due_date__lt=scope.day).count()


def compute_mitigations(scope: FigureScope) -> dict[str, Any]:
    """Three queries: how they stand and what is due; their actions; the burn-down."""
    by_status, due = Counter[str](), Counter[str]()
    for row in _stand(scope):
        by_status[row["status"]] += row["count"]
        if row["status"] not in FINISHED:
            due.update({name: row[name] for name in _due(scope)})
    total = by_status.total()
    if not total:
        scope.explain_empty()
    return {
        "as_of": scope.day,
        "measured": bool(total),
        "total": total,
        "open": total - sum(by_status[status] for status in FINISHED),
        "by_status": {status.value: by_status[status.value] for status in MitigationStatus},
        "due": {name: due[name] for name in _due(scope)},
        "actions": _actions(scope),
        "burn_down": _burn_down(scope),
        "drill_down": {
            "total": mitigation_list_url(scope, {}),
            "by_status": {
                status.value: mitigation_list_url(scope, {"status": status.value})
                for status in MitigationStatus
            },
            "overdue": mitigation_list_url(scope, {"overdue": "true"}),
        },
    }


def mitigation_list_url(scope: FigureScope, filters: dict[str, str]) -> str | None:
    """The API's list of mitigations cannot be filtered by what is said of their risks."""
    return None if scope.filters else scope.url({**filters, "draft_risk": "false"}, "mitigations")


def _due(scope: FigureScope) -> dict[str, Q]:
    """Overdue; due within so many days, today included; without a date."""
    today = scope.day
    within = {
        f"within_{days}_days": Q(due_date__gte=today, due_date__lt=today + timedelta(days=days))
        for days in DUE_DAYS
    }
    return {"overdue": Q(due_date__lt=today), **within, "no_date": Q(due_date=None)}


def _stand(scope: FigureScope) -> Any:
    due = {name: Count("pk", filter=when) for name, when in _due(scope).items()}
    return scope.mitigations().order_by().values("status").annotate(count=Count("pk"), **due)


def _actions(scope: FigureScope) -> dict[str, Any]:
    """Actions of the mitigations that are not cancelled. Which were there and done on a past day
    is said by their dates as they stand today."""
    active = scope.mitigations().exclude(status=MitigationStatus.CANCELLED)
    actions = MitigationAction.objects.for_organization(scope.organization).filter(
        mitigation__in=active.values("mitigation"), created_at__lte=scope.moment
    )
    counts = actions.aggregate(
        total=Count("pk"), done=Count("pk", filter=Q(done_at__lte=scope.moment))
    )
    return {**counts, "progress": percent_done(counts["done"], counts["total"])}


def _burn_down(scope: FigureScope) -> list[dict[str, Any]]:
    """Mitigations that were open at the end of each day, and those done by then."""
    first = scope.day - timedelta(days=BURN_DOWN_DAYS - 1)
    change: dict[date, Counter[str]] = {}
    for day, status, sign, count in _moves(scope, first):
        kind = "open" if status not in FINISHED else status
        change.setdefault(day, Counter())[kind] += sign * count
    stand: Counter[str] = Counter()
    result = []
    for day in (first + timedelta(days=number) for number in range(BURN_DOWN_DAYS)):
        stand.update(change.get(day, {}))
        result.append({"date": day, "open": stand["open"], "done": stand["done"]})
    return result


def _moves(scope: FigureScope, first: date) -> Any:
    """(day, status, 1 or -1, mitigations): what began to stand on each day, and what ended."""
    rows = scope.of_risks(MitigationChange.objects.filter(deleted=False))
    began = Value(start_of(first), output_field=DateTimeField())
    begun, ended = (
        rows.filter(**{f"{when}__lte": end_of(scope.day)})
        .order_by()
        .values_list(TruncDate(Greatest(F(when), began)), "status", Value(sign))
        .annotate(count=Count("pk"))
        for when, sign in (("at", 1), ("until", -1))
    )
    return begun.union(ended, all=True)
