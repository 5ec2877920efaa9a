"""Which models leave tokens, and the tags of what one reads.

Tags name what can change: `risks.risk:<organization>` all risks of one organization,
`risks.risk:*` what belongs to none or to all of them, `risks.risk#<row>` one row and `risks.risk#*`
many at once. Who reads by one of them also depends on its `*`.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db import connection, models

EPOCH = "epoch"  # a tag of every stamp: a new token for it makes everything stale
MANY_ROWS = 32  # a statement that touches more rows leaves one `#*` instead of each row's own


@dataclass(frozen=True)
class Tracked:
    """A model that leaves tokens.

    `organization` is the column that says whose the row is, None for rows that belong to nobody.
    `rows` is the column whose values have tags of their own. Changes of `silent` columns alone
    leave none.
    """

    model: type[models.Model]
    organization: str | None
    rows: str | None
    silent: frozenset[str]

    @property
    def label(self) -> str:
        return self.model._meta.label_lower

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
        """The tags that a change of `instance` touches."""
        owner = _column_value(instance, self.organization) if self.organization else None
        tags = {f"{self.label}:{text_of(owner) if owner else '*'}"}
        row = self.row_tag_of(instance)
        return tags | {row} if row else tags


@dataclass(frozen=True)
class Row:
    """In `reads`: of this model only the row that the URL names is read."""

    model: type[models.Model]


Read = type[models.Model] | Row

_tracked: dict[type[models.Model], Tracked] = {}


def track(
    model: type[models.Model],
    *,
    organization: str | None = "organization_id",
    rows: str | None = None,
    silent: Iterable[str] = (),
) -> None:
    """Let every change of `model` leave a token. Called once a model, from `AppConfig.ready()`."""
    columns = {str(field.column) for field in model._meta.concrete_fields}
    if unknown := {organization, rows, *silent} - columns - {None}:
        raise ImproperlyConfigured(
            f"{model._meta.label} has no column {', '.join(sorted(map(str, unknown)))}: "
            "name columns of its table in track()."
        )
    _tracked[model] = Tracked(model, organization, rows, frozenset(silent))


def all_tracked() -> list[Tracked]:
    return list(_tracked.values())


def is_tracked(model: type[models.Model]) -> bool:
    return model in _tracked


def tracked(model: type[models.Model]) -> Tracked:
    try:
        return _tracked[model]
    except KeyError:
        raise ImproperlyConfigured(
            f"{model._meta.label} leaves no tokens: call caching.track() for it in its app's "
            "ready(), then run `manage.py migrate`."
        ) from None


def tags_read(reads: Iterable[Read], organization_id: UUID, row: Any = None) -> set[str]:
    """The tags of a stamp over `reads`, with the epoch."""
    tags = {EPOCH}
    for read in reads:
        if isinstance(read, Row):
            tags |= tracked(read.model).row_tags(row)
        else:
            tags |= tracked(read).organization_tags(organization_id)
    return tags


def text_of(value: Any) -> str:
    """A column's value as the triggers write it into a tag."""
    if isinstance(value, UUID) and connection.vendor == "sqlite":
        return value.hex
    return str(value)


def _digest(value: Any) -> str:
    """Hashed, because a session key must not lie about in a table of tokens.

    SQLite cannot hash, and its token table lies in the same file as the session's own.
    """
    text = text_of(value)
    if connection.vendor == "sqlite":
        return text
    return hashlib.sha256(text.encode()).hexdigest()


def _column_value(instance: models.Model, column: str) -> Any:
    field = next(f for f in instance._meta.concrete_fields if f.column == column)
    return getattr(instance, field.attname)
