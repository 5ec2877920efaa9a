"""Writes reasons that come without a change, where a row cannot have comments (`risks.models`).

The triggers write nothing for them. Risks and mitigations had these before they had comments; such
entries stay in their history, and are shown as comments.
"""

from django.db.models import Model

from openrisk.database.labels import label_of_model
from risks.history.context import current_context
from risks.models import Change, ChangeAction


def record_comment(instance: Model, comment: str) -> None:
    """Add an entry without changes. Within `recorded`, with the row locked."""
    context = current_context()
    Change.objects.create(
        organization_id=instance.organization_id,  # type: ignore[attr-defined]
        model=label_of_model(type(instance)),
        object_id=instance.pk,
        action=ChangeAction.UPDATED,
        at=context.moment,
        actor_id=context.actor_id,
        comment=comment,
        request_id=context.request_id,
        run_id=context.run_id,
        changes={},
    )
