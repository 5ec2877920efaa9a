"""Decisions on findings: to accept one, to call it a false positive, to open it again.

A decision has a reason, a person, and for an acceptance the last day on which it holds. Once that
day is over the finding is open again; until then a rescan leaves the decision alone.
"""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from openrisk.accounts.models import User
from openrisk.errors import Conflict
from risks.history import recorded
from risks.models import Finding, FindingState
from risks.services import rows
from risks.services.findings import BATCH, NO_DECISION, update_findings
from risks.text import clean_text

LONGEST_ACCEPTANCE = timedelta(days=365)
LONGEST_DECISION = timedelta(days=3660)


def check_end(state: str, until: date | None, field: str = "until") -> None:
    """Raise where a decision has no end although it needs one, or one that is past or too late.

    `field` is what the caller calls the end.
    """
    today = timezone.now().date()
    if state == FindingState.ACCEPTED:
        if until is None or not today <= until <= today + LONGEST_ACCEPTANCE:
            raise rows.field_error(
                field, _("Choose the last day of the acceptance, at most one year ahead.")
            )
    elif until is not None and not today <= until <= today + LONGEST_DECISION:
        raise rows.field_error(field, _("Choose a day in the future, at most ten years ahead."))


def check_reason(reason: str) -> str:
    """Return the reason without superfluous space; raise where there is none."""
    if not (text := clean_text(reason)):
        raise rows.field_error("reason", _("Give the reason: it is shown with the finding."))
    return text


def reason_not_to(state: str, current: str) -> str:
    """Return why a finding in the state `current` cannot get `state`, or ""."""
    if current == FindingState.RESOLVED:
        if state == FindingState.OPEN:
            return _("It is resolved. A scan that sees it again opens it.")
        return _("It is resolved. There is nothing to decide.")
    return ""


def decide_finding(
    *,
    actor: User,
    finding: Finding,
    state: str,
    reason: str,
    until: date | None = None,
    version: int | None = None,
) -> Finding:
    """Accept a finding, or call it a false positive, until the end of the day `until`."""
    check_end(state, until)
    reason = check_reason(reason)
    with recorded(actor=actor, comment=reason):
        finding = rows.lock_for_update(finding, version)
        refuse(state, finding)
        decision = {
            "state": state,
            "decision_reason": reason,
            "decided_by": actor,
            "decided_at": timezone.now(),
            "decided_until": until,
        }
        rows.save_fields(finding, decision)
    return finding


def reopen_finding(
    *, actor: User, finding: Finding, comment: str = "", version: int | None = None
) -> Finding:
    """Open a finding that was accepted or called a false positive."""
    with recorded(actor=actor, comment=comment):
        finding = rows.lock_for_update(finding, version)
        if finding.state == FindingState.OPEN:
            raise Conflict(_("This finding is open already."))
        refuse(FindingState.OPEN, finding)
        rows.save_fields(finding, {"state": FindingState.OPEN, **NO_DECISION})
    return finding


def refuse(state: str, finding: Finding) -> None:
    if reason := reason_not_to(state, finding.state):
        raise Conflict(reason)


def end_due_decisions() -> int:
    """Open the findings again whose decision has ended; return how many."""
    ended = Finding.objects.filter(
        decided_until__lt=timezone.now().date(), state__in=FindingState.decided()
    )
    opened = 0
    while batch := list(ended.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        with recorded(actor=None, comment=_("The decision has ended")):
            locked: Any = ended.filter(pk__in=batch).order_by("pk").select_for_update()
            keys = list(locked.values_list("pk", flat=True))
            opened += update_findings(
                Finding.objects.filter(pk__in=keys), state=FindingState.OPEN, **NO_DECISION
            )
    return opened
