"""Lists beside the figures of the executive report: what is done, what ends, what is late."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from dashboards.figures.movement import WAYS, compute_movement
from dashboards.figures.scope import FigureScope
from dashboards.periods import PERIOD_DAYS
from risks.models import Acceptance, AcceptanceStatus, Level, Mitigation, Risk, Status, Treatment
from risks.models.mitigations import progress_of
from risks.querysets import owner_label, person_label

ENDS_SOON = timedelta(days=60)
MOST_ROWS = 12  # of a list
WAY_LABELS = {
    "entered": "New",
    "left": "Closed or removed",
    "up": "Higher level",
    "down": "Lower level",
}

Rows = list[dict[str, Any]]


def load_outlook(scope: FigureScope, period: str, top_risks: Sequence[Any]) -> dict[str, Any]:
    """Return the lists of the report. Those of today are empty for a report about a past day."""
    lists: dict[str, Any] = {"moved": load_moved_risks(scope, period)}
    if scope.is_past:
        return lists | {"plans": {}, "ending": ([], 0), "reviews": ([], 0), "late": ([], 0)}
    return lists | {
        "plans": load_plans([row["id"] for row in top_risks]),
        "ending": load_ending_acceptances(scope),
        "reviews": load_overdue_reviews(scope),
        "late": load_overdue_mitigations(scope),
    }


def in_scope(scope: FigureScope, path: str = "risk") -> Q:
    """Return the condition that a row is of one of the scope's risks."""
    if not scope.filters:
        return Q()
    return Q(**{f"{path}__in": scope.risks().values("risk")})


def load_plans(risks: Sequence[Any]) -> dict[str, str]:
    """Return a sentence for each risk: its treatment, and the mitigation that is due next."""
    ids = [UUID(str(risk)) for risk in risks]
    treatments = dict(Risk.objects.filter(pk__in=ids).values_list("pk", "treatment"))
    by_risk: dict[UUID, Rows] = defaultdict(list)
    mitigations = (
        Mitigation.objects.filter(risk__in=ids)
        .exclude(status="cancelled")
        .with_progress()
        .order_by(F("due_date").asc(nulls_last=True), "number")
        .values("risk", "title", "status", "due_date", "actions_done", "actions_total")
    )
    for row in mitigations:
        by_risk[row["risk"]].append(row)
    return {
        str(risk): describe_plan(treatment, by_risk[risk]) for risk, treatment in treatments.items()
    }


def describe_plan(treatment: str, mitigations: Rows) -> str:
    label = str(Treatment(treatment).label) if treatment else "No treatment decided"
    if not mitigations:
        return f"{label}. Nothing is planned."
    pending = [row for row in mitigations if row["status"] != "done"]
    if not pending:
        if len(mitigations) == 1:
            return f"{label}. The mitigation is done."
        return f"{label}. All {len(mitigations)} mitigations are done."
    first = pending[0]
    share = progress_of(first["status"], first["actions_done"], first["actions_total"])
    due = f"due {short_day(first['due_date'])}" if first["due_date"] else "no date"
    done = len(mitigations) - len(pending)
    progress = f", {share} % done" if share else ""
    count = f"{done} of {len(mitigations)} done. " if len(mitigations) > 1 else ""
    return f"{label}. {count}Next: {first['title']} ({due}{progress})."


def short_day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def load_ending_acceptances(scope: FigureScope) -> tuple[Rows, int]:
    """Return the acceptances in force that end within 60 days, the next first, and their number."""
    ending = Acceptance.objects.for_organization(scope.organization).filter(
        in_scope(scope),
        status=AcceptanceStatus.APPROVED,
        expires_at__lte=scope.now + ENDS_SOON,
    )
    rows = ending.order_by("expires_at", "id").values(
        "expires_at",
        reference=F("risk__reference"),
        title=F("risk__title"),
        level=F("risk__current_level"),
        score=F("risk__current_score"),
        person=person_label("approver"),
    )
    return list(rows[:MOST_ROWS]), ending.count()


def load_overdue_reviews(scope: FigureScope) -> tuple[Rows, int]:
    """Return the open risks whose review is overdue, the oldest first, and their number."""
    risks = Risk.objects.for_organization(scope.organization).filter(in_scope(scope, "pk"))
    overdue = risks.review_overdue()
    rows = overdue.order_by("next_review_at", "id").values(
        "reference", "title", due=F("next_review_at"), person=owner_label()
    )
    listed = [{**row, "kind": "Review", "due": row["due"].date()} for row in rows[:MOST_ROWS]]
    return listed, overdue.count()


def load_overdue_mitigations(scope: FigureScope) -> tuple[Rows, int]:
    """Return the mitigations that are overdue, the oldest first, and their number."""
    mitigations = Mitigation.objects.for_organization(scope.organization).filter(in_scope(scope))
    overdue = mitigations.without_draft_risks().overdue()
    rows = overdue.order_by("due_date", "id").values(
        "reference", "title", due=F("due_date"), person=person_label("owner")
    )
    return [{**row, "kind": "Mitigation"} for row in rows[:MOST_ROWS]], overdue.count()


def load_moved_risks(scope: FigureScope, period: str) -> tuple[Rows, int]:
    """Return the risks that came, went or changed their level in the period, and their number."""
    since = scope.day - timedelta(days=PERIOD_DAYS[period])
    movement = compute_movement(scope, since)
    rows = []
    for way in WAYS:
        for risk in movement[way]:
            reason = next((each["comment"] for each in risk["reasons"] if each["comment"]), "")
            rows.append(
                {
                    "way": WAY_LABELS[way],
                    "name": f"{risk['reference'] or ''} {risk['title'] or 'A deleted risk'}",
                    "before": describe_state(risk["status_before"], risk["level_before"]),
                    "after": describe_state(risk["status_after"], risk["level_after"]),
                    "reason": reason,
                }
            )
    return rows[:MOST_ROWS], sum(movement["counts"].values())


def describe_state(status: str | None, level: str | None) -> str:
    """Return the level of a risk, or its status where it is not open."""
    if not status:
        return "Not in register"
    if status in (Status.DRAFT, Status.CLOSED):
        return str(Status(status).label)
    return str(Level(level).label) if level else "Not assessed"
