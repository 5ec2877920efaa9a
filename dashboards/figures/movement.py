"""The risks that entered, left or changed their level between two days, and why."""

from collections import defaultdict
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)

from dashboards.figures.scope import FigureScope, end_of_day
from risks.models import NOT_OPEN, Change, Level, ScoreChange
from risks.querysets import LedgerQuerySet, person_label

MOST_ROWS = 200
MOST_REASONS = 3  # of a risk, the latest
WAYS = ("entered", "left", "up", "down")
# Fields whose changes say why a risk moved; corrections of a text do not.
JUDGED_FIELDS = ("status", "current_level", "inherent_level", "residual_level")


def compute_movement(scope: FigureScope, since: date) -> dict[str, Any]:
    """Compare the end of the day `since` with the scope's day, with three queries.

    Returns at most MOST_ROWS risks, the latest first. `entered`: open now and not before; `left`:
    the other way round; `up` and `down`: open both times, at another level, where "not assessed" is
    the lowest. A risk that came back to where it was did not move.
    """
    moved = find_moved_rows(scope, since)
    counts = dict(moved.order_by().values_list("way").annotate(count=Count("*")))
    columns = {
        "risk_key": F("risk"),
        "reference": F("risk__reference"),
        "title": F("risk__title"),
        "status_after": Case(When(deleted=False, then=F("status")), output_field=CharField()),
        "level_after": Case(When(deleted=False, then=F("current_level")), output_field=CharField()),
    }
    latest = moved.order_by("-at", "-id").values("way", "status_before", "level_before", **columns)
    rows = list(latest[:MOST_ROWS]) if counts else []
    if not rows:
        scope.check_parameters()
    reasons = find_reasons(scope, since, [row["risk_key"] for row in rows])
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


def find_moved_rows(scope: FigureScope, since: date) -> LedgerQuerySet:
    """Return the ledger's rows that are valid now, or say that a risk was deleted, and were not
    valid then; each with its `way`."""
    then = end_of_day(since)
    before = ScoreChange.objects.as_of(then).filter(risk=OuterRef("risk"))
    later = ScoreChange.objects.filter(
        risk=OuterRef("risk"), id__gt=OuterRef("id"), at__lte=scope.moment
    )
    is_gone = Q(deleted=True) & ~Exists(later)  # deleted, and not restored since
    valid_now = Q(until=None) | Q(until__gt=scope.moment) | is_gone
    rows = scope.filter_risks(
        ScoreChange.objects.filter(valid_now, at__gt=then, at__lte=scope.moment)
    )
    is_open = Q(deleted=False) & ~Q(status__in=NOT_OPEN)
    is_not_open = Q(deleted=True) | Q(status__in=NOT_OPEN)
    was_open = Q(status_before__isnull=False) & ~Q(status_before__in=NOT_OPEN)
    was_not_open = Q(status_before__isnull=True) | Q(status_before__in=NOT_OPEN)
    moved: LedgerQuerySet = rows.annotate(
        status_before=Subquery(before.values("status")[:1]),
        level_before=Subquery(before.values("current_level")[:1]),
        rank=level_rank("current_level"),
        rank_before=level_rank("level_before"),
        way=Case(
            When(is_open & was_not_open, then=Value("entered")),
            When(is_not_open & was_open, then=Value("left")),
            When(is_open & was_open & Q(rank__gt=F("rank_before")), then=Value("up")),
            When(is_open & was_open & Q(rank__lt=F("rank_before")), then=Value("down")),
            default=Value(""),
        ),
    )
    return moved.exclude(way="")


def level_rank(column: str) -> Case:
    """Return the place of a level in their order; 0 if not assessed."""
    return Case(
        *(When(**{column: level}, then=Value(rank)) for rank, level in enumerate(Level.values, 1)),
        default=Value(0),
        output_field=IntegerField(),
    )


def find_reasons(
    scope: FigureScope, since: date, risks: list[UUID]
) -> dict[UUID, list[dict[str, Any]]]:
    """Return the last changes of each risk's status and levels: who, when, and their comment."""
    reasons: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    if not risks:
        return reasons
    changes = Change.objects.for_organization(scope.organization).filter(
        Q(action="deleted") | Q(changes__has_any_keys=JUDGED_FIELDS),
        object_id__in=risks,
        at__gt=end_of_day(since),
        at__lte=scope.moment,
    )
    latest = changes.order_by("-id").values_list(
        "object_id", "at", "comment", person_label("actor")
    )
    for risk, at, comment, by in latest:
        if len(reasons[risk]) < MOST_REASONS:
            reasons[risk].append({"at": at, "by": by, "comment": comment})
    return reasons
