"""Kinds that change assets: one column of each, and a merge; criticality weighs their risks."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from openrisk.accounts.models import Role, User
from openrisk.errors import Conflict, StaleVersion
from risks.models import AssetType, BulkChangeRow, Criticality, RiskAsset
from risks.services.assets import merging
from risks.services.bulk_changes.columns import ColumnKind, PersonKind
from risks.services.bulk_changes.plan import PlannedRow, SelectedRow
from risks.services.bulk_changes.rules import BulkRules, lock_rows
from risks.services.bulk_changes.subjects import ASSETS, parse_id
from risks.services.links import refresh_priority
from risks.services.rows import field_error

MOST_DESCRIBED = 20  # assets of a merge whose effect the preview describes


class AssetOwnerKind(PersonKind):
    subject = ASSETS
    column = "owner_id"


class TypeKind(ColumnKind):
    subject = ASSETS
    column = "type"

    def clean(self, value: Any) -> Any:
        if value not in AssetType.values:
            raise field_error("value", _("Choose one of the types."))
        return str(value)

    def label(self, value: Any) -> str:
        return str(AssetType(value).label)


class CriticalityKind(ColumnKind):
    subject = ASSETS
    column = "criticality"

    def clean(self, value: Any) -> Any:
        if value not in Criticality.values:
            raise field_error("value", _("Choose one of the criticalities."))
        return str(value)

    def label(self, value: Any) -> str:
        return str(Criticality(value).label)

    def write_value(self, ids: Sequence[UUID], value: Any) -> None:
        super().write_value(ids, value)
        refresh_priority(self.organization, risks_of(ids))

    def restore(self, values: Mapping[UUID, Any]) -> None:
        super().restore(values)
        refresh_priority(self.organization, risks_of(list(values)))


class MergeKind(BulkRules):
    """Assets that are merged into another one, which stays.

    The value is {"keep": the id of the one that stays, "fields": {name: "kept", "merged", "both"}}.
    """

    subject = ASSETS
    role = Role.MANAGER

    def clean(self, value: Any) -> Any:
        keep = parse_id(value.get("keep")) if isinstance(value, dict) else None
        asset = self.subject.rows_of(self.organization).filter(pk=keep).first() if keep else None
        if asset is None:
            raise field_error("value", _("Choose the asset that stays."))
        choices = value.get("fields") or {}
        offered = (merging.KEPT, merging.MERGED, merging.BOTH)
        if not isinstance(choices, dict) or any(
            name not in merging.FIELDS or choice not in offered for name, choice in choices.items()
        ):
            raise field_error(
                "value", _("Choose for each field whether the asset that stays keeps its value.")
            )
        return {"keep": keep, "fields": choices, "version": asset.version}

    def label(self, value: Any) -> str:
        if isinstance(value, dict) and "keep" in value:
            asset = self.subject.rows_of(self.organization).filter(pk=value["keep"]).first()
            return _("into %(name)s") % {"name": asset or _("a deleted asset")}
        return _("its own asset")

    def plan(self, selected: Sequence[SelectedRow], value: Any) -> list[PlannedRow]:
        is_kept = _("It is the asset that stays.")
        return [
            PlannedRow(row, "present", value, is_kept if str(row.pk) == value["keep"] else "")
            for row in selected
        ]

    def warnings(self, rows: Sequence[PlannedRow], value: Any) -> list[str]:
        assets = self.subject.rows_of(self.organization).in_bulk(
            [value["keep"], *(row.target.pk for row in rows if row.is_change)][:MOST_DESCRIBED]
        )
        kept = assets.pop(UUID(value["keep"]), None)
        return [
            f"{merged}: {sentence}" if len(assets) > 1 else sentence
            for merged in assets.values()
            if kept is not None
            for sentence in merging.describe_merge(merged, kept)
        ]

    def write(self, rows: Sequence[PlannedRow], value: Any, actor: User | None) -> None:
        own = lock_rows(self.subject, self.organization, pk=value["keep"])
        kept = own.first()
        if kept is None or kept.version != value["version"]:
            raise StaleVersion(
                _("The asset that stays has changed since the preview. Begin the merge again.")
            )
        kept.organization = self.organization
        for row in rows:
            merged = self.subject.model.objects.get(pk=row.target.pk)
            merged.organization = self.organization
            row.before = merging.merge_asset(merged, kept, value["fields"])

    def undo(self, rows: Sequence[BulkChangeRow], actor: User | None) -> dict[UUID, str]:
        kept: dict[UUID, str] = {}
        for row in rows:
            value: Any = row.after
            record: Any = row.before
            try:
                merging.undo_merge(
                    actor=actor,
                    merged_id=row.object_id,
                    kept_id=UUID(value["keep"]),
                    batch=row.change_id,
                    record=record,
                )
            except Conflict as refusal:
                kept[row.object_id] = " ".join(refusal.reasons)
        return kept


def risks_of(assets: Sequence[UUID]) -> list[UUID]:
    """Return the risks that threaten any of these assets."""
    links = RiskAsset.objects.filter(asset__in=assets).order_by()
    return list(links.values_list("risk", flat=True).distinct())
