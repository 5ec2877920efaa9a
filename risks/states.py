"""The statuses of a risk: one guarded machine that no write goes around.

`TRANSITIONS` are the moves there are, `GUARDS` what each needs; `risks.services.transitions`
makes them.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from openrisk.accounts.models import Role
from risks.models import Acceptance, AcceptanceStatus, Mitigation, MitigationStatus, Risk, Status

TRANSITIONS: dict[str, tuple[str, ...]] = {
    "draft": ("identified", "closed"),
    "identified": ("assessed", "closed"),
    "assessed": ("treatment_planned", "accepted", "closed"),
    "treatment_planned": ("in_treatment", "assessed", "accepted", "closed"),
    "in_treatment": ("mitigated", "accepted", "treatment_planned"),
    "accepted": ("closed", "in_treatment", "assessed"),
    "mitigated": ("closed", "in_treatment"),
    "closed": ("reopened",),
    "reopened": ("assessed", "treatment_planned", "in_treatment", "closed"),
}
# In these a risk has been assessed: its inherent rating may change but not disappear.
ASSESSED = frozenset({"assessed", "treatment_planned", "in_treatment", "mitigated", "accepted"})
# Shown before a move that is hard to take back; the others are made without a question.
WARNINGS = {
    "accepted": "The risk is lived with until its acceptance ends, then it returns to treatment.",
    "closed": "A closed risk leaves every figure of open risks. It can be reopened.",
}
REQUIRED_ROLE = {"accepted": Role.MANAGER, "closed": Role.MANAGER}
NO_MITIGATION = "Add a mitigation first"


@dataclass(frozen=True)
class Transition:
    """One move from the risk's status; it is open where there are no `reasons` against it."""

    to: str
    label: str
    role: str
    reasons: list[str] = field(default_factory=list)

    @property
    def open(self) -> bool:
        return not self.reasons


class GuardContext:
    """Everything the guards look at: all mitigations of the risk, in order and with progress, and
    its acceptances."""

    def __init__(
        self,
        risk: Risk,
        now: datetime,
        mitigations: Iterable[Mitigation],
        acceptances: Iterable[Acceptance],
    ) -> None:
        self.risk, self.now = risk, now
        self.mitigations = [m for m in mitigations if m.status != MitigationStatus.CANCELLED]
        self.approved = [a for a in acceptances if a.status == AcceptanceStatus.APPROVED]


def guard_context_of(risk: Risk) -> GuardContext:
    """Return the context as it is now: two queries."""
    return GuardFacts([risk.pk]).context_of(risk)


class GuardFacts:
    """All that the guards look at, of many risks at once: two queries."""

    def __init__(self, risk_ids: Sequence[UUID]) -> None:
        self.now = timezone.now()
        mitigations = Mitigation.objects.filter(risk__in=risk_ids).active().with_progress()
        approved = Acceptance.objects.filter(risk__in=risk_ids, status=AcceptanceStatus.APPROVED)
        self.mitigations = _group_by_risk(mitigations.order_by("number"))
        self.approved = _group_by_risk(approved)

    def context_of(self, risk: Risk, *, planned: Iterable[Mitigation] = ()) -> GuardContext:
        """Return the context of a risk; one without a mitigation has those that are `planned`."""
        mitigations = self.mitigations.get(risk.pk) or planned
        return GuardContext(risk, self.now, mitigations, self.approved.get(risk.pk, ()))


def _group_by_risk(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    groups: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        groups[row.risk_id].append(row)
    return groups


# --- Guards: the reasons against a status, empty where it is allowed


def check_assessed(context: GuardContext) -> list[str]:
    missing = [
        part
        for part in ("likelihood", "impact")
        if getattr(context.risk, f"inherent_{part}") is None
    ]
    if missing:
        return [f"Inherent {' and '.join(missing)} not assessed"]
    if derived := (context.risk.derived_ratings or {}).get("inherent"):
        return [f"Inherent rating derived from the source's {derived}: confirm or change it"]
    return []


def check_in_treatment(context: GuardContext) -> list[str]:
    return [] if context.mitigations else [NO_MITIGATION]


def check_mitigated(context: GuardContext) -> list[str]:
    if not context.mitigations:
        return [NO_MITIGATION]
    return list(filter(None, map(describe_open_actions, context.mitigations)))


def describe_open_actions(mitigation: Mitigation) -> str:
    """Return "2 actions open in M-0014", or "" where every action is done.

    Needs `with_progress`.
    """
    count = mitigation.actions_total - mitigation.actions_done  # type: ignore[attr-defined]
    if not count:
        return ""
    return f"{count} action{'s' * (count > 1)} open in {mitigation.reference}"


def check_accepted(context: GuardContext) -> list[str]:
    if not context.approved:
        return ["Needs an approved acceptance"]
    if all(acceptance.expires_at <= context.now for acceptance in context.approved):
        return ["The approved acceptance has expired"]
    return []


GUARDS = {
    "assessed": check_assessed,
    "in_treatment": check_in_treatment,
    "mitigated": check_mitigated,
    "accepted": check_accepted,
}


def guard_reasons(to: str, context: GuardContext) -> list[str]:
    """Return the reasons of the guard of `to`; empty where it allows the move, or is none."""
    guard = GUARDS.get(to)
    return guard(context) if guard else []


def list_transitions(context: GuardContext) -> list[Transition]:
    """Return every move from the risk's status, with the reasons against it."""
    return [
        Transition(
            to=to,
            label=str(Status(to).label),
            role=REQUIRED_ROLE.get(to, Role.ANALYST).value,
            reasons=guard_reasons(to, context),
        )
        for to in TRANSITIONS[context.risk.status]
    ]


def shortest_path(start: str, goal: str) -> list[str]:
    """Return the shortest way through the machine, without `start`; empty when already there.

    No way leads through closed but that to reopened: closing is a decision, not a step.
    """
    seen = {start} if goal in {"closed", "reopened"} else {start, "closed"}
    paths = deque([[start]])
    while paths:
        path = paths.popleft()
        if path[-1] == goal:
            return path[1:]
        for to in TRANSITIONS[path[-1]]:
            if to not in seen:
                seen.add(to)
                paths.append([*path, to])
    raise ValueError(f"No way leads from {start} to {goal}.")


# --- The assessment that a status needs


def keeps_assessment(status: str) -> bool:
    """Return whether a risk of this status cannot lose its inherent rating."""
    return status in ASSESSED


def assessment_error(risk: Risk, name: str = "The risk") -> str:
    """Return why the risk cannot be without its inherent rating, or "" where it can or has one."""
    if risk.inherent_score is not None or not keeps_assessment(risk.status):
        return ""
    return keeps_assessment_message(risk.status, name)


def keeps_assessment_message(status: str, name: str = "The risk") -> str:
    """Return the message for a change that takes the inherent rating away."""
    label = Status(status).label.lower()
    return f"{name} is {label} and keeps its inherent likelihood and impact. Fill them in."
