"""Kinds that give one column of every asset the same value; criticality weighs their risks."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from risks.models import AssetType, Criticality, RiskAsset
from risks.services.bulk_changes.columns import ColumnKind, PersonKind
from risks.services.bulk_changes.subjects import ASSETS
from risks.services.links import refresh_priority
from risks.services.rows import field_error


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


def risks_of(assets: Sequence[UUID]) -> list[UUID]:
    """Return the risks that threaten any of these assets."""
    links = RiskAsset.objects.filter(asset__in=assets).order_by()
    return list(links.values_list("risk", flat=True).distinct())
