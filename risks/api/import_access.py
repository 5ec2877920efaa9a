"""Access to imports: analysts make and take back their own, managers do so with those of all.

An import writes what an analyst may write by hand, with one exception: accepted and closed risks
are decisions of managers.
"""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openrisk.accounts.models import Membership, Role
from risks.models import ImportRun


def change_reason(membership: Membership, run: ImportRun) -> str:
    """Return why the member may not read the file of the run otherwise, or ""."""
    if not membership.has_role(Role.ANALYST):
        return _("Analysts and managers import. Ask one of them.")
    if membership.has_role(Role.MANAGER) or run.actor_id == membership.user.pk:
        return ""
    return _("Only the person who uploaded this file, or a manager, may change this import.")


def apply_reason(membership: Membership, run: ImportRun) -> str:
    """Return why the member may not apply the run, or ""."""
    if reason := change_reason(membership, run):
        return reason
    count = run.row_counts.get("decided", 0)
    if not count or membership.has_role(Role.MANAGER):
        return ""
    return ngettext(
        "%(count)s risk of this file is accepted or closed, which a manager decides. Ask a manager "
        "to import it.",
        "%(count)s risks of this file are accepted or closed, which a manager decides. Ask a "
        "manager to import it.",
        count,
    ) % {"count": count}


def undo_reason(membership: Membership, run: ImportRun) -> str:
    """Return why the member may not undo the run, or ""."""
    if membership.has_role(Role.MANAGER):
        return ""
    if membership.has_role(Role.ANALYST) and run.applied_by_id == membership.user.pk:
        return ""
    return _("Only the person who imported this file, or a manager, may undo it.")


def require_may_change(membership: Membership, run: ImportRun) -> None:
    _require(change_reason(membership, run))


def require_may_apply(membership: Membership, run: ImportRun) -> None:
    _require(apply_reason(membership, run))


def require_may_undo(membership: Membership, run: ImportRun) -> None:
    _require(undo_reason(membership, run))


def _require(reason: str) -> None:
    if reason:
        raise PermissionDenied(reason)
