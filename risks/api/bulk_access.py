"""Access to bulk changes: analysts have their own, managers see and undo those of all."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from openrisk.accounts.models import Membership, Role
from risks.models import BulkChange, BulkSubject
from risks.services.bulk_changes.kinds import rules_of


def changes_of(membership: Membership) -> QuerySet[BulkChange]:
    """Return the bulk changes that a member may see."""
    changes = BulkChange.objects.for_organization(membership.organization)
    if membership.has_role(Role.MANAGER):
        return changes
    return changes.filter(actor=membership.user)


def find_own(membership: Membership, pk: Any) -> BulkChange:
    """Return the change that the member made, or raise 404: each applies their own previews."""
    own = BulkChange.objects.for_organization(membership.organization)
    change: BulkChange = get_object_or_404(own, pk=pk, actor=membership.user)
    change.organization = membership.organization
    return change


def require_kind(
    membership: Membership, kind: str, value: Any, subject: str = BulkSubject.RISK
) -> None:
    """Raise PermissionDenied where a single change of this kind needs another role."""
    needed = rules_of(kind, membership.organization, subject).needed_role(value)
    if not membership.has_role(needed):
        raise PermissionDenied(
            _("This change needs the role %(needed)s; yours is %(own)s.")
            % {
                "needed": Role(needed).label.lower(),
                "own": Role(membership.role).label.lower(),
            }
        )
