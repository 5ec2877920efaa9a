"""The numbers about a register, each defined once in FIGURES: name, unit, value and list."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Aggregate, BooleanField, Count, ExpressionWrapper, Max, Q, Sum, Value

from dashboards.figures.scope import FigureScope
from risks.models import NOT_OPEN, Level, ScoreChange, Status
from risks.overdue import review_overdue
from risks.querysets import LedgerQuerySet, valid_at

OPEN_FILTER = {"open": "true"}
LEVELS = (*Level.values, "not_assessed")


# --- Sums by status and level: one query, from which all figures are computed ---------------------
@dataclass(frozen=True)
class RiskGroup:
    """Risks of one status and level, and their sums. Totals may have several groups of the same."""

    status: str
    level: str | None  # None: not assessed
    count: int
    score: int  # sum of the current scores
    worst: int  # highest current score; 0 where none is assessed
    overdue: int  # open, with a planned review that has passed
    new: int  # added to the register within the period
    moved: int  # brought to their status within the period

    @property
    def assessed(self) -> int:
        return self.count if self.level else 0

    @property
    def is_open(self) -> bool:
        return self.status not in NOT_OPEN


@dataclass(frozen=True)
class RegisterTotals:
    """A register at one moment, with the period that led to it."""

    groups: list[RiskGroup]

    @property
    def is_measured(self) -> bool:
        return bool(self.groups)

    def sum_all(self, column: str) -> int:
        return sum(getattr(group, column) for group in self.groups)

    def sum_open(self, column: str) -> int:
        return sum(getattr(group, column) for group in self.groups if group.is_open)

    def sum_status(self, column: str, status: str) -> int:
        return sum(getattr(group, column) for group in self.groups if group.status == status)

    def count_level(self, level: str | None) -> int:
        """Count open risks of a level; None: not assessed."""
        return sum(group.count for group in self.groups if group.is_open and group.level == level)

    def average_score(self) -> float | None:
        """Return the average score of open risks that are assessed."""
        assessed = self.sum_open("assessed")
        return round(self.sum_open("score") / assessed, 2) if assessed else None

    def highest_score(self) -> int | None:
        return max((group.worst for group in self.groups if group.is_open), default=0) or None


# Sums that do not depend on the day.
UNDATED_SUMS: dict[str, Aggregate] = {
    "count": Count("*"),
    "score": Sum("current_score", default=0),
    "worst": Max("current_score", default=0),
}


def dated_sums(moment: datetime, beginning: datetime) -> dict[str, Aggregate]:
    """Return the sums at `moment`, at the end of a period since `beginning`."""
    return {
        "overdue": Count(Value(1), filter=review_overdue(moment)),
        "new": Count(Value(1), filter=Q(registered_at__gte=beginning)),
        "moved": Count(Value(1), filter=Q(status_since__gte=beginning)),
    }


def compute_totals(*periods: tuple[FigureScope, datetime]) -> list[RegisterTotals]:
    """Return the totals for each scope and the beginning of its period, with one query.

    The scopes differ in their day only: each row is read once, and counts for every day on which
    it was valid.
    """
    valid, sums, valid_once = {}, dict(UNDATED_SUMS), Q()
    for number, (scope, beginning) in enumerate(periods):
        valid[f"valid_{number}"] = ExpressionWrapper(scope.valid_then, BooleanField())
        for name, aggregate in dated_sums(scope.moment, beginning).items():
            sums[f"{name}_{number}"] = aggregate
        valid_once |= scope.valid_then
    any_scope, _ = periods[0]
    rows = any_scope.filter_risks(ScoreChange.objects.filter(valid_once)).order_by()
    groups: list[list[RiskGroup]] = [[] for _ in periods]
    for row in rows.annotate(**valid).values("status", "current_level", *valid).annotate(**sums):
        undated = {name: row[name] for name in UNDATED_SUMS}
        for number in range(len(periods)):
            if row[f"valid_{number}"]:
                dated = {name: row[f"{name}_{number}"] for name in ("overdue", "new", "moved")}
                group = RiskGroup(row["status"], row["current_level"], **undated, **dated)
                groups[number].append(group)
    return [RegisterTotals(of_period) for of_period in groups]


def compute_current_totals(rows: LedgerQuerySet, now: datetime) -> RegisterTotals:
    """Return the totals of those of `rows` (of the score ledger) that are valid now, of any
    organization: for metrics, which are about a whole installation. No figure of a period."""
    sums = UNDATED_SUMS | dated_sums(now, now)
    groups = (
        rows.filter(valid_at(None)).order_by().values("status", "current_level").annotate(**sums)
    )
    return RegisterTotals(
        [RiskGroup(row.pop("status"), row.pop("current_level"), **row) for row in groups]
    )


# --- The figures ----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Figure:
    """One number about a register.

    `filters` are those of the list that it opens, whose count it equals; None where it counts no
    rows. "{beginning}" in them is replaced with the first day of the period.
    """

    name: str
    label: str
    unit: str
    compute: Callable[[RegisterTotals], float | None]
    filters: dict[str, str] | None = None

    def value(self, totals: RegisterTotals) -> float | None:
        """Return the number, or None for an empty register."""
        return self.compute(totals) if totals.is_measured else None

    def list_filters(self, beginning: datetime) -> dict[str, str] | None:
        if self.filters is None:
            return None
        day = beginning.date().isoformat()
        return {name: value.format(beginning=day) for name, value in self.filters.items()}


def level_figure(name: str, label: str, level: str | None, filters: dict[str, str]) -> Figure:
    return Figure(
        name, label, "risks", lambda totals: totals.count_level(level), OPEN_FILTER | filters
    )


def status_figure(status: Status) -> Figure:
    return Figure(
        f"status_{status.value}",
        str(status.label),
        "risks",
        lambda totals: totals.sum_status("count", status.value),
        {"status": status.value},
    )


FIGURES = {
    figure.name: figure
    for figure in (
        Figure("total", "Risks in the register", "risks", lambda t: t.sum_all("count"), {}),
        Figure("open", "Open risks", "risks", lambda t: t.sum_open("count"), OPEN_FILTER),
        *(
            level_figure(
                f"level_{level.value}",
                f"{level.label} risks",
                level.value,
                {"current_level": level.value},
            )
            for level in Level
        ),
        level_figure("not_assessed", "Not assessed", None, {"current_level__isnull": "true"}),
        *(status_figure(status) for status in Status),
        Figure(
            "new",
            "New risks",
            "risks",
            lambda t: t.sum_all("new"),
            {"registered_since": "{beginning}"},
        ),
        Figure(
            "closed",
            "Closed risks",
            "risks",
            lambda t: t.sum_status("moved", Status.CLOSED),
            {"closed_since": "{beginning}"},
        ),
        Figure("exposure", "Exposure", "points", lambda t: t.sum_open("score")),
        Figure("average_score", "Average score", "points", lambda t: t.average_score()),
        Figure("maximum_score", "Highest score", "points", lambda t: t.highest_score()),
        Figure(
            "overdue_reviews",
            "Reviews overdue",
            "risks",
            lambda t: t.sum_open("overdue"),
            {"review_overdue": "true"},
        ),
    )
}
