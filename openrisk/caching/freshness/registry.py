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

EPOCH = "epoch"  # a tag of every stamp: a new token for it makes everything stale
MANY_ROWS = 32  # a statement that touches more rows leaves one `#*` instead of each row's own


@dataclass(frozen=True)
class Tracked:
    """A model that leaves tokens, or a part of one.

    `organization` is the column that says whose the row is, None for rows that belong to nobody.
    `rows` is the column whose values have tags of their own. Changes of `silent` columns alone
    leave none. A `part` has a name, and all but its own columns are silent.
    """

    model: type[models.Model]
    organization: str | None
    rows: str | None
    silent: frozenset[str]
    part: str = ""

    @property
    def label(self) -> str:
        return label_of_model(self.model) + (self.part and f".{self.part}")

    @property
    def source(self) -> str:
        """What triggers are called after."""
        return self.table + (self.part and f"_{self.part}")

    @property
    def recorded(self) -> frozenset[str]:
        """What the recorder calls it: the table, or those of its columns that a part has."""
        return (
            frozenset(f"{self.table}.{name}" for name in self.told)
            if self.part
            else frozenset({self.table})
        )

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def key(self) -> str:
        """The column of the primary key."""
        return str(self.model._meta.pk.column)  # type: ignore[union-attr]

    @property
    def told(self) -> list[str]:
        """The columns whose changes leave a token."""
        columns = (str(field.column) for field in self.model._meta.concrete_fields)
        return [column for column in columns if column not in self.silent]

    def organization_tags(self, organization_id: UUID) -> set[str]:
        return {f"{self.label}:{text_of(organization_id)}", f"{self.label}:*"}

    def row_tags(self, value: Any) -> set[str]:
        return {f"{self.label}#{_digest(value)}", f"{self.label}#*"}

    def row_tag_of(self, instance: models.Model) -> str | None:
        if self.rows is None:
            return None
        return f"{self.label}#{_digest(_column_value(instance, self.rows))}"

    def tags_of(self, instance: models.Model) -> set[str]:
        """Those of them that a change of `instance` moves."""
        owner = _column_value(instance, self.organization) if self.organization else None
        tags = {f"{self.label}:{text_of(owner) if owner else '*'}"}
        row = self.row_tag_of(instance)
        return tags | {row} if row else tags


@dataclass(frozen=True)
class Row:
    """In `reads`: of this model only the row that the URL names is read."""

    model: type[models.Model]


@dataclass(frozen=True)
class Part:
    """In `reads`: of this model's rows only the columns that `track` gave this name."""

    model: type[models.Model]
    name: str


Read = type[models.Model] | Row | Part

_tracked: dict[tuple[type[models.Model], str], Tracked] = {}


def track(
    model: type[models.Model],
    *,
    organization: str | None = "organization_id",
    rows: str | None = None,
    silent: Iterable[str] = (),
    parts: Mapping[str, Iterable[str]] | None = None,
) -> None:
    """Let every change of `model` leave a token. Called once a model, from `AppConfig.ready()`.

    `parts` are named columns that others show of it: they have a tag that nothing else moves.
    """
    columns = {str(field.column) for field in model._meta.concrete_fields}
    given = {name: set(own) for name, own in (parts or {}).items()}
    if unknown := {organization, rows, *silent}.union(*given.values()) - columns - {None}:
        raise ImproperlyConfigured(
            f"{model._meta.label} has no column {', '.join(sorted(map(str, unknown)))}: "
            "name columns of its table in track()."
        )
    _tracked[model, ""] = whole = Tracked(model, organization, rows, frozenset(silent))
    for name, own in given.items():
        others = frozenset(columns - own - {whole.key, organization})
        _tracked[model, name] = Tracked(model, organization, None, others, name)


def all_tracked() -> list[Tracked]:
    """Models, and parts of them."""
    return list(_tracked.values())


def is_tracked(model: type[models.Model]) -> bool:
    return (model, "") in _tracked


def tracked(read: Read) -> Tracked:
    """The model, or the part of one, that is read. Raises ImproperlyConfigured."""
    model, part = read_of(read)
    try:
        return _tracked[model, part]
    except KeyError:
        raise ImproperlyConfigured(
            f"{model._meta.label} leaves no tokens{part and f' for {part!r}'}: call "
            "caching.track() for it in its app's ready(), then run `manage.py migrate`."
        ) from None


def read_of(read: Read) -> tuple[type[models.Model], str]:
    """Which model is read, and the part of it; "" for all of a row."""
    if isinstance(read, Part):
        return read.model, read.name
    return (read.model if isinstance(read, Row) else read), ""


def parts_of(model: type[models.Model]) -> list[Tracked]:
    """The model itself, if it is tracked, and its parts."""
    return [one for one in _tracked.values() if one.model is model]


def tags_touched(instance: models.Model) -> set[str]:
    """The tags that a change of `instance` moves at most."""
    return set().union(*(one.tags_of(instance) for one in parts_of(type(instance))))


def tags_read(reads: Iterable[Read], organization_id: UUID, row: Any = None) -> set[str]:
    """The tags of a stamp over `reads`, with the epoch."""
    tags = {EPOCH}
    for read in reads:
        if isinstance(read, Row):
            tags |= tracked(read).row_tags(row)
        else:
            tags |= tracked(read).organization_tags(organization_id)
    return tags


def text_of(value: Any) -> str:
    """A column's value as the triggers write it into a tag."""
    if isinstance(value, UUID) and connection.vendor == "sqlite":
        return value.hex
    return str(value)


def _digest(value: Any) -> str:
    """Hashed, so that the table of tokens shows no value of another table.

    SQLite cannot hash, and its token table is in the same file as the others.
    """
    text = text_of(value)
    if connection.vendor == "sqlite":
        return text
    return hashlib.sha256(text.encode()).hexdigest()


def _column_value(instance: models.Model, column: str) -> Any:
    field = next(f for f in instance._meta.concrete_fields if f.column == column)
    return getattr(instance, field.attname)
