"""Acceptance: living with a risk until a date, decided by two people.

An approval is for the risk as it was then (`DecisionBasis`): one that gets worse, or becomes
another risk, is decided again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from openrisk.accounts.models import User
from openrisk.errors import Conflict, StaleVersion
from risks import states
from risks.history import recorded
from risks.models import Acceptance, AcceptanceStatus, Risk, Status
from risks.services import rows
from risks.services.transitions import require_person, take_transition
from risks.text import clean_text

LONGEST_ACCEPTANCE = timedelta(days=365)
LIVE = (AcceptanceStatus.REQUESTED, AcceptanceStatus.APPROVED)
# Shown before a decision that is hard to take back.
WARNINGS = {
    "approve": "The risk is lived with until the acceptance ends, and moves to Accepted where its "
    "state allows that.",
    "revoke": "The acceptance ends now. An accepted risk returns to treatment and is due for "
    "review.",
}
BASIS_SCORES = ("current_score", "inherent_score", "residual_score")
BASIS_TEXTS = ("title", "description", "treatment")
DecisionBasis = Mapping[str, Any]


def request_acceptance(
    *,
    actor: User,
    risk: Risk,
    justification: str,
    expires_at: datetime,
    conditions: str = "",
) -> Acceptance:
    """Ask for `risk` to be accepted until `expires_at`, at most a year from now."""
    check_end(expires_at)
    check_justification(justification)
    require_person(actor)
    with recorded(actor=actor):
        risk = rows.lock_for_update(risk)
        if risk.acceptances.filter(status__in=LIVE).exists():
            raise Conflict(
                _("This risk has a live acceptance already. Decide or revoke that first.")
            )
        return rows.create(
            Acceptance,
            actor=actor,
            organization=risk.organization,
            risk=risk,
            requester=actor,
            justification=justification,
            conditions=conditions,
            expires_at=expires_at,
            requested_score=risk.current_score,
            requested_level=risk.current_level,
            requested_title=risk.title,
            requested_description=risk.description,
        )


def check_end(expires_at: datetime) -> None:
    """Raise where an acceptance would end in the past, or too late."""
    now = timezone.now()
    if not now < expires_at <= now + LONGEST_ACCEPTANCE:
        raise rows.field_error(
            "expires_at", _("Choose a time in the future, at most one year ahead.")
        )


def check_justification(justification: str) -> None:
    """Raise where a request gives no reason."""
    if not clean_text(justification):
        raise rows.field_error("justification", _("Explain why this risk can be lived with."))


def correct_acceptance(
    *, actor: User, instance: Acceptance, version: int | None = None, **fields: Any
) -> Acceptance:
    """Change the justification, conditions or end of one's own request that is not decided.

    Someone who decides about the request as it was gets StaleVersion.
    """
    with recorded(actor=actor):
        acceptance = lock_own_request(actor, instance, version)
        if "expires_at" in fields and fields["expires_at"] != acceptance.expires_at:
            check_end(fields["expires_at"])
        check_justification(fields.get("justification", acceptance.justification))
        rows.save_fields(acceptance, fields)
    return acceptance


def withdraw_acceptance(
    *, actor: User, acceptance: Acceptance, comment: str = "", version: int | None = None
) -> Acceptance:
    """Take back one's own request before it is decided."""
    with recorded(actor=actor, comment=comment):
        acceptance = lock_own_request(actor, acceptance, version)
        close_acceptance(acceptance, AcceptanceStatus.WITHDRAWN, approver=None, comment=comment)
    return acceptance


def lock_own_request(actor: User, acceptance: Acceptance, version: int | None) -> Acceptance:
    """Return the request, locked; Conflict where it is decided or someone else's."""
    rows.lock_for_update(acceptance.risk)  # the order in which decisions lock, too
    acceptance = rows.lock_for_update(acceptance, version)
    if acceptance.requester_id != actor.pk:
        raise Conflict(
            _("Only the requester changes or withdraws a request. Decide about it instead.")
        )
    if acceptance.status != AcceptanceStatus.REQUESTED:
        raise Conflict(_("This acceptance is %(status)s already.") % {"status": acceptance.status})
    return acceptance


def decide_acceptance(
    *,
    actor: User,
    acceptance: Acceptance,
    approve: bool,
    comment: str = "",
    version: int | None = None,
    risk_version: int | None = None,
) -> Acceptance:
    """Approve or reject a request; approving accepts the risk where its status allows that.

    `version` and `risk_version` are those of the acceptance and of the risk that the actor saw:
    StaleVersion where either has changed since.
    """
    require_person(actor)
    with recorded(actor=actor, comment=comment):
        risk = rows.lock_for_update(acceptance.risk, risk_version)
        acceptance = rows.lock_for_update(acceptance, version)
        if acceptance.status != AcceptanceStatus.REQUESTED:
            raise Conflict(
                _("This acceptance is %(status)s already.") % {"status": acceptance.status}
            )
        if acceptance.requester_id == actor.pk:
            raise Conflict(_("Four eyes: someone other than the requester decides."))
        if approve and acceptance.expires_at <= timezone.now():
            raise Conflict(_("The requested end has passed. Reject it and ask again."))
        close_acceptance(
            acceptance,
            AcceptanceStatus.APPROVED if approve else AcceptanceStatus.REJECTED,
            approver=actor,
            comment=comment,
        )
        if approve and Status.ACCEPTED in states.TRANSITIONS[risk.status]:
            take_transition(actor=actor, risk=risk, to=Status.ACCEPTED, comment=comment)
    return acceptance


