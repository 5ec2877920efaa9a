"""Writes comments that come without a change: the triggers write nothing for them."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.models import Max, Model

from openrisk.database.labels import label_of_model
from risks.history.context import current_context
from risks.models import Change, ChangeAction


@contextmanager
def keep_comment(instance: Model, comment: str) -> Iterator[None]:
    """Write `comment` into the history of `instance` if the block changes nothing of it.

    Within `recorded`, and with the row locked.
    """
    before = _latest_change(instance) if comment else None
    yield
    if comment and _latest_change(instance) == before:
        record_comment(instance, comment)


def record_comment(instance: Model, comment: str) -> None:
    """Add an entry without changes, which is how history holds a comment."""
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


def _latest_change(instance: Model) -> int | None:
    latest: int | None = Change.objects.filter(object_id=instance.pk).aggregate(at=Max("id"))["at"]
    return latest
