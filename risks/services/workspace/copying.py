"""Copying the mitigations of a risk to another one."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from openrisk.accounts.models import Membership, User
from risks.history import recorded
from risks.models import Mitigation, Risk
from risks.services.mitigations import create_mitigation


def copy_mitigations(
    *, actor: User | None, mitigations: Iterable[Mitigation], risk: Risk
) -> list[Mitigation]:
    """Plan the mitigations again for a risk of the same organization.

    A copy has the title, description, priority and owner, unless the owner is no longer a member,
    and the titles of the actions that are not done. Dates, costs and progress stay behind.
    """
    chosen = list(mitigations)
    memberships = Membership.objects.filter(
        organization=risk.organization, user__in={row.owner_id for row in chosen if row.owner_id}
    )
    members = set(memberships.values_list("user", flat=True))
    copies = []
    for mitigation in chosen:
        open_actions = mitigation.actions.filter(done_at=None).order_by("order", "id")
        comment = _("Copied from %(reference)s") % {"reference": mitigation.reference}
        with recorded(actor=actor, comment=comment):
            copy = create_mitigation(
                actor=actor,
                organization=risk.organization,
                risk=risk,
                title=mitigation.title,
                description=mitigation.description,
                priority=mitigation.priority,
                owner=mitigation.owner if mitigation.owner_id in members else None,
                actions=list(open_actions.values_list("title", flat=True)),
            )
        copies.append(copy)
    return copies
