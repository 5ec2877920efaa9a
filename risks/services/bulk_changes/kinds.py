"""Every kind of bulk change by its name, and the one that deletes."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from openrisk.accounts.models import Organization, Role, User
from openrisk.errors import Conflict
from risks.custom_fields.bulk_rules import CustomFieldRules, ExtraColumnRules
from risks.models import BulkChange, BulkChangeRow, BulkKind, BulkSubject, DeletedItem
from risks.services.bulk_changes import assets, columns, controls, findings
from risks.services.bulk_changes.plan import PlannedRow, SelectedRow
from risks.services.bulk_changes.rules import BulkRules
from risks.services.bulk_changes.status import StatusKind
from risks.services.bulk_changes.subjects import ASSETS, CONTROLS
from risks.services.bulk_changes.tags import AddTagsKind, RemoveTagsKind, ReplaceTagsKind
from risks.services.deletion import KEPT_FOR, delete_rows
from risks.services.links import refresh_priority
from risks.services.rows import field_error
from risks.services.workspace.deleted_items import restore_items


class DeleteKind(BulkRules):
    role = Role.MANAGER
    takes_value = False

    def plan(self, selected: Sequence[SelectedRow], value: Any) -> list[PlannedRow]:
        return [PlannedRow(row, before="present") for row in selected]

    def warnings(self, rows: Sequence[PlannedRow], value: Any) -> list[str]:
        days = KEPT_FOR.days
        return [_("What is deleted can be restored for %(days)s days.") % {"days": days}]

    def write(self, rows: Sequence[PlannedRow], value: Any, actor: User | None) -> None:
        delete_rows(list(self.subject.model.objects.filter(pk__in=[r.target.pk for r in rows])))

    def undo(self, rows: Sequence[BulkChangeRow], actor: User | None) -> dict[UUID, str]:
        """Restore the rows from the deleted items; those that were restored alone stay."""
        ids = [row.object_id for row in rows]
        again, over = _("It was restored before."), _("It was deleted for good.")
        existing = set(self.subject.model.objects.filter(pk__in=ids).values_list("pk", flat=True))
        deleted = DeletedItem.objects.waiting(timezone.now()).filter(
            organization=self.organization, batch=rows[0].change_id, object_id__in=ids
        )
        items = {item.object_id: item for item in deleted if item.object_id not in existing}
        kept = {pk: again if pk in existing else over for pk in ids if pk not in items}
        try:
            if items:
                restore_items(actor=actor, items=list(items.values()))
        except Conflict:
            kept |= self.restore_each(items, actor)
        return kept

    def restore_each(self, items: dict[UUID, DeletedItem], actor: User | None) -> dict[UUID, str]:
        """Restore the items one by one; return the reason against each that cannot be."""
        kept = {}
        for pk, item in items.items():
            try:
                restore_items(actor=actor, items=[item])
            except Conflict as refusal:
                kept[pk] = " ".join(refusal.reasons)
        return kept


class DeleteAssetsKind(DeleteKind):
    subject = ASSETS

    def write(self, rows: Sequence[PlannedRow], value: Any, actor: User | None) -> None:
        affected = assets.risks_of([row.target.pk for row in rows])
        super().write(rows, value, actor)
        refresh_priority(self.organization, affected)


class DeleteControlsKind(DeleteKind):
    subject = CONTROLS


KINDS: dict[str, type[BulkRules]] = {  # of risks
    BulkKind.OWNER: columns.OwnerKind,
    BulkKind.ASSIGNEE: columns.AssigneeKind,
    BulkKind.REVIEWER: columns.ReviewerKind,
    BulkKind.CATEGORY: columns.CategoryKind,
    BulkKind.ADD_TAGS: AddTagsKind,
    BulkKind.REMOVE_TAGS: RemoveTagsKind,
    BulkKind.REPLACE_TAGS: ReplaceTagsKind,
    BulkKind.TREATMENT: columns.TreatmentKind,
    BulkKind.REVIEW_INTERVAL: columns.IntervalKind,
    BulkKind.NEXT_REVIEW: columns.NextReviewKind,
    BulkKind.STATUS: StatusKind,
    BulkKind.CUSTOM_FIELD: CustomFieldRules,
    BulkKind.EXTRA_COLUMN: ExtraColumnRules,
    BulkKind.DELETE: DeleteKind,
}
ASSET_KINDS: dict[str, type[BulkRules]] = {
    BulkKind.OWNER: assets.AssetOwnerKind,
    BulkKind.TYPE: assets.TypeKind,
    BulkKind.CRITICALITY: assets.CriticalityKind,
    BulkKind.MERGE: assets.MergeKind,
    BulkKind.DELETE: DeleteAssetsKind,
}
CONTROL_KINDS: dict[str, type[BulkRules]] = {
    BulkKind.STATUS: controls.ControlStatusKind,
    BulkKind.OWNER: controls.ControlOwnerKind,
    BulkKind.STATEMENT: controls.StatementKind,
    BulkKind.DELETE: DeleteControlsKind,
}
FINDING_KINDS: dict[str, type[BulkRules]] = {
    BulkKind.ACCEPT: findings.AcceptKind,
    BulkKind.FALSE_POSITIVE: findings.FalsePositiveKind,
    BulkKind.REOPEN: findings.ReopenKind,
    BulkKind.ATTACH_RISK: findings.AttachKind,
    BulkKind.MAKE_RISK: findings.MakeRiskKind,
}
KINDS_OF: dict[str, dict[str, type[BulkRules]]] = {
    BulkSubject.RISK: KINDS,
    BulkSubject.ASSET: ASSET_KINDS,
    BulkSubject.CONTROL: CONTROL_KINDS,
    BulkSubject.FINDING: FINDING_KINDS,
}


def rules_of(name: str, organization: Organization, subject: str = BulkSubject.RISK) -> BulkRules:
    """Return the rules of the kind for rows of an organization; raise for a kind they lack."""
    rules = KINDS_OF[subject].get(name)
    if rules is None:
        raise field_error("kind", _("These rows have no such change."))
    return rules(organization)


def rules_for(change: BulkChange) -> BulkRules:
    """Return the rules of a change, which know it."""
    rules = rules_of(change.kind, change.organization, change.subject)
    rules.change = change
    return rules
