"""The one way to another state, whoever asks for it."""

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
    """Take the edge to `to`, or Conflict with the reasons why it is shut."""
    with recorded(actor=actor, comment=comment):
        risk = rows.lock_for_update(risk, version)
        reasons = blockers_for(risk, to)
        if reasons:
            raise Conflict(*reasons)
        rows.save_fields(risk, {"status": to})
    return risk


def blockers_for(risk: Risk, to: str) -> list[str]:
    """Why the risk cannot go to `to` now; empty when it can."""
    if to not in states.TRANSITIONS[risk.status]:
        ways = ", ".join(states.TRANSITIONS[risk.status])
        return [f"No way leads from {risk.status} to {to}. From here: {ways}."]
    return states.guard_reasons(to, states.guard_context_of(risk))
