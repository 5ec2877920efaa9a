"""Open risks by level, and their exposure, day by day."""

from collections import Counter, defaultdict
from datetime import date
from typing import Any

from django.db.models import Count, Sum

from dashboards.figures.scope import FigureScope, changes_by_day
from dashboards.figures.totals import LEVELS
from risks.models import ScoreChange

MOST_DAYS = 730


def compute_timeline(scope: FigureScope, days: int) -> dict[str, Any]:
    """Return the open risks by level, and their exposure, at the end of each of `days` days.

    One query over the ledger. Days before the register began have 0 risks; if there is nothing at
    the end either, it is not measured.
    """
    calendar = scope.last_days(days)
    open_rows = scope.filter_risks(ScoreChange.objects.all()).open().filter(deleted=False)
    sums = {"count": Count("*"), "score": Sum("current_score", default=0)}
    changes: dict[date, Counter[str]] = defaultdict(Counter)
    for day, level, sign, count, score in changes_by_day(
        open_rows, "current_level", calendar, **sums
    ):
        changes[day][level or "not_assessed"] += sign * count
        changes[day]["exposure"] += sign * score
    if not changes:
        scope.check_parameters()
    running: Counter[str] = Counter()
    results = []
    for day in calendar:
        running.update(changes.get(day, {}))
        results.append({"date": day, **{name: running[name] for name in (*LEVELS, "exposure")}})
    return {"as_of": scope.day, "measured": bool(changes), "days": results}
