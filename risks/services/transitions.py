"""The status of a risk: every way to another status ends here; and the four-eyes rule."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from openrisk.accounts.models import User
from openrisk.errors import Conflict
from risks import states
from risks.history import recorded
from risks.models import Risk
from risks.services import rows


def take_transition(
    *,
    actor: User | None,
    risk: Risk,
    to: str,
    comment: str = "",
    version: int | None = None,
) -> Risk:
    """Move the risk to `to`, or raise Conflict with the reasons why it cannot go there."""
    with recorded(actor=actor, comment=comment):
        risk = rows.lock_for_update(risk, version)
        reasons = blockers_for(risk, to)
        if reasons:
            raise Conflict(*reasons)
        rows.save_fields(risk, {"status": to})
    return risk


def blockers_for(risk: Risk, to: str) -> list[str]:
    """Return the reasons why the risk cannot move to `to` now; empty where it can."""
    allowed = states.TRANSITIONS[risk.status]
    if to not in allowed:
        return [f"Cannot move from {risk.status} to {to}. Allowed: {', '.join(allowed)}."]
    return states.guard_reasons(to, states.guard_context_of(risk))


@dataclass(frozen=True)
class Advance:
    """The status that a risk reached, and the reasons why it stopped there; empty at the goal."""

    status: str
    reasons: list[str]


def advance_to(*, actor: User | None, risk: Risk, to: str, comment: str = "") -> Advance:
    """Move the risk from status to status towards `to`, as far as the guards allow."""
    for step in states.shortest_path(risk.status, to):
        try:
            risk = take_transition(actor=actor, risk=risk, to=step, comment=comment)
        except Conflict as refusal:
            return Advance(risk.status, list(refusal.reasons))
    return Advance(risk.status, [])


def require_person(user: User | None) -> None:
    """Raise Conflict for a service account, whose token any administrator can make.

    Four eyes are those of two people.
    """
    if user is not None and user.is_service:
        raise Conflict(
            _(
                "Four eyes: %(user)s is a service account, not a person. Two people "
                "have to do this, each with an account of their own."
            )
            % {"user": user}
        )
