"""Deleted items: who sees which, restoring them, and deleting them for good.

`risks.services.deletion` makes them.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openrisk.accounts.models import Membership, Role, User
from openrisk.database.labels import label_of_model
from openrisk.errors import Conflict
from risks.history import recorded
from risks.models import DeletedItem, DeletedRows
from risks.services.deletion import build_part
from risks.services.workspace.restoring import Restoration, restore_rows
from risks.services.workspace.snapshots import Block, Table, from_json
from risks.text import day_text

DELETED_AT_ONCE = 200
MAY_NOT_RESTORE = gettext_lazy(
    "Managers restore what others deleted. Ask one of your organization."
)


# --- Who may do what


def visible_to(member: Membership) -> QuerySet[DeletedItem]:
    """Return what can be restored and the member may see: managers everything that is not private,
    others what they deleted themselves."""
    items: Any = DeletedItem.objects.for_organization(member.organization)
    own = Q(deleted_by=member.user)
    seen = own | Q(is_private=False) if member.has_role(Role.MANAGER) else own
    result: QuerySet[DeletedItem] = items.filter(seen, expires_at__gt=timezone.now())
    return result


def can_restore(member: Membership, item: DeletedItem) -> bool:
    """Return whether the member may restore an item that they see.

    The person who deleted something may take that back, as long as they may write at all; a
    private item is seen by no one else.
    """
    own = item.deleted_by_id == member.user_id
    return member.has_role(Role.MANAGER) or (
        own and (item.is_private or member.has_role(Role.ANALYST))
    )


def find_deleted(member: Membership, model: Table, **named: Any) -> DeletedItem | None:
    """Return the latest item of a row that was deleted, if the member may see it."""
    items: Any = visible_to(member).filter(kind=label_of_model(model), restored_at=None, **named)
    found: DeletedItem | None = items.select_related("deleted_by").first()
    return found


# --- Restoring


def restore_item(*, actor: User | None, item: DeletedItem) -> Restoration:
    """Write what was deleted again, with its keys, numbers and references.

    Raises Conflict where it was restored before, or where something has taken its name or what it
    belonged to is gone.
    """
    return restore_items(actor=actor, items=[item])


def restore_batch(*, actor: User | None, item: DeletedItem) -> Restoration:
    """Restore all that was deleted with the item in one bulk change, or nothing of it."""
    together = DeletedItem.objects.filter(organization=item.organization_id, batch=item.batch)
    others = together.exclude(pk=item.pk).waiting(timezone.now()) if item.batch else ()
    return restore_items(actor=actor, items=[item, *others])


def restore_items(*, actor: User | None, items: Sequence[DeletedItem]) -> Restoration:
    """Restore items of one organization, all or none."""
    comment = _("Restored: deleted on %s") % day_text(items[0].deleted_at)
    with recorded(actor=actor, comment=comment):
        locked = lock_items(items)
        parts = DeletedRows.objects.filter(item__in=[item.pk for item in locked])
        blocks = [Block(**block) for part in parts for block in part.content]
        try:
            with transaction.atomic():
                restoration = restore_rows(locked, blocks)
        except IntegrityError:
            raise Conflict(
                _("It cannot be restored: a part of it exists again by now. Compare the two first.")
            ) from None
        hand_over(restoration)
        restored = DeletedItem.objects.filter(pk__in=[item.pk for item in locked])
        restored.update(restored_at=timezone.now(), restored_by=actor)
        parts.delete()
    return restoration


def lock_items(items: Sequence[DeletedItem]) -> list[DeletedItem]:
    """Return the items as they are now, locked; Conflict where one cannot be restored any more."""
    chosen = DeletedItem.objects.filter(pk__in=[item.pk for item in items]).order_by("pk")
    people = chosen.select_related("organization", "restored_by")
    locked = list(people.select_for_update(of=("self",)))
    now = timezone.now()
    for item in locked:
        if item.restored_at is not None:
            raise Conflict(
                _("%(name)s was restored already, on %(day)s by %(person)s.")
                % {
                    "name": item.label,
                    "day": day_text(item.restored_at),
                    "person": item.restored_by or _("the system"),
                }
            )
    if len(locked) < len(items) or any(item.expires_at <= now for item in locked):
        raise Conflict(_("It was deleted for good and cannot be restored any more."))
    return locked


def hand_over(restoration: Restoration) -> None:
    """Let links to what is deleted too come back when that is restored."""
    others = DeletedItem.objects.filter(
        organization=restoration.items[0].organization_id,
        object_id__in=list(restoration.waiting),
        restored_at=None,
    )
    for target in others.annotate(last=Max("parts__position")):
        part = build_part(target, (target.last or 0) + 1, restoration.waiting[target.object_id])
        part.save()
        restoration.notes.append(
            _("What linked it to %(name)s comes back when you restore that too.")
            % {"name": target.label}
        )


# --- Deleting for good


def delete_for_good(*, actor: User | None, item: DeletedItem) -> None:
    """Delete an item, so that it can never be restored; its history stays."""
    with recorded(actor=actor, comment=_("Deleted for good")):
        lock_items([item])[0].delete()


def delete_expired_items(now: datetime | None = None) -> int:
    """Delete the items whose time is over, and private ones of people whose account is gone."""
    over = Q(expires_at__lte=now or timezone.now()) | Q(is_private=True, deleted_by=None)
    deleted = 0
    while keys := list(
        DeletedItem.objects.filter(over).values_list("pk", flat=True)[:DELETED_AT_ONCE]
    ):
        with recorded(actor=None, comment=_("Its time in the deleted items is over")):
            DeletedItem.objects.filter(pk__in=keys).delete()
        deleted += len(keys)
    return deleted


def referenced_by_deleted_items(model: Table, column: str) -> set[Any]:
    """Return the values of `column` in all rows of `model` that could still be restored.

    For what is stored outside the database, such as files: it is needed as long as these are.
    """
    return set(_values_in_parts(model, column))


def _values_in_parts(model: Table, column: str) -> Iterator[Any]:
    label = label_of_model(model)
    field: Any = model._meta.get_field(column)
    parts = DeletedRows.objects.filter(labels__contains=f",{label},")
    for content in parts.values_list("content", flat=True).iterator(chunk_size=100):
        for block in content:
            if block["model"] == label and field.attname in block["columns"] and not block["link"]:
                place = block["columns"].index(field.attname)
                yield from (from_json(field, row[place]) for row in block["rows"])
