"""The states of a risk: one guarded machine that no write goes round.

`transitions` tells every edge from where a risk stands, with the reasons why one is shut.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

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
# What to know before a move that is hard to take back; the others are made without a question.
WARNINGS = {
    "accepted": "The risk is lived with until its acceptance ends, then it returns to treatment.",
    "closed": "A closed risk leaves every figure of open risks. It can be reopened.",
}
REQUIRED_ROLE = {"accepted": Role.MANAGER, "closed": Role.MANAGER}


@dataclass(frozen=True)
class Transition:
    """One edge; `reasons` is empty when it is open."""

    to: str
    label: str
    role: str
    reasons: list[str] = field(default_factory=list)

    @property
    def open(self) -> bool:
        return not self.reasons


class GuardContext:
    """What the guards look at: all mitigations of the risk, in order and with progress, and its
    acceptances."""

    def __init__(
        self,
        risk: Risk,
        now: datetime,
        mitigations: Iterable[Mitigation],
        acceptances: Iterable[Acceptance],
    ) -> None:
        self.risk, self.now = risk, now
        self.mitigations = [one for one in mitigations if one.status != MitigationStatus.CANCELLED]
        self.approved = [one for one in acceptances if one.status == AcceptanceStatus.APPROVED]


def guard_context_of(risk: Risk) -> GuardContext:
    """As they are now: two queries."""
    mitigations = risk.mitigations.with_progress().order_by("number")
    approved = risk.acceptances.filter(status=AcceptanceStatus.APPROVED)
    return GuardContext(risk, timezone.now(), mitigations, approved)


def _assessed(facts: GuardContext) -> list[str]:
    missing = [
        part for part in ("likelihood", "impact") if getattr(facts.risk, f"inherent_{part}") is None
    ]
    return [f"Inherent {' and '.join(missing)} not assessed"] if missing else []


NO_MITIGATION = "Add a mitigation first"


def _in_treatment(facts: GuardContext) -> list[str]:
    return [] if facts.mitigations else [NO_MITIGATION]


def _mitigated(facts: GuardContext) -> list[str]:
    if not facts.mitigations:
        return [NO_MITIGATION]
    return [
        reason for mitigation in facts.mitigations if (reason := describe_open_actions(mitigation))
    ]


def describe_open_actions(mitigation: Mitigation) -> str:
    """ "2 actions open in M-0014"; empty when every action is done. Needs `with_progress`."""
    count = mitigation.actions_total - mitigation.actions_done  # type: ignore[attr-defined]
    if not count:
        return ""
    return f"{count} action{'s' * (count > 1)} open in {mitigation.reference}"


def _accepted(facts: GuardContext) -> list[str]:
    if not facts.approved:
        return ["Needs an approved acceptance"]
    if all(acceptance.expires_at <= facts.now for acceptance in facts.approved):
        return ["The approved acceptance has expired"]
    return []


GUARDS = {
    "assessed": _assessed,
    "in_treatment": _in_treatment,
    "mitigated": _mitigated,
    "accepted": _accepted,
}


def guard_reasons(to: str, facts: GuardContext) -> list[str]:
    """Why the guard of `to` is shut; empty when it is open or there is none."""
    guard = GUARDS.get(to)
    return guard(facts) if guard else []


def list_transitions(facts: GuardContext) -> list[Transition]:
    """Every edge from the risk's state."""
    return [
        Transition(
            to=to,
            label=Status(to).label,
            role=REQUIRED_ROLE.get(to, Role.ANALYST).value,
            reasons=guard_reasons(to, facts),
        )
        for to in TRANSITIONS[facts.risk.status]
    ]


def shortest_path(start: str, goal: str) -> list[str]:
    """The shortest way through the machine, `start` excluded; empty when already there.

    No way goes through closed but that to reopened: closing is a decision, not a step.
    """
    shunned = set() if goal in {"closed", "reopened"} else {"closed"}
    ways = deque([[start]])
    seen = {start} | shunned
    while ways:
        way = ways.popleft()
        if way[-1] == goal:
            return way[1:]
        for to in TRANSITIONS[way[-1]]:
            if to not in seen:
                seen.add(to)
                ways.append([*way, to])
    raise ValueError(f"No way leads from {start} to {goal}.")
