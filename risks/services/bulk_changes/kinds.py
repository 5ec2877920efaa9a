"""Every kind of bulk change by its name, and the one that deletes."""

from collections.abc import Sequence
from typing import Any

from openrisk.accounts.models import Organization, Role, User
from risks.models import BulkKind, Risk
from risks.services.bulk_changes import columns
from risks.services.bulk_changes.plan import PlannedRow, SelectedRisk
from risks.services.bulk_changes.rules import BulkRules
from risks.services.bulk_changes.status import StatusKind
from risks.services.bulk_changes.tags import AddTagsKind, RemoveTagsKind


class DeleteKind(BulkRules):
    role = Role.MANAGER
    can_be_undone = False
    takes_value = False

    def plan(self, risks: Sequence[SelectedRisk], value: Any) -> list[PlannedRow]:
        return [PlannedRow(risk, before="present") for risk in risks]

    def write(self, rows: Sequence[PlannedRow], value: Any, actor: User | None) -> None:
        Risk.objects.filter(pk__in=[row.risk.pk for row in rows]).delete()


KINDS: dict[str, type[BulkRules]] = {
    BulkKind.OWNER: columns.OwnerKind,
    BulkKind.ASSIGNEE: columns.AssigneeKind,
    BulkKind.REVIEWER: columns.ReviewerKind,
    BulkKind.CATEGORY: columns.CategoryKind,
    BulkKind.ADD_TAGS: AddTagsKind,
    BulkKind.REMOVE_TAGS: RemoveTagsKind,
    BulkKind.TREATMENT: columns.TreatmentKind,
    BulkKind.REVIEW_INTERVAL: columns.IntervalKind,
    BulkKind.NEXT_REVIEW: columns.NextReviewKind,
    BulkKind.STATUS: StatusKind,
    BulkKind.DELETE: DeleteKind,
}


def rules_of(name: str, organization: Organization) -> BulkRules:
    """Return the rules of the kind for an organization."""
    return KINDS[name](organization)
