"""Assets, whose criticality weighs the priority of risks, and the controls of frameworks."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from openrisk.accounts.models import Organization, User
from openrisk.text.names import name_key
from risks.history import recorded
from risks.models import (
    Asset,
    AssetDependency,
    Control,
    DeletedItem,
    DependencyKind,
    Framework,
)
from risks.models.base import format_reference
from risks.services import rows
from risks.services.links import refresh_priority

OWN_CONTROLS = "Own controls"  # the framework of controls that belong to no standard


def update_asset(
    *, actor: User | None, instance: Asset, version: int | None = None, **fields: Any
) -> Asset:
    """Change an asset; its criticality changes the priority of its risks."""
    with recorded(actor=actor):
        asset = rows.update(actor=actor, instance=instance, version=version, **fields)
        if "criticality" in fields:
            refresh_priority(asset.organization, _risk_ids(asset))
    return asset


def delete_asset(*, actor: User | None, instance: Asset, version: int | None = None) -> DeletedItem:
    """Delete an asset, and weigh its risks without it."""
    with recorded(actor=actor):
        affected = _risk_ids(instance)
        item = rows.delete(actor=actor, instance=instance, version=version)
        refresh_priority(instance.organization, affected)
    return item


def _risk_ids(asset: Asset) -> list[UUID]:
    return list(asset.risk_links.values_list("risk", flat=True))


def add_dependency(
    *,
    actor: User | None,
    asset: Asset,
    target: Asset,
    kind: str = DependencyKind.DEPENDS_ON,
) -> AssetDependency:
    """Let `asset` depend on `target`."""
    if asset.pk == target.pk:
        raise rows.field_error("target", _("An asset cannot depend on itself."))
    with recorded(actor=actor):
        if asset.dependencies.filter(target=target, kind=kind).exists():
            raise rows.field_error("target", _("This dependency exists already."))
        return AssetDependency.objects.create(
            organization=asset.organization, asset=asset, target=target, kind=kind
        )


def remove_dependency(*, actor: User | None, dependency: AssetDependency) -> None:
    """Take a dependency away."""
    with recorded(actor=actor):
        dependency.delete()


def create_control(
    *, actor: User | None, organization: Organization, framework: Framework, **fields: Any
) -> Control:
    """Create a control of `framework`."""
    check_parent(None, framework, fields.get("parent"))
    return rows.create(
        Control, actor=actor, organization=organization, framework=framework, **fields
    )


def create_chosen(*, actor: User | None, fields: dict[str, Any]) -> dict[str, Any]:
    """Create the assets and controls among `fields` of a risk that were only given a name."""
    created: dict[str, Any] = {
        name: [create_if_new(actor=actor, row=row) for row in fields[name]]
        for name in ("assets", "controls")
        if name in fields
    }
    return {**fields, **created}


def create_if_new(*, actor: User | None, row: Any) -> Any:
    """Return the asset or control, created if it was only given a name."""
    if not row._state.adding:
        return row
    if isinstance(row, Asset):
        return rows.create(Asset, actor=actor, organization=row.organization, name=row.name)
    return create_own_control(actor=actor, organization=row.organization, title=row.title)


def create_own_control(*, actor: User | None, organization: Organization, title: str) -> Control:
    """Create a control that belongs to no standard, with the next number among those."""
    with recorded(actor=actor):
        frameworks = Framework.objects.for_organization(organization)
        framework = frameworks.filter(name_key=name_key(OWN_CONTROLS)).first()
        if framework is None:
            framework = rows.create(
                Framework, actor=actor, organization=organization, name=OWN_CONTROLS
            )
        number = rows.allocate_numbers(organization, "C")
        return create_control(
            actor=actor,
            organization=organization,
            framework=framework,
            identifier=format_reference("C", number),
            title=title,
        )


def update_control(
    *,
    actor: User | None,
    instance: Control,
    version: int | None = None,
    comment: str = "",
    **fields: Any,
) -> Control:
    """Change a control, with the reason `comment` in its history.

    It moves to another framework without its children only.
    """
    framework = fields.get("framework", instance.framework)
    check_parent(instance, framework, fields.get("parent", instance.parent))
    if framework.pk != instance.framework_id and instance.children.exists():
        raise rows.field_error(
            "framework", _("Controls below this one stay behind. Move those first.")
        )
    with recorded(actor=actor, comment=comment):
        return rows.update(actor=actor, instance=instance, version=version, **fields)


def check_parent(control: Control | None, framework: Framework, parent: Control | None) -> None:
    """Raise where `parent` is of another framework, or below `control` already."""
    if parent is not None and parent.framework_id != framework.pk:
        raise rows.field_error("parent", _("The parent belongs to another framework."))
    while parent is not None:
        if control is not None and parent.pk == control.pk:
            raise rows.field_error("parent", _("This would be a cycle: a control above itself."))
        parent = parent.parent