def revoke_acceptance(
    *, actor: User, acceptance: Acceptance, comment: str = "", version: int | None = None
) -> Acceptance:
    """Take an approval or a request back; an accepted risk returns to treatment."""
    return end_acceptance(
        actor, acceptance, AcceptanceStatus.REVOKED, comment or "Revoked", version
    )


def expire_due_acceptances(*, now: datetime | None = None) -> int:
    """End every acceptance whose time is over, and return how many.

    Running it twice changes nothing.
    """
    due = Acceptance.objects.filter(status__in=LIVE, expires_at__lte=now or timezone.now())
    ended = 0
    for acceptance in due.select_related("risk__organization"):
        try:
            end_acceptance(None, acceptance, AcceptanceStatus.EXPIRED, "Acceptance expired", None)
        except (Conflict, StaleVersion):
            continue  # decided or deleted by someone since the query
        ended += 1
    return ended


def end_acceptance(
    actor: User | None,
    acceptance: Acceptance,
    status: AcceptanceStatus,
    comment: str,
    version: int | None,
) -> Acceptance:
    """End a live acceptance before or at its time; an accepted risk returns to treatment."""
    with recorded(actor=actor, comment=comment):
        risk = rows.lock_for_update(acceptance.risk)
        acceptance = rows.lock_for_update(acceptance, version)
        if acceptance.status not in LIVE:
            raise Conflict(
                _("This acceptance is %(status)s already.") % {"status": acceptance.status}
            )
        close_acceptance(acceptance, status, approver=acceptance.approver, comment=comment)
        if risk.status == Status.ACCEPTED:
            return_to_treatment(actor, risk, comment)
    return acceptance


def close_acceptance(
    acceptance: Acceptance, status: AcceptanceStatus, *, approver: User | None, comment: str
) -> None:
    """Write how an acceptance was decided or ended."""
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
    """Move back to in_treatment where its guard allows, else to assessed; due for review now."""
    blocked = states.guard_reasons(Status.IN_TREATMENT, states.guard_context_of(risk))
    to = Status.ASSESSED if blocked else Status.IN_TREATMENT
    risk = take_transition(actor=actor, risk=risk, to=to, comment=comment)
    rows.save_fields(risk, {"next_review_at": timezone.now()})
    return risk


# --- Deciding again


def decision_basis_of(risk: Risk) -> DecisionBasis:
    """Return what a person who approves the acceptance of `risk` agrees to."""
    return {name: getattr(risk, name) for name in (*BASIS_SCORES, *BASIS_TEXTS)}


def reasons_to_reopen(before: DecisionBasis, risk: Risk) -> list[str]:
    """Return how `risk` is worse, or another one, than what was agreed to; empty if it is not."""
    reasons = []
    for name in BASIS_SCORES:
        score, agreed = getattr(risk, name), before[name]
        if score is not None and agreed is not None and score > agreed:
            kind = name.removesuffix("_score")
            reasons.append(f"The {kind} score rose from {agreed} to {score}.")
    if before["current_score"] is None and risk.current_score is not None:
        reasons.append(f"It was not assessed then; its score is {risk.current_score} now.")
    rewritten = (name for name in BASIS_TEXTS if getattr(risk, name) != before[name])
    return reasons + [f"The {name} was rewritten." for name in rewritten]


def reopen_decision(*, actor: User | None, risk: Risk, before: DecisionBasis) -> Risk:
    """Revoke the approval of `risk` if it was for less; the risk is then no longer accepted.

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


def approved_among(risk_ids: Sequence[UUID]) -> list[UUID]:
    """Return the risks that have an approved acceptance, in a fixed order."""
    approved = Acceptance.objects.filter(risk__in=risk_ids, status=AcceptanceStatus.APPROVED)
    return list(approved.order_by("risk").values_list("risk", flat=True))


def reopen_decisions(
    *, actor: User | None, risks: Mapping[UUID, Risk], before: Mapping[UUID, DecisionBasis]
) -> None:
    """Do what `reopen_decision` does for each of many risks: those with an approval are few."""
    for pk in approved_among(list(risks)):
        reopen_decision(actor=actor, risk=risks[pk], before=before[pk])
