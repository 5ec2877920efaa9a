"""How levels and exposure went, day by day."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, DateTimeField, F, Sum, Value
from django.db.models.functions import Greatest, TruncDate

from dashboards.figures.scope import FigureScope, end_of, start_of
from risks.models import Level, ScoreChange
from risks.querysets import LedgerQuerySet

MOST_DAYS = 730


def compute_timeline(scope: FigureScope, days: int) -> dict[str, Any]:
    """Open risks by level, and their exposure, at the end of each of `days` days.

    One query over the ledger: what began to stand on each day, and what ended. Days before the
    register began are 0 risks; if nothing is there at the end either, it is not measured.
    """
    first = scope.day - timedelta(days=days - 1)
    rows = scope.of(ScoreChange.objects.all()).open().filter(deleted=False)
    began, ended = (
        _by_day(rows, when, sign, scope.day, first) for when, sign in (("at", 1), ("until", -1))
    )
    change: dict[date, Counter[str]] = {}
    for day, level, sign, count, score in began.union(ended, all=True):
        today = change.setdefault(day, Counter())
        today[level or "not_assessed"] += sign * count
        today["exposure"] += sign * score
    if not change:
        scope.explain_empty()
    return {"as_of": scope.day, "measured": bool(change), "days": _added_up(change, first, days)}


def _by_day(rows: LedgerQuerySet, when: str, sign: int, last: date, first: date) -> Any:
    """(day, level, sign, risks, sum of scores) of the rows whose `when` came by the last day; all
    that came before the first counts for that."""
    began = Value(start_of(first), output_field=DateTimeField())
    return (
        rows.filter(**{f"{when}__lte": end_of(last)})
        .order_by()
        .values_list(TruncDate(Greatest(F(when), began)), "current_level", Value(sign))
        .annotate(count=Count("pk"), score=Sum("current_score", default=0))
    )


def _added_up(change: dict[date, Counter[str]], first: date, days: int) -> list[dict[str, Any]]:
    stand: Counter[str] = Counter()
    result = []
    for day in (first + timedelta(days=number) for number in range(days)):
        stand.update(change.get(day, {}))
        result.append(
            {
                "date": day,
                **{level.value: stand[level.value] for level in Level},
                "not_assessed": stand["not_assessed"],
                "exposure": stand["exposure"],
            }
        )
    return result
