"""Acceptance: living with a risk until a date, decided by two people."""

from datetime import datetime, timedelta

from django.utils import timezone

from openrisk.accounts.models import User
from openrisk.errors import Conflict, StaleVersion
from risks import states
from risks.history import recorded
from risks.models import Acceptance, AcceptanceStatus, Risk, Status
from risks.services import four_eyes, rows
from risks.services.decisions import close_acceptance, return_to_treatment
from risks.services.transitions import take_transition

LONGEST_ACCEPTANCE = timedelta(days=365)
# What to know before a decision that is hard to take back.
WARNINGS = {
    "approve": "The risk is lived with until the acceptance ends, and moves to Accepted where its "
    "state allows that.",
    "revoke": "The acceptance ends now. An accepted risk returns to treatment and is due for "
    "review.",
}


def request_acceptance(
    *,
    actor: User,
    risk: Risk,
    justification: str,
    expires_at: datetime,
    conditions: str = "",
) -> Acceptance:
    """Ask for `risk` to be accepted until `expires_at` (at most a year from now)."""
    now = timezone.now()
    if not now < expires_at <= now + LONGEST_ACCEPTANCE:
        raise rows.field_error("expires_at", "Choose a time in the future, at most one year ahead.")
    if not justification.strip():
        raise rows.field_error("justification", "Say why this risk can be lived with.")
    four_eyes.require_person(actor)
    with recorded(actor=actor):
        risk = rows.lock_for_update(risk)
        live = (AcceptanceStatus.REQUESTED, AcceptanceStatus.APPROVED)
        if risk.acceptances.filter(status__in=live).exists():
            raise Conflict("This risk has a live acceptance already. Decide or revoke that first.")
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


def decide_acceptance(
    *,
    actor: User,
    acceptance: Acceptance,
    approve: bool,
    comment: str = "",
    version: int | None = None,
    risk_version: int | None = None,
) -> Acceptance:
    """Approve or reject a request; approving accepts the risk where its state has that edge.

    `version` and `risk_version` are those of the acceptance and of the risk that were seen: 412
    where either has changed since.
    """
    four_eyes.require_person(actor)
    with recorded(actor=actor, comment=comment):
        risk = rows.lock_for_update(acceptance.risk, risk_version)
        acceptance = rows.lock_for_update(acceptance, version)
        if acceptance.status != AcceptanceStatus.REQUESTED:
            raise Conflict(f"This acceptance is {acceptance.status} already.")
        if acceptance.requester_id == actor.pk:
            raise Conflict("Four eyes: somebody other than the requester decides.")
        if approve and acceptance.expires_at <= timezone.now():
            raise Conflict("The requested end has passed. Reject it and ask anew.")
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
    return _end(actor, acceptance, AcceptanceStatus.REVOKED, comment or "Revoked", version)


def expire_due_acceptances(*, now: datetime | None = None) -> int:
    """End every acceptance whose time is over; returns how many. Running twice changes nothing."""
    moment = now or timezone.now()
    live = (AcceptanceStatus.REQUESTED, AcceptanceStatus.APPROVED)
    due = Acceptance.objects.filter(status__in=live, expires_at__lte=moment)
    ended = 0
    for acceptance in due.select_related("risk__organization"):
        try:
            _end(None, acceptance, AcceptanceStatus.EXPIRED, "Acceptance expired", None)
        except (Conflict, StaleVersion):
            continue  # somebody decided or deleted it since we looked
        ended += 1
    return ended


def _end(
    actor: User | None,
    acceptance: Acceptance,
    status: AcceptanceStatus,
    comment: str,
    version: int | None,
) -> Acceptance:
    with recorded(actor=actor, comment=comment):
        risk = rows.lock_for_update(acceptance.risk)
        acceptance = rows.lock_for_update(acceptance, version)
        if acceptance.status not in (AcceptanceStatus.REQUESTED, AcceptanceStatus.APPROVED):
            raise Conflict(f"This acceptance is {acceptance.status} already.")
        close_acceptance(acceptance, status, approver=acceptance.approver, comment=comment)
        if risk.status == Status.ACCEPTED:
            return_to_treatment(actor, risk, comment)
    return acceptance
