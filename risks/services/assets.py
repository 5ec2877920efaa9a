"""Assets. Their criticality weighs the priority of the risks that threaten them."""

from typing import Any
from uuid import UUID

from openrisk.accounts.models import User
from risks.history import recorded
from risks.models import Asset, AssetDependency, DependencyKind
from risks.services import rows
from risks.services.links import refresh_priority


def update_asset(
    *, actor: User | None, instance: Asset, version: int | None = None, **fields: Any
) -> Asset:
    with recorded(actor=actor):
        asset = rows.update(actor=actor, instance=instance, version=version, **fields)
        if "criticality" in fields:
            refresh_priority(asset.organization, _risks(asset))
    return asset


def delete_asset(*, actor: User | None, instance: Asset, version: int | None = None) -> None:
    with recorded(actor=actor):
        affected = _risks(instance)
        rows.delete(actor=actor, instance=instance, version=version)
        refresh_priority(instance.organization, affected)


def _risks(asset: Asset) -> list[UUID]:
    return list(asset.risk_links.values_list("risk", flat=True))


def add_dependency(
    *,
    actor: User | None,
    asset: Asset,
    target: Asset,
    kind: str = DependencyKind.DEPENDS_ON,
) -> AssetDependency:
    if asset.pk == target.pk:
        raise rows.field_error("target", "An asset cannot depend on itself.")
    with recorded(actor=actor):
        if asset.dependencies.filter(target=target, kind=kind).exists():
            raise rows.field_error("target", "This dependency exists already.")
        return AssetDependency.objects.create(
            organization=asset.organization, asset=asset, target=target, kind=kind
        )


def remove_dependency(*, actor: User | None, dependency: AssetDependency) -> None:
    with recorded(actor=actor):
        dependency.delete()
