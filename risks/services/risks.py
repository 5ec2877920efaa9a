"""Risks: create, change, delete and review. `transitions` changes their status."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from openrisk.accounts.models import Organization, User
from openrisk.errors import Conflict
from risks import scoring, states
from risks.custom_fields.services import merge_values, values_of_new_risk
from risks.fields import LINKS, RATINGS
from risks.history import recorded
from risks.history.reading import latest_change_of
from risks.models import Asset, Control, DeletedItem, Matrix, Risk, Status
from risks.models.base import format_reference
from risks.services import rows
from risks.services.acceptances import decision_basis_of, reopen_decision
from risks.services.links import criticalities_of, set_links
from risks.services.matrix import matrix_of
from risks.services.transitions import advance_to, blockers_for, take_transition
from risks.services.workspace.comments import keep_comment
from risks.text import clean_text

__all__ = (
    "advance_to",
    "blockers_for",
    "confirm_ratings",
    "create_risk",
    "delete_risk",
    "link_control",
    "mark_reviewed",
    "postpone_review",
    "postponement_of",
    "take_transition",
    "unlink_control",
    "update_risk",
)

LONGEST_POSTPONEMENT = timedelta(days=90)
INITIAL_STATUSES = (Status.DRAFT.value, Status.IDENTIFIED.value)


def create_risk(
    *, actor: User | None, organization: Organization, comment: str = "", **fields: Any
) -> Risk:
    """Create a risk with the next reference; `status` is identified by default, or draft.

    Where `custom_fields` are given, be it none, those that need a value are asked for.
    """
    if fields.get("status", Status.IDENTIFIED) not in INITIAL_STATUSES:
        raise rows.field_error(
            "status", _("A new risk is %(statuses)s.") % {"statuses": " or ".join(INITIAL_STATUSES)}
        )
    links = {name: fields.pop(name) for name in LINKS if name in fields}
    fields["custom_fields"] = values_of_new_risk(organization, fields.get("custom_fields"))
    with recorded(actor=actor, comment=comment):
        number = rows.allocate_numbers(organization, "R")
        reference = format_reference("R", number)
        risk = Risk(organization=organization, number=number, reference=reference)
        save_risk(risk, fields, links.get("assets"))
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
    """Change fields and links. The status changes by `take_transition` only.

    Of `custom_fields` those that are given change; None empties one. Where nothing changes, a
    reason is posted as a `comment` on the risk: it is not lost. An approved acceptance that was for
    less than the changed risk is revoked.
    """
    if "status" in fields:
        raise rows.field_error("status", _("Use a transition to change the status."))
    links = {name: fields.pop(name) for name in LINKS if name in fields}
    with recorded(actor=actor, comment=comment):
        risk = rows.lock_for_update(instance, version)
        if "custom_fields" in fields:
            given = fields["custom_fields"]
            merged = merge_values(risk.organization, risk.custom_fields, given)
            fields["custom_fields"] = merged
        before = decision_basis_of(risk)
        latest = latest_change_of(risk) if comment else None
        save_risk(risk, fields, links.get("assets"))
        set_links(risk, **links)
        if comment and latest_change_of(risk) == latest:
            keep_comment(actor, risk, comment)
        return reopen_decision(actor=actor, risk=risk, before=before)


def save_risk(risk: Risk, fields: dict[str, Any], assets: Iterable[Asset] | None) -> None:
    """Save `fields` with the scores that follow, and the priority by them and the assets."""
    was_assessed = risk.inherent_score is not None
    fields = {**fields, **confirmed_by(risk, fields)}
    for name, value in fields.items():
        setattr(risk, name, value)
    matrix = matrix_of(risk.organization)
    check_scale(matrix, risk, fields)
    scoring.rescore(risk, matrix)
    risk.priority = scoring.priority(risk.current_score, criticalities_of(risk, assets))
    if was_assessed and (error := states.assessment_error(risk)):
        raise rows.field_error("inherent_likelihood", error)
    rows.save_fields(risk, fields)


def check_scale(matrix: Matrix, risk: Risk, fields: dict[str, Any]) -> None:
    """Raise where a rating is not on the scale of the matrix, with all other errors."""
    try:
        matrix.check_ratings({name: fields[name] for name in RATINGS if name in fields})
    except ValidationError as problems:
        try:
            rows.validate_fields(risk, fields)
        except ValidationError as others:
            raise ValidationError({**others.message_dict, **problems.message_dict}) from None
        raise


def confirmed_by(risk: Risk, fields: dict[str, Any]) -> dict[str, Any]:
    """Return the `derived_ratings` that remain if people give ratings; {} if nothing changes."""
    kinds = {name.partition("_")[0] for name in fields if name in RATINGS}
    if "derived_ratings" in fields or kinds.isdisjoint(risk.derived_ratings):
        return {}
    remaining = {kind: text for kind, text in risk.derived_ratings.items() if kind not in kinds}
    return {"derived_ratings": remaining}


def confirm_ratings(
    *,
    actor: User | None,
    risk: Risk,
    kind: str,
    comment: str = "",
    version: int | None = None,
) -> Risk:
    """Take the derived likelihood and impact of one kind as given by people."""
    if kind not in risk.derived_ratings:
        raise rows.field_error(
            "kind", _("The %(kind)s rating is not derived. Nothing to confirm.") % {"kind": kind}
        )
    remaining = {other: text for other, text in risk.derived_ratings.items() if other != kind}
    comment = comment or f"Confirmed the {kind} rating"
    return update_risk(
        actor=actor, instance=risk, version=version, comment=comment, derived_ratings=remaining
    )


def delete_risk(*, actor: User | None, instance: Risk, version: int | None = None) -> DeletedItem:
    """Delete a risk with its mitigations and acceptances; its history stays."""
    return rows.delete(actor=actor, instance=instance, version=version)


def mark_reviewed(
    *, actor: User | None, risk: Risk, comment: str = "", version: int | None = None
) -> Risk:
    """Set the last review to now, and plan the next one interval from now, or none."""
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


def postpone_review(
    *,
    actor: User | None,
    risk: Risk,
    until: datetime,
    comment: str,
    version: int | None = None,
) -> Risk:
    """Plan the next review for another time without one, and write the reason into the history.

    At most one interval from now, and at most `LONGEST_POSTPONEMENT`.
    """
    now = timezone.now()
    if not clean_text(comment):
        raise rows.field_error("comment", _("Explain why the review can wait."))
    with recorded(actor=actor, comment=comment):
        risk = rows.lock_for_update(risk, version)
        if not risk.is_open:
            raise Conflict(
                _("%(reference)s is %(status)s.")
                % {
                    "reference": risk.reference,
                    "status": risk.get_status_display().lower(),
                }
            )
        longest = postponement_of(risk)
        if not now < until <= now + longest:
            raise rows.field_error(
                "until",
                _("Choose a day in the future, at most %(days)s days ahead.")
                % {"days": longest.days},
            )
        rows.save_fields(risk, {"next_review_at": until})
    return risk


def postponement_of(risk: Risk) -> timedelta:
    """Return how far from now the review of the risk can be postponed."""
    days = risk.review_interval_days
    return min(LONGEST_POSTPONEMENT, timedelta(days=days)) if days else LONGEST_POSTPONEMENT


def link_control(*, actor: User | None, control: Control, risks: Iterable[Risk]) -> int:
    """Let the control act on these risks too; return the number of those that it did not."""
    added = 0
    with recorded(actor=actor):
        for risk in sorted(risks, key=lambda risk: risk.number):  # the order of all locks
            present = controls_of(rows.lock_for_update(risk))
            if control not in present:
                update_risk(actor=actor, instance=risk, controls=[*present, control])
                added += 1
    return added


def unlink_control(*, actor: User | None, control: Control, risk: Risk) -> None:
    """Let the control act on the risk no longer."""
    with recorded(actor=actor):
        present = controls_of(rows.lock_for_update(risk))
        others = [other for other in present if other != control]
        if len(others) < len(present):
            update_risk(actor=actor, instance=risk, controls=others)


def controls_of(risk: Risk) -> list[Control]:
    return list(Control.objects.filter(risk_links__risk=risk))
