"""The numbers about a register, each defined once: its name, unit, value, and the list it opens."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Aggregate, BooleanField, Count, ExpressionWrapper, Max, Q, Sum

from dashboards.figures.scope import FigureScope
from risks.models import NOT_OPEN, Level, ScoreChange, Status
from risks.querysets import LedgerQuerySet, valid_at

OPEN_FILTER = {"open": "true"}


# --- What stands: one query, folded by the figures below ------------------------------------------
@dataclass(frozen=True)
class RiskGroup:
    """Risks of one status and level (None: not assessed), and what is added up of them. A tally may
    have several of the same."""

    status: str
    level: str | None
    count: int
    score: int  # sum
    worst: int  # maximum; 0 where none is assessed
    overdue: int  # whose planned review has passed
    new: int  # that came into the register within the period
    moved: int  # that took on their status within the period

    @property
    def assessed(self) -> int:
        return self.count if self.level else 0


@dataclass(frozen=True)
class RegisterTotals:
    """A register at one moment, with the period that led to it."""

    groups: list[RiskGroup]

    def sum(self, what: str, wanted: Callable[[RiskGroup], bool] = lambda group: True) -> int:
        return sum(getattr(group, what) for group in self.groups if wanted(group))

    @property
    def is_measured(self) -> bool:
        return bool(self.groups)


def is_open(group: RiskGroup) -> bool:
    return group.status not in NOT_OPEN


def compute_totals(*asked: tuple[FigureScope, datetime]) -> list[RegisterTotals]:
    """For each (scope, beginning of the period) one, in one query over the ledger.

    The scopes differ in their day only: each row is looked at once, and counts for every day on
    which it stood.
    """
    scope, _ = asked[0]
    stood, sums, either = {}, dict(COMMON), Q()
    for place, (then, beginning) in enumerate(asked):
        stood[f"stood_{place}"] = ExpressionWrapper(then.stood, BooleanField())
        added = _sums(then.moment, beginning)
        sums |= {f"{name}_{place}": measure for name, measure in added.items()}
        either |= then.stood
    rows = scope.of(ScoreChange.objects.filter(either)).order_by().annotate(**stood)
    result: list[list[RiskGroup]] = [[] for _ in asked]
    for row in rows.values("status", "current_level", *stood).annotate(**sums):
        for place, groups in enumerate(result):
            if row[f"stood_{place}"]:
                common = {name: row[name] for name in COMMON}
                dated = {name: row[f"{name}_{place}"] for name in ("overdue", "new", "moved")}
                groups.append(RiskGroup(row["status"], row["current_level"], **common, **dated))
    return [RegisterTotals(groups) for groups in result]


def compute_current_totals(rows: LedgerQuerySet, now: datetime) -> RegisterTotals:
    """Of what stands now among `rows` (of the score ledger), whosever they are: for metrics, which
    are of a whole installation. Nothing in it is of a period."""
    sums = COMMON | _sums(now, now)
    groups = (
        rows.filter(valid_at(None)).order_by().values("status", "current_level").annotate(**sums)
    )
    return RegisterTotals(
        [RiskGroup(row.pop("status"), row.pop("current_level"), **row) for row in groups]
    )


# What is added up of the rows of a group, whatever the day.
COMMON: dict[str, Aggregate] = {
    "count": Count("*"),
    "score": Sum("current_score", default=0),
    "worst": Max("current_score", default=0),
}


def _sums(moment: datetime, beginning: datetime) -> dict[str, Aggregate]:
    return {
        "overdue": Count("pk", filter=Q(next_review_at__lt=moment)),
        "new": Count("pk", filter=Q(registered_at__gte=beginning)),
        "moved": Count("pk", filter=Q(status_since__gte=beginning)),
    }


@dataclass(frozen=True)
class Figure:
    """One number about a register.

    `filters` are those of the list that it opens: it equals that list's count. None where it
    counts nothing. "{beginning}" in them stands for the first day of the period.
    """

    name: str
    label: str
    unit: str
    of: Callable[[RegisterTotals], float | None]
    filters: dict[str, str] | None = None

    def value(self, tally: RegisterTotals) -> float | None:
        """None for an empty register."""
        return self.of(tally) if tally.is_measured else None

    def drill_down(self, beginning: datetime) -> dict[str, str] | None:
        if self.filters is None:
            return None
        day = beginning.date().isoformat()
        return {name: value.format(beginning=day) for name, value in self.filters.items()}


def _average(tally: RegisterTotals) -> float | None:
    assessed = tally.sum("assessed", is_open)
    return round(tally.sum("score", is_open) / assessed, 2) if assessed else None


def _worst(tally: RegisterTotals) -> float | None:
    return max((group.worst for group in tally.groups if is_open(group)), default=0) or None


def _by_level(level: str | None) -> Callable[[RegisterTotals], float]:
    return lambda tally: tally.sum("count", lambda g: is_open(g) and g.level == level)


def _by_status(status: str) -> Callable[[RegisterTotals], float]:
    return lambda tally: tally.sum("count", lambda group: group.status == status)


FIGURES = {
    figure.name: figure
    for figure in (
        Figure("total", "Risks in the register", "risks", lambda t: t.sum("count"), {}),
        Figure("open", "Open risks", "risks", lambda t: t.sum("count", is_open), OPEN_FILTER),
        *(
            Figure(
                f"level_{level.value}",
                f"{level.label} risks",
                "risks",
                _by_level(level.value),
                OPEN_FILTER | {"current_level": level.value},
            )
            for level in Level
        ),
        Figure(
            "not_assessed",
            "Not assessed",
            "risks",
            _by_level(None),
            OPEN_FILTER | {"current_level__isnull": "true"},
        ),
        *(
            Figure(
                f"status_{status.value}",
                str(status.label),
                "risks",
                _by_status(status.value),
                {"status": status.value},
            )
            for status in Status
        ),
        Figure(
            "new",
            "New risks",
            "risks",
            lambda t: t.sum("new"),
            {"registered_since": "{beginning}"},
        ),
        Figure(
            "closed",
            "Closed risks",
            "risks",
            lambda t: t.sum("moved", lambda group: group.status == Status.CLOSED),
            {"closed_since": "{beginning}"},
        ),
        Figure("exposure", "Exposure", "points", lambda t: t.sum("score", is_open)),
        Figure("average_score", "Average score", "points", _average),
        Figure("maximum_score", "Highest score", "points", _worst),
        Figure(
            "overdue_reviews",
            "Reviews overdue",
            "risks",
            lambda t: t.sum("overdue", is_open),
            {"review_overdue": "true"},
        ),
    )
}
