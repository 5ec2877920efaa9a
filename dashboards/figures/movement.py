"""What entered, left and changed its level between two days, and why."""

from collections import defaultdict
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import (
    Case,
    CharField,
    Count,
    F,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)

from dashboards.figures.scope import FigureScope, end_of
from risks.models import NOT_OPEN, Change, Level, ScoreChange

MOST_ROWS = 200
MOST_REASONS = 3  # of a risk, the latest
WAYS = ("entered", "left", "up", "down")
# What is in the history because somebody judged the risk, and not because a word was corrected.
JUDGED = ("status", "current_level", "inherent_level", "residual_level")


def compute_movement(scope: FigureScope, since: date) -> dict[str, Any]:
    """Between the end of the day `since` and the scope's day; at most MOST_ROWS, the latest first.

    `entered`: open now and not before; `left` the other way round; `up` and `down`: open both times
    at another level, where "not assessed" is the lowest. A risk that came back to where it was did
    not move. Three queries.
    """
    moved = _moved(scope, since)
    counts = dict(moved.order_by().values_list("way").annotate(count=Count("pk")))
    rows = (
        list(moved.order_by("-at", "-id").values(*_SHOWN, **_NAMED)[:MOST_ROWS]) if counts else []
    )
    reasons = _reasons(scope, since, [row["risk_key"] for row in rows])
    if not rows:
        scope.explain_empty()
    results: dict[str, Any] = {way: [] for way in WAYS}
    for row in rows:
        way, risk = row.pop("way"), row.pop("risk_key")
        results[way].append({"id": risk, **row, "reasons": reasons[risk]})
    return {
        "since": since,
        "as_of": scope.day,
        "counts": {way: counts.get(way, 0) for way in WAYS},
        **results,
    }


_SHOWN = ("way", "status_before", "level_before")
_NAMED = {
    "risk_key": F("risk"),
    "reference": F("risk__reference"),
    "title": F("risk__title"),
    "status_after": Case(When(deleted=False, then=F("status")), output_field=CharField()),
    "level_after": Case(When(deleted=False, then=F("current_level")), output_field=CharField()),
}


def _moved(scope: FigureScope, since: date) -> Any:
    """The ledger's rows that stand now or say that a risk is gone, and did not stand then."""
    then = end_of(since)
    stood = ScoreChange.objects.as_of(then).filter(risk=OuterRef("risk"))
    now = Q(until=None) | Q(until__gt=scope.moment) | Q(deleted=True)
    rows = scope.of(ScoreChange.objects.filter(now, at__gt=then, at__lte=scope.moment))
    return rows.annotate(
        status_before=Subquery(stood.values("status")[:1]),
        level_before=Subquery(stood.values("current_level")[:1]),
        rank=_rank("current_level"),
        rank_before=_rank("level_before"),
        way=_way(),
    ).exclude(way="")


def _way() -> Case:
    is_open = Q(deleted=False) & ~Q(status__in=NOT_OPEN)
    was_open = Q(status_before__isnull=False) & ~Q(status_before__in=NOT_OPEN)
    was_not = Q(status_before__isnull=True) | Q(status_before__in=NOT_OPEN)
    is_not = Q(deleted=True) | Q(status__in=NOT_OPEN)
    return Case(
        When(is_open & was_not, then=Value("entered")),
        When(is_not & was_open, then=Value("left")),
        When(is_open & was_open & Q(rank__gt=F("rank_before")), then=Value("up")),
        When(is_open & was_open & Q(rank__lt=F("rank_before")), then=Value("down")),
        default=Value(""),
    )


def _rank(level: str) -> Case:
    """Levels in their order; 0 while not assessed."""
    return Case(
        *(When(**{level: value}, then=Value(rank)) for rank, value in enumerate(Level.values, 1)),
        default=Value(0),
        output_field=IntegerField(),
    )


def _reasons(
    scope: FigureScope, since: date, risks: list[UUID]
) -> dict[UUID, list[dict[str, Any]]]:
    """Who changed its state or level last, when, and what they wrote."""
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    if not risks:
        return found
    changes = Change.objects.for_organization(scope.organization).filter(
        object_id__in=risks, at__gt=end_of(since), at__lte=scope.moment
    )
    rows = changes.filter(Q(action="deleted") | Q(changes__has_any_keys=JUDGED)).order_by("-id")
    for risk, at, comment, by in rows.values_list("object_id", "at", "comment", "actor__email"):
        if len(found[risk]) < MOST_REASONS:
            found[risk].append({"at": at, "by": by, "comment": comment})
    return found
