"""What an approval rests on: an accepted risk that becomes another one is decided about again."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from openrisk.accounts.models import User
from risks import states
from risks.history import recorded
from risks.models import Acceptance, AcceptanceStatus, Risk, Status
from risks.services import rows
from risks.services.transitions import take_transition

RATED = ("current_score", "inherent_score", "residual_score")
TEXTS = ("title", "description", "treatment")
DecisionBasis = Mapping[str, Any]


def decision_basis_of(risk: Risk) -> DecisionBasis:
    """What somebody who approves the acceptance of `risk` agrees to."""
    return {name: getattr(risk, name) for name in (*RATED, *TEXTS)}


def reasons_to_reopen(before: DecisionBasis, risk: Risk) -> list[str]:
    """How `risk` is more, or something else, than what was agreed to; empty while it is not."""
    reasons = []
    for name in RATED:
        score, was = getattr(risk, name), before[name]
        if score is not None and was is not None and score > was:
            kind = name.removesuffix("_score")
            reasons.append(f"The {kind} score rose from {was} to {score}.")
    if before["current_score"] is None and risk.current_score is not None:
        reasons.append(f"It was not assessed then; its score is {risk.current_score} now.")
    rewritten = (name for name in TEXTS if getattr(risk, name) != before[name])
    return reasons + [f"The {name} was rewritten." for name in rewritten]


def reopen_decision(*, actor: User | None, risk: Risk, before: DecisionBasis) -> Risk:
    """Revoke the approval of `risk` if it was for something less; it is then accepted no longer.

    Call it inside the transaction of the change, with the risk locked and saved.
    """
    reasons = reasons_to_reopen(before, risk)
    if not reasons:
        return risk
    approved = risk.acceptances.filter(status=AcceptanceStatus.APPROVED).first()
    if approved is None:
        return risk
    comment = f"To be decided again: {' '.join(reasons)}"
    with recorded(actor=actor, comment=comment):
        close_acceptance(
            rows.lock_for_update(approved),
            AcceptanceStatus.REVOKED,
            approver=approved.approver,
            comment=comment,
        )
        if risk.status == Status.ACCEPTED:
            risk = return_to_treatment(actor, risk, comment)
    return risk


def close_acceptance(
    acceptance: Acceptance, status: AcceptanceStatus, *, approver: User | None, comment: str
) -> None:
    rows.save_fields(
        acceptance,
        {
            "status": status,
            "approver": approver,
            "decided_at": timezone.now(),
            "decision_comment": comment,
        },
    )


def return_to_treatment(actor: User | None, risk: Risk, comment: str) -> Risk:
    """Back to in_treatment where its guard allows, else to assessed; due for review at once."""
    facts = states.guard_context_of(risk)
    blocked = states.guard_reasons(Status.IN_TREATMENT, facts)
    to = Status.ASSESSED if blocked else Status.IN_TREATMENT
    risk = take_transition(actor=actor, risk=risk, to=to, comment=comment)
    rows.save_fields(risk, {"next_review_at": timezone.now()})
    return risk
