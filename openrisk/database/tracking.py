"""Declares, once for each model, what the database's triggers do when a row of it changes.

An app calls `track()` for its models in `AppConfig.ready()`:

    track(Risk, cache=CacheTags(row_key="id"), history=RowHistory(ignored_fields={"number"}))

`cache`: the write moves tags of the cache, so that responses become stale (`openrisk.caching`).
`history` and `intervals`: the write is recorded, with who did it and why (`risks.history`).
Both make triggers of it, which `openrisk.database.triggers` installs after every `migrate`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ImproperlyConfigured
from django.db import models


@dataclass(frozen=True)
class CacheTags:
    """The tags that a write moves; columns are those of the table.

    `organization_column` says whose the row is, None for rows that belong to no organization. Each
    value of `row_key` has a tag of its own. Changes of `ignored_columns` alone move nothing.
    `column_groups` are named columns that other responses show: the tag of a group moves only with
    these, and when rows come or go.
    """

    organization_column: str | None = "organization_id"
    row_key: str | None = None
    ignored_columns: Collection[str] = ()
    column_groups: Mapping[str, Collection[str]] = field(default_factory=dict)

    @property
    def columns(self) -> set[str]:
        """All columns that are named here."""
        named = {self.organization_column, self.row_key, *self.ignored_columns}
        return {name for name in named.union(*self.column_groups.values()) if name}


@dataclass(frozen=True)
class RowHistory:
    """Every change of a row is an entry in its history, of all fields but `ignored_fields`."""

    ignored_fields: Collection[str] = ()


@dataclass(frozen=True)
class LinkHistory:
    """A row that links two others: an entry in the history of `parent`, a foreign key.

    It is shown as a change of a field `shown_as`, with the values of `value_column`. A row whose
    foreign key is null makes no entry: a model with one of several parents declares several.
    """

    parent: str
    shown_as: str
    value_column: str


@dataclass(frozen=True)
class IntervalHistory:
    """`model` has a row for each time during which `columns` of a row did not change.

    A change ends that row and adds the next. `row_column` is its column with the id of the row.
    """

    model: type[models.Model]
    row_column: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Tracking:
    """All that was declared of a model."""

    model: type[models.Model]
    cache: CacheTags | None
    history: RowHistory | Sequence[LinkHistory] | None
    intervals: IntervalHistory | None


_declared: dict[type[models.Model], Tracking] = {}


def track(
    model: type[models.Model],
    *,
    cache: CacheTags | None = None,
    history: RowHistory | LinkHistory | Sequence[LinkHistory] | None = None,
    intervals: IntervalHistory | None = None,
) -> None:
    """Declare what triggers do when rows of `model` change. Called once a model, in `ready()`."""
    columns = {str(column.column) for column in model._meta.concrete_fields}
    if cache is not None and (unknown := cache.columns - columns):
        raise ImproperlyConfigured(
            f"{model._meta.label} has no column {', '.join(sorted(unknown))}: "
            "name columns of its table in track()."
        )
    links = [history] if isinstance(history, LinkHistory) else history
    _declared[model] = Tracking(model, cache, links, intervals)


def all_trackings() -> list[Tracking]:
    """In the order of the apps. Complete once every app is ready."""
    return list(_declared.values())
