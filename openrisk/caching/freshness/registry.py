"""The models whose writes the cache notices, and the tags of what a response reads.

Apps declare their models with `openrisk.database.tracking.track(Model, cache=CacheTags(...))`.
Tags name what can change: `risks.risk:<organization>` all risks of one organization,
`risks.risk:*` those of no organization or of all, `risks.risk#<row>` one row and `risks.risk#*`
many rows at once. Reading by one of them also depends on its `*`. `risks.risk.names:<organization>`
is a column group: some columns of all risks, and which risks there are.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db import connection, models

from openrisk.database.labels import label_of_model
from openrisk.database.tracking import all_trackings

EPOCH = "epoch"  # a tag of every snapshot: a new version of it makes everything stale
MANY_ROWS = 32  # a statement that touches more rows moves one `#*` instead of each row's own tag


@dataclass(frozen=True)
class TrackedModel:
    """A model whose writes move tags, or a column group of one.

    The fields are those of `CacheTags`. A group has a name, and ignores all columns but its own.
    """

    model: type[models.Model]
    organization_column: str | None
    row_key: str | None
    ignored_columns: frozenset[str]
    group: str = ""

    @property
    def label(self) -> str:
        """The beginning of its tags."""
        return label_of_model(self.model) + (self.group and f".{self.group}")

    @property
    def trigger_suffix(self) -> str:
        return self.table + (self.group and f"_{self.group}")

    @property
    def dependencies(self) -> frozenset[str]:
        """As `sql_dependencies` names it: the table, or `table.column` for each of a group."""
        if not self.group:
            return frozenset({self.table})
        return frozenset(f"{self.table}.{column}" for column in self.versioned_columns)

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def primary_key_column(self) -> str:
        return str(self.model._meta.pk.column)  # type: ignore[union-attr]

    @property
    def versioned_columns(self) -> list[str]:
        """The columns whose changes move its tags."""
        columns = (str(field.column) for field in self.model._meta.concrete_fields)
        return [column for column in columns if column not in self.ignored_columns]

    def organization_tags(self, organization_id: UUID) -> set[str]:
        return {f"{self.label}:{as_tag_text(organization_id)}", f"{self.label}:*"}

    def row_tags(self, value: Any) -> set[str]:
        return {f"{self.label}#{_hash_row_key(value)}", f"{self.label}#*"}

    def tags_of(self, instance: models.Model) -> set[str]:
        """The tags that a change of `instance` moves."""
        owner = self.organization_column and _column_value(instance, self.organization_column)
        tags = {f"{self.label}:{as_tag_text(owner) if owner else '*'}"}
        if self.row_key:
            tags.add(f"{self.label}#{_hash_row_key(_column_value(instance, self.row_key))}")
        return tags


@dataclass(frozen=True)
class Row:
    """In `reads`: of this model only the row that the URL names is read."""

    model: type[models.Model]


@dataclass(frozen=True)
class ColumnGroup:
    """In `reads`: of this model's rows only the columns of the group with this name."""

    model: type[models.Model]
    name: str


Read = type[models.Model] | Row | ColumnGroup


@cache
def _registry() -> dict[tuple[type[models.Model], str], TrackedModel]:
    """By model and name of the group; "" for the model itself. Built once all apps are ready."""
    registry = {}
    for tracking in all_trackings():
        if (tags := tracking.cache) is None:
            continue
        model, owner = tracking.model, tags.organization_column
        whole = TrackedModel(model, owner, tags.row_key, frozenset(tags.ignored_columns))
        registry[model, ""] = whole
        columns = {str(field.column) for field in model._meta.concrete_fields}
        for name, own in tags.column_groups.items():
            others = frozenset(columns - set(own) - {whole.primary_key_column, owner})
            registry[model, name] = TrackedModel(model, owner, None, others, name)
    return registry


def tracked_models() -> list[TrackedModel]:
    """All models whose writes move tags, and their column groups."""
    return list(_registry().values())


def is_tracked(model: type[models.Model]) -> bool:
    return (model, "") in _registry()


def tracked_model(read: Read) -> TrackedModel:
    """The model, or the column group, that is read. Raises ImproperlyConfigured."""
    model, group = model_and_group(read)
    try:
        return _registry()[model, group]
    except KeyError:
        raise ImproperlyConfigured(
            f"{model._meta.label} has no cache tags{group and f' for {group!r}'}: declare them "
            "with track(..., cache=CacheTags()) in its app's ready(), then run `manage.py migrate`."
        ) from None


def model_and_group(read: Read) -> tuple[type[models.Model], str]:
    """The model that is read, and the name of the column group; "" for whole rows."""
    if isinstance(read, ColumnGroup):
        return read.model, read.name
    return (read.model if isinstance(read, Row) else read), ""


def with_column_groups(model: type[models.Model]) -> list[TrackedModel]:
    """The model itself, if it is tracked, and its column groups."""
    return [tracked for tracked in tracked_models() if tracked.model is model]


def tags_changed_by(instance: models.Model) -> set[str]:
    """The tags that a change of `instance` moves at most."""
    tracked = with_column_groups(type(instance))
    return set().union(*(model.tags_of(instance) for model in tracked))


def tags_for_reads(reads: Iterable[Read], organization_id: UUID, row: Any = None) -> set[str]:
    """The tags of a snapshot over `reads`, with the epoch."""
    tags = {EPOCH}
    for read in reads:
        if isinstance(read, Row):
            tags |= tracked_model(read).row_tags(row)
        else:
            tags |= tracked_model(read).organization_tags(organization_id)
    return tags


def as_tag_text(value: Any) -> str:
    """A column's value as the triggers write it into a tag."""
    if isinstance(value, UUID) and connection.vendor == "sqlite":
        return value.hex
    return str(value)


def _hash_row_key(value: Any) -> str:
    """Hashed, so that the table of versions shows no value of another table, e.g. session keys.

    SQLite cannot hash, and its table of versions is in the same file as the others.
    """
    text = as_tag_text(value)
    if connection.vendor == "sqlite":
        return text
    return hashlib.sha256(text.encode()).hexdigest()


def _column_value(instance: models.Model, column: str) -> Any:
    field = next(f for f in instance._meta.concrete_fields if f.column == column)
    return getattr(instance, field.attname)
