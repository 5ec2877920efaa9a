"""Controls of frameworks."""

from typing import Any

from openrisk.accounts.models import Organization, User
from risks.models import Control, Framework
from risks.services import rows


def create_control(
    *, actor: User | None, organization: Organization, framework: Framework, **fields: Any
) -> Control:
    _check_parent(None, framework, fields.get("parent"))
    return rows.create(
        Control, actor=actor, organization=organization, framework=framework, **fields
    )


def update_control(
    *, actor: User | None, instance: Control, version: int | None = None, **fields: Any
) -> Control:
    framework = fields.get("framework", instance.framework)
    _check_parent(instance, framework, fields.get("parent", instance.parent))
    if framework.pk != instance.framework_id and instance.children.exists():
        raise rows.field_error(
            "framework", "Controls below this one stay behind. Move those first."
        )
    return rows.update(actor=actor, instance=instance, version=version, **fields)


def _check_parent(control: Control | None, framework: Framework, parent: Control | None) -> None:
    if parent is not None and parent.framework_id != framework.pk:
        raise rows.field_error("parent", "The parent belongs to another framework.")
    while parent is not None:
        if control is not None and parent.pk == control.pk:
            raise rows.field_error("parent", "This would be a cycle: a control above itself.")
        parent = parent.parent
