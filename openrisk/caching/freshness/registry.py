"""Which models leave tokens, and the tags of what one reads.

Tags name what can change: `risks.risk:<organization>` all risks of one organization,
`risks.risk:*` what belongs to none or to all of them, `risks.risk#<row>` one row and `risks.risk#*`
many at once. Who reads by one of them also depends on its `*`. `risks.risk.names:<organization>`
is a part: some columns of all risks, and which risks there are.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db import connection, models

from openrisk.database.labels import label_of_model

EPOCH = "epoch"  # a tag of every snapshot: a new token for it makes everything stale
MANY_ROWS = 32  # a statement that touches more rows leaves one `#*` instead of each row's own


@dataclass(frozen=True)
class TrackedModel:
    """A model that leaves tokens, or a part of one.

    `organization` is the column that says whose the row is, None for rows that belong to nobody.
    `rows` is the column whose values have tags of their own. Changes of `silent` columns alone
    leave none. A `part` has a name, and all but its own columns are silent.
    """

    model: type[models.Model]
    organization_column: str | None
    row_key: str | None
    ignored_columns: frozenset[str]
    group: str = ""

    @property
    def label(self) -> str:
        return label_of_model(self.model) + (self.group and f".{self.group}")

    @property
    def trigger_suffix(self) -> str:
        """What triggers are called after."""
        return self.table + (self.group and f"_{self.group}")

    @property
    def dependencies(self) -> frozenset[str]:
        """What the recorder calls it: the table, or those of its columns that a part has."""
        return (
            frozenset(f"{self.table}.{name}" for name in self.versioned_columns)
            if self.group
            else frozenset({self.table})
        )

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def primary_key_column(self) -> str:
        """The column of the primary key."""
        return str(self.model._meta.pk.column)  # type: ignore[union-attr]

    @property
    def versioned_columns(self) -> list[str]:
        """The columns whose changes leave a token."""
        columns = (str(field.column) for field in self.model._meta.concrete_fields)
        return [column for column in columns if column not in self.ignored_columns]

    def organization_tags(self, organization_id: UUID) -> set[str]:
        return {f"{self.label}:{as_tag_text(organization_id)}", f"{self.label}:*"}

    def row_tags(self, value: Any) -> set[str]:
        return {f"{self.label}#{_digest(value)}", f"{self.label}#*"}

    def row_tag_of(self, instance: models.Model) -> str | None:
        if self.row_key is None:
            return None
        return f"{self.label}#{_digest(_column_value(instance, self.row_key))}"

    def tags_of(self, instance: models.Model) -> set[str]:
        """Those of them that a change of `instance` moves."""
        owner = (
            _column_value(instance, self.organization_column) if self.organization_column else None
        )
        tags = {f"{self.label}:{as_tag_text(owner) if owner else '*'}"}
        row = self.row_tag_of(instance)
        return tags | {row} if row else tags


@dataclass(frozen=True)
class Row:
    """In `reads`: of this model only the row that the URL names is read."""

    model: type[models.Model]


@dataclass(frozen=True)
class ColumnGroup:
    """In `reads`: of this model's rows only the columns that `track` gave this name."""

    model: type[models.Model]
    name: str


Read = type[models.Model] | Row | ColumnGroup

_tracked: dict[tuple[type[models.Model], str], TrackedModel] = {}


def track(
    model: type[models.Model],
    *,
    organization_column: str | None = "organization_id",
    row_key: str | None = None,
    ignored_columns: Iterable[str] = (),
    column_groups: Mapping[str, Iterable[str]] | None = None,
) -> None:
    """Let every change of `model` move its tags. Called once a model, from `AppConfig.ready()`.

    `column_groups` are named columns that others show of it: they have a tag that nothing else
    moves.
    """
    columns = {str(field.column) for field in model._meta.concrete_fields}
    groups = {name: set(own) for name, own in (column_groups or {}).items()}
    named = {organization_column, row_key, *ignored_columns}.union(*groups.values())
    if unknown := named - columns - {None}:
        raise ImproperlyConfigured(
            f"{model._meta.label} has no column {', '.join(sorted(map(str, unknown)))}: "
            "name columns of its table in track()."
        )
    whole = TrackedModel(model, organization_column, row_key, frozenset(ignored_columns))
    _tracked[model, ""] = whole
    for name, own in groups.items():
        others = frozenset(columns - own - {whole.primary_key_column, organization_column})
        _tracked[model, name] = TrackedModel(model, organization_column, None, others, name)


def tracked_models() -> list[TrackedModel]:
    """Models, and parts of them."""
    return list(_tracked.values())


def is_tracked(model: type[models.Model]) -> bool:
    return (model, "") in _tracked


def tracked_model(read: Read) -> TrackedModel:
    """The model, or the part of one, that is read. Raises ImproperlyConfigured."""
    model, part = model_and_group(read)
    try:
        return _tracked[model, part]
    except KeyError:
        raise ImproperlyConfigured(
            f"{model._meta.label} leaves no tokens{part and f' for {part!r}'}: call "
            "caching.track() for it in its app's ready(), then run `manage.py migrate`."
        ) from None


def model_and_group(read: Read) -> tuple[type[models.Model], str]:
    """Which model is read, and the part of it; "" for all of a row."""
    if isinstance(read, ColumnGroup):
        return read.model, read.name
    return (read.model if isinstance(read, Row) else read), ""


def with_column_groups(model: type[models.Model]) -> list[TrackedModel]:
    """The model itself, if it is tracked, and its parts."""
    return [one for one in _tracked.values() if one.model is model]


def tags_changed_by(instance: models.Model) -> set[str]:
    """The tags that a change of `instance` moves at most."""
    return set().union(*(one.tags_of(instance) for one in with_column_groups(type(instance))))


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


def _digest(value: Any) -> str:
    """Hashed, so that the table of tokens shows no value of another table.

    SQLite cannot hash, and its token table is in the same file as the others.
    """
    text = as_tag_text(value)
    if connection.vendor == "sqlite":
        return text
    return hashlib.sha256(text.encode()).hexdigest()


def _column_value(instance: models.Model, column: str) -> Any:
    field = next(f for f in instance._meta.concrete_fields if f.column == column)
    return getattr(instance, field.attname)
