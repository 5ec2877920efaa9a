"""The state of a register, and how it differs from the end of the period before."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, DurationField, ExpressionWrapper, F, Q

from dashboards.figures.mitigations import count_overdue_mitigations, mitigation_list_url
from dashboards.figures.scope import FigureScope
from dashboards.figures.totals import FIGURES, compute_totals
from dashboards.periods import PERIOD_DAYS
from risks.models import ScoreChange, Status

DAY = timedelta(days=1)


def compute_stats(scope: FigureScope, period: str, *, overdue: int | None = None) -> dict[str, Any]:
    """Return all FIGURES, their changes within the period, and their lists, with three queries.

    `overdue`: the number of overdue mitigations, if the caller knows it, which saves one of them.
    """
    days = PERIOD_DAYS[period]
    earlier = scope.days_earlier(days)
    beginning, earlier_beginning = scope.period_start(days), earlier.period_start(days)
    now, then = compute_totals((scope, beginning), (earlier, earlier_beginning))
    if not now.is_measured:
        scope.check_parameters()
    values = {name: figure.value(now) for name, figure in FIGURES.items()}
    before = {name: figure.value(then) for name, figure in FIGURES.items()}
    mean, mean_before = mean_days_to_mitigate(scope, beginning, earlier_beginning)
    if overdue is None:
        overdue = count_overdue_mitigations(scope)
    lists = {
        name: scope.list_url(figure.list_filters(beginning))
        for name, figure in FIGURES.items()
        if figure.filters is not None
    }
    return {
        "as_of": scope.day,
        "period": period,
        "beginning": beginning.date(),
        "measured": now.is_measured,
        **nest(values),
        "overdue_mitigations": overdue if now.is_measured else None,
        "mean_days_to_mitigate": mean,
        "change": {
            **nest({name: difference(values[name], before[name]) for name in values}),
            "mean_days_to_mitigate": difference(mean, mean_before),
        },
        "drill_down": {
            **nest(lists),
            "overdue_mitigations": mitigation_list_url(scope, {"overdue": "true"}),
        },
    }


def mean_days_to_mitigate(
    scope: FigureScope, beginning: datetime, earlier_beginning: datetime
) -> list[float | None]:
    """Return the mean days from a risk's registration until it was mitigated: of risks that were
    mitigated within the period, and within the one before."""
    duration = ExpressionWrapper(F("at") - F("registered_at"), DurationField())
    mitigated = scope.filter_risks(ScoreChange.objects.all()).filter(
        status=Status.MITIGATED,
        at=F("status_since"),
        at__gte=earlier_beginning,
        at__lte=scope.moment,
    )
    means = mitigated.aggregate(
        now=Avg(duration, filter=Q(at__gte=beginning)),
        before=Avg(duration, filter=Q(at__lt=beginning)),
    )
    return [
        None if mean is None else round(mean / DAY, 1) for mean in (means["now"], means["before"])
    ]


def difference(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else round(now - before, 2)


def nest(values: dict[str, Any]) -> dict[str, Any]:
    """Put `level_low` and its like below `by_level`, and the statuses below `by_status`."""
    result: dict[str, Any] = {"by_level": {}, "by_status": {}}
    for name, value in values.items():
        group, _, rest = name.partition("_")
        if name == "not_assessed":
            result["by_level"][name] = value
        elif group in ("level", "status"):
            result[f"by_{group}"][rest] = value
        else:
            result[name] = value
    return result
