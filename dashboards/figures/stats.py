"""How a register stands, against how it stood before."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, DurationField, ExpressionWrapper, F, Q

from dashboards.figures.mitigations import count_overdue_mitigations, mitigation_list_url
from dashboards.figures.scope import FigureScope, start_of
from dashboards.figures.totals import FIGURES, compute_totals
from risks.models import ScoreChange, Status

PERIODS = {"7d": 7, "30d": 30, "90d": 90, "365d": 365}
DEFAULT_PERIOD = "30d"
DAY = timedelta(days=1)


def compute_stats(scope: FigureScope, period: str, *, overdue: int | None = None) -> dict[str, Any]:
    """Three queries: how it stands, against the period before; times to mitigate; mitigations that
    are `overdue`, where the caller does not know them."""
    days = PERIODS[period]
    earlier = scope.before(days)
    beginning, earlier_beginning = begins(scope, days), begins(earlier, days)
    now, then = compute_totals((scope, beginning), (earlier, earlier_beginning))
    if not now.is_measured:
        scope.explain_empty()
    values = {name: figure.value(now) for name, figure in FIGURES.items()}
    before = {name: figure.value(then) for name, figure in FIGURES.items()}
    mean = _days_to_mitigate(scope, beginning, earlier_beginning)
    if overdue is None:
        overdue = count_overdue_mitigations(scope)
    return {
        "as_of": scope.day,
        "period": period,
        "beginning": beginning.date(),
        "measured": now.is_measured,
        **_grouped(values),
        "overdue_mitigations": overdue if now.is_measured else None,
        "mean_days_to_mitigate": mean[0],
        "change": {
            **_grouped({name: _difference(values[name], before[name]) for name in values}),
            "mean_days_to_mitigate": _difference(*mean),
        },
        "drill_down": {
            **_grouped(
                {
                    name: scope.url(figure.drill_down(beginning))
                    for name, figure in FIGURES.items()
                    if figure.filters is not None
                }
            ),
            "overdue_mitigations": mitigation_list_url(scope, {"overdue": "true"}),
        },
    }


def begins(scope: FigureScope, days: int) -> datetime:
    """The period has so many days, the last of them that of the scope."""
    return start_of(scope.day - (days - 1) * DAY)


def _difference(now: float | None, then: float | None) -> float | None:
    return None if now is None or then is None else round(now - then, 2)


def _grouped(values: dict[str, Any]) -> dict[str, Any]:
    """`level_low` and its like below `by_level`, the statuses below `by_status`."""
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


def _days_to_mitigate(
    scope: FigureScope, beginning: datetime, earlier: datetime
) -> list[float | None]:
    """Mean days from a risk's coming into the register until it was mitigated, for risks that
    were so within the period, and within the one before."""
    lasted = ExpressionWrapper(F("at") - F("registered_at"), DurationField())
    reached = scope.of(ScoreChange.objects.all()).filter(
        status=Status.MITIGATED, at=F("status_since"), at__gte=earlier, at__lte=scope.moment
    )
    means = reached.aggregate(
        now=Avg(lasted, filter=Q(at__gte=beginning)), then=Avg(lasted, filter=Q(at__lt=beginning))
    )
    return [mean and round(mean / DAY, 1) for mean in (means["now"], means["then"])]
