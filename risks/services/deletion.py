"""Deleting rows so that they can be restored, the rows that are deleted with others, and what a
member who is removed leaves behind."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import CASCADE, Model

from openrisk.accounts.models import Membership
from openrisk.database.ids import uuid7
from openrisk.database.labels import label_of_model
from openrisk.errors import StaleVersion
from openrisk.links import page_url
from risks.history.context import current_context
from risks.models import (
    Asset,
    Control,
    DeletedItem,
    DeletedRows,
    Mitigation,
    Risk,
    RiskAsset,
    RiskControl,
    RiskTag,
)
from risks.models.workspace.deleted_items import LONGEST_LABEL
from risks.services.workspace.snapshots import (
    Block,
    Snapshot,
    children_of,
    collect_rows,
    take_snapshots,
)
from risks.text import count_text, shorten_text

LINKS = (RiskTag, RiskAsset, RiskControl)  # for people a part of the risk
MOST_NAMED = 10
KEPT_FOR = timedelta(days=90)
ROWS_IN_PART = 1000  # of one `DeletedRows`
WRITTEN_AT_ONCE = 500
_batch: ContextVar[UUID | None] = ContextVar("openrisk_deletion_batch", default=None)
_private: dict[type[Model], Callable[[Any], bool]] = {}
PARTS: tuple[tuple[str, Any, str, str, str], ...] = (
    ("Owns", Risk, "owner", "risk", "reference"),
    ("Is assigned", Risk, "assignee", "risk", "reference"),
    ("Reviews", Risk, "reviewer", "risk", "reference"),
    ("Owns", Mitigation, "owner", "mitigation", "reference"),
    ("Owns", Asset, "owner", "asset", "name"),
    ("Owns", Control, "owner", "control", "identifier"),
)


# --- Deleting


@contextmanager
def deleted_together(batch: UUID | None = None) -> Iterator[UUID]:
    """Give what is deleted in the block one `batch`, so that it can be restored together."""
    batch = batch or _batch.get() or uuid7()
    token = _batch.set(batch)
    try:
        yield batch
    finally:
        _batch.reset(token)


def register_private(model: type[Model], is_private: Callable[[Any], bool]) -> None:
    """Let only who deleted such a row see its item. Called once a model, from `ready()`."""
    _private[model] = is_private


def delete_rows(instances: Sequence[Any]) -> list[DeletedItem]:
    """Delete rows of one model, with what the database deletes with them, and return an item for
    each, by which it can be restored. Call it inside `recorded`, with the rows locked.

    Raises StaleVersion where someone added to one of them in the meantime.
    """
    if not instances:
        return []
    model = type(instances[0])
    collected = collect_rows(model, [instance.pk for instance in instances])
    snapshots = take_snapshots(model, collected)
    items = [build_item(instance, snapshots[instance.pk]) for instance in instances]
    DeletedItem.objects.bulk_create(items, batch_size=WRITTEN_AT_ONCE)
    DeletedRows.objects.bulk_create(
        (part for item in items for part in build_parts(item, snapshots[item.object_id])),
        batch_size=WRITTEN_AT_ONCE,
    )
    deleted = Counter[str]()
    for start in range(0, len(items), WRITTEN_AT_ONCE):
        keys = [item.object_id for item in items[start : start + WRITTEN_AT_ONCE]]
        deleted.update(model._base_manager.filter(pk__in=keys).delete()[1])
    if +deleted != {table._meta.label: len(rows) for table, rows in collected.items()}:
        raise StaleVersion
    return items


def build_item(instance: Any, snapshot: Snapshot) -> DeletedItem:
    context = current_context()
    counts = snapshot.counts
    model: type[Model] = type(instance)
    kind = label_of_model(model)
    counts[kind] -= 1
    is_private = _private.get(model, lambda row: False)
    return DeletedItem(
        organization_id=instance.organization_id,
        kind=kind,
        object_id=instance.pk,
        reference=getattr(instance, "reference", ""),
        label=shorten_text(str(instance), LONGEST_LABEL),
        counts={label: count for label, count in counts.items() if count},
        batch=_batch.get(),
        is_private=is_private(instance),
        deleted_at=context.moment,
        deleted_by_id=context.actor_id and UUID(context.actor_id),
        expires_at=context.moment + KEPT_FOR,
    )


def build_parts(item: DeletedItem, snapshot: Snapshot) -> Iterator[DeletedRows]:
    """Yield the rows of an item in parts, so that none of them is large."""
    pending: list[Block] = []
    size = position = 0
    for block in snapshot.blocks:
        for start in range(0, len(block.rows), ROWS_IN_PART):
            rows = block.rows[start : start + ROWS_IN_PART]
            if pending and size + len(rows) > ROWS_IN_PART:
                yield build_part(item, position, pending)
                pending, size, position = [], 0, position + 1
            pending.append(replace(block, rows=rows))
            size += len(rows)
    yield build_part(item, position, pending)


def build_part(item: DeletedItem, position: int, blocks: Sequence[Block]) -> DeletedRows:
    return DeletedRows(
        organization_id=item.organization_id,
        item=item,
        position=position,
        labels="".join(f",{label}," for label in sorted({block.model for block in blocks})),
        content=[asdict(block) for block in blocks],
    )


# --- What is deleted with a row


def deletion_summary(objs: Any) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
    """Return, as `ModelAdmin.get_deleted_objects`: names, counts, missing permissions, protected.

    No permission is missing: a person who may delete a row may delete its parts.
    """
    chosen = list(objs)
    counts: Counter[str] = Counter({str(type(chosen[0])._meta.verbose_name_plural): len(chosen)})
    for model, number in count_parts(chosen).items():
        counts[str(model._meta.verbose_name_plural)] += number
    return [str(obj) for obj in chosen], dict(counts), set(), []


def describe_parts(obj: Model) -> str:
    """Return the rows deleted with `obj`: "2 mitigations, 1 acceptance"; "" without any."""
    return name_counts(count_parts([obj]))


def describe_deleted_parts(item: DeletedItem) -> str:
    """Return the rows that were deleted with an item, in the same words."""
    known = {label_of_model(model): model for model in apps.get_models()}
    return name_counts(
        {known[label]: number for label, number in item.counts.items() if label in known}
    )


def name_counts(counts: Mapping[type[Model], int]) -> str:
    return ", ".join(
        f"{number} {model._meta.verbose_name if number == 1 else model._meta.verbose_name_plural}"
        for model, number in counts.items()
        if model not in LINKS
    )


def count_parts(objs: list[Any]) -> dict[type[Model], int]:
    """Return the number of rows deleted with these objects, by model."""
    counts: Counter[type[Model]] = Counter()

    def count_related(rows: Any) -> None:
        for child, column in children_of(rows.model, CASCADE):
            parts = child._default_manager.filter(**{f"{column}__in": rows.order_by().values("pk")})
            if number := parts.count():
                counts[child] += number
                count_related(parts)

    model = type(objs[0])
    count_related(model._default_manager.filter(pk__in=[obj.pk for obj in objs]))
    return counts


# --- What a member leaves behind


def describe_responsibilities(membership: Membership) -> list[str]:
    """Return "Owns 2 risks: R-0001, R-0002" and the like, and what becomes of them; [] for none."""
    organization = membership.organization
    sentences = []
    for verb, model, role, noun, column in PARTS:
        rows = model.objects.for_organization(organization).filter(**{role: membership.user})
        names = list(rows.order_by(column).values_list(column, flat=True)[:MOST_NAMED])
        if names:
            count = rows.count()
            more = " ..." if count > MOST_NAMED else ""
            sentences.append(f"{verb} {count_text(count, noun)}: {', '.join(names)}{more}")
    if sentences:
        address = page_url("risk-list", organization.slug)
        sentences.append(
            "All of these keep the name, marked as no longer a member, and managers get the "
            f"reminders. Hand them over, before or after: {address}?former_member=true"
        )
    return sentences
