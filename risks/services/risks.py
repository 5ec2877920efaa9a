"""Risks: create, change, delete, move through the states, review."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from openrisk.accounts.models import Organization, User
from openrisk.errors import Conflict
from risks import scoring, states
from risks.history import recorded
from risks.history.comments import keep_comment
from risks.models import Asset, Risk, Status
from risks.services import rows
from risks.services.decisions import decision_basis_of, reopen_decision
from risks.services.links import criticalities_of, set_links
from risks.services.matrix import matrix_of
from risks.services.transitions import blockers_for, take_transition

__all__ = (
    "add_comment",
    "advance_to",
    "blockers_for",
    "create_risk",
    "delete_risk",
    "mark_reviewed",
    "take_transition",
    "update_risk",
)

LINKS = ("tags", "assets", "controls")
INITIAL_STATUSES = (Status.DRAFT.value, Status.IDENTIFIED.value)


def create_risk(
    *, actor: User | None, organization: Organization, comment: str = "", **fields: Any
) -> Risk:
    """A new risk with the next reference; `status` may be draft or identified (the default)."""
    if fields.get("status", Status.IDENTIFIED) not in INITIAL_STATUSES:
        raise rows.field_error("status", f"A new risk is {' or '.join(INITIAL_STATUSES)}.")
    links = {name: fields.pop(name) for name in LINKS if name in fields}
    with recorded(actor=actor, comment=comment):
        number = rows.allocate_numbers(organization, "R")
        risk = Risk(organization=organization, number=number, reference=f"R-{number:04d}")
        _save(risk, fields, links.get("assets"))
        set_links(risk, **links)
    return risk


def update_risk(
    *,
    actor: User | None,
    instance: Risk,
    version: int | None = None,
    comment: str = "",
    **fields: Any,
) -> Risk:
    """Change fields and links. The status changes by `transition` only.

    A `comment` is kept in the history also where nothing else changes. An approved acceptance
    that this makes too small for the risk is revoked.
    """
    if "status" in fields:
        raise rows.field_error("status", "Use a transition to change the status.")
    links = {name: fields.pop(name) for name in LINKS if name in fields}
    with recorded(actor=actor, comment=comment):
        risk = rows.lock_for_update(instance, version)
        before = decision_basis_of(risk)
        with keep_comment(risk, comment):
            _save(risk, fields, links.get("assets"))
            set_links(risk, **links)
        return reopen_decision(actor=actor, risk=risk, before=before)


def add_comment(
    *, actor: User | None, risk: Risk, comment: str, version: int | None = None
) -> Risk:
    """Write `comment` into the history of the risk."""
    if not comment.strip():
        raise rows.field_error("comment", "Write a comment first.")
    return update_risk(actor=actor, instance=risk, version=version, comment=comment)


def _save(risk: Risk, fields: dict[str, Any], assets: Iterable[Asset] | None) -> None:
    """With the scores that follow, and the priority that they and the assets give."""
    assessed = risk.inherent_score is not None
    for name, value in fields.items():
        setattr(risk, name, value)
    scoring.rescore(risk, matrix_of(risk.organization))
    risk.priority = scoring.priority(risk.current_score, criticalities_of(risk, assets))
    if assessed and risk.status in states.ASSESSED and risk.inherent_score is None:
        raise rows.field_error(
            "inherent_likelihood",
            f"A risk that is {risk.get_status_display().lower()} keeps its inherent assessment.",
        )
    rows.save_fields(risk, fields)


def delete_risk(*, actor: User | None, instance: Risk, version: int | None = None) -> None:
    rows.delete(actor=actor, instance=instance, version=version)


@dataclass(frozen=True)
class Advance:
    """How far a walk through the states came, and why it stopped (empty: it arrived)."""

    status: str
    reasons: list[str]


def advance_to(*, actor: User | None, risk: Risk, to: str, comment: str = "") -> Advance:
    """Go from state to state towards `to`, as far as the guards allow."""
    for step in states.shortest_path(risk.status, to):
        try:
            risk = take_transition(actor=actor, risk=risk, to=step, comment=comment)
        except Conflict as refusal:
            return Advance(risk.status, list(refusal.reasons))
    return Advance(risk.status, [])


def mark_reviewed(
    *, actor: User | None, risk: Risk, comment: str = "", version: int | None = None
) -> Risk:
    """Somebody has looked: the next review is due one interval from now, or unplanned."""
    now = timezone.now()
    with recorded(actor=actor, comment=comment or "Reviewed"):
        risk = rows.lock_for_update(risk, version)
        days = risk.review_interval_days
        rows.save_fields(
            risk,
            {
                "last_reviewed_at": now,
                "next_review_at": now + timedelta(days=days) if days else None,
            },
        )
    return risk
