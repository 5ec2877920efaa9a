"""Read rows, and all that the database deletes with them, as JSON.

The walk follows the relations of the models, so that a model that is added later is in it.
"""

from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from graphlib import TopologicalSorter
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import CASCADE, SET_NULL, Field, Model
from django.utils.duration import duration_iso_string

from openrisk.database.labels import label_of_model

BATCH = 500  # keys in one query
Table = type[Model]


@dataclass
class Block:
    """Rows of one model: the values of `columns` in each.

    With a `link`, a column with a foreign key, rows that stay: (their key, what the link led to).
    """

    model: str
    columns: list[str]
    rows: list[list[Any]] = field(default_factory=list)
    link: str = ""


@dataclass
class Snapshot:
    """The blocks of one deleted row: its own and those of its parts, parents before children."""

    blocks: list[Block] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """Return the number of rows by the label of their model, links apart."""
        counts: dict[str, int] = defaultdict(int)
        for block in self.blocks:
            if not block.link:
                counts[block.model] += len(block.rows)
        return counts


Roots = dict[Table, dict[Any, set[Any]]]


def take_snapshots(model: Table, roots: Roots) -> dict[Any, Snapshot]:
    """Return the snapshot of each row of `model` that `collect_rows` began with, by its key."""
    snapshots = {key: Snapshot() for owners in roots[model].values() for key in owners}
    for table in parents_first(roots):
        columns = stored_columns(table)
        key = columns.index(table._meta.pk.attname)  # type: ignore[union-attr]
        for row in read_rows(table, "pk", roots[table], columns):
            owners = roots[table][row[key]]
            add_row(snapshots, owners, table, columns, [to_json(value) for value in row])
    for table, link, key, target, owners in collect_links(roots):
        columns = [table._meta.pk.attname, link]  # type: ignore[union-attr]
        add_row(snapshots, owners, table, columns, [to_json(key), to_json(target)], link)
    return snapshots


def add_row(
    snapshots: dict[Any, Snapshot],
    owners: Iterable[Any],
    table: Table,
    columns: list[str],
    row: list[Any],
    link: str = "",
) -> None:
    label = label_of_model(table)
    for owner in owners:
        blocks = snapshots[owner].blocks
        if not blocks or (blocks[-1].model, blocks[-1].link) != (label, link):
            blocks.append(Block(label, columns, link=link))
        blocks[-1].rows.append(row)


# --- The walk


def collect_rows(model: Table, keys: Iterable[Any]) -> Roots:
    """Return the keys of all rows that are deleted with these, by model, with the rows of `keys`
    that each hangs on."""
    roots: Roots = defaultdict(dict)
    roots[model] = {key: {key} for key in keys}
    pending = [(model, list(roots[model]))]
    while pending:
        table, parents = pending.pop()
        for child, column in children_of(table, CASCADE):
            present = roots[child]
            added = []
            for key, parent in read_rows(child, column, parents, ["pk", column]):
                owners = present.setdefault(key, set())
                if not owners >= (inherited := roots[table][parent]):
                    owners |= inherited
                    added.append(key)
            if added:
                pending.append((child, added))
    return {table: rows for table, rows in roots.items() if rows}


def collect_links(roots: Roots) -> Iterator[tuple[Table, str, Any, Any, set[Any]]]:
    """Yield (model, column, key, target, roots) of the rows that stay and lose a link."""
    for target_model, targets in roots.items():
        for table, column in children_of(target_model, SET_NULL):
            deleted = roots.get(table, {})
            for key, target in read_rows(table, column, targets, ["pk", column]):
                if key not in deleted:
                    yield table, column, key, target, targets[target]


@cache
def children_of(model: Table, on_delete: Any) -> list[tuple[Table, str]]:
    """Return (model, column) of each foreign key to `model` with this rule, hidden ones too."""
    relations: Any = model._meta.get_fields(include_hidden=True)
    return [
        (relation.related_model, relation.field.attname)
        for relation in relations
        if relation.auto_created
        and not relation.concrete
        and (relation.one_to_one or relation.one_to_many)
        and relation.on_delete is on_delete
    ]


def parents_first(tables: Iterable[Table]) -> list[Table]:
    """Return the models so that each stands behind those that its foreign keys lead to."""
    chosen = list(tables)
    graph = {
        table: {
            target
            for column in foreign_keys(table)
            if not column.null
            and (target := column.related_model) in chosen
            and target is not table
        }
        for table in chosen
    }
    return list(TopologicalSorter(graph).static_order())


def foreign_keys(model: Table) -> list[Any]:
    """Return the columns of `model` whose targets the database checks."""
    return [
        column
        for column in model._meta.concrete_fields
        if column.is_relation and getattr(column, "db_constraint", True)
    ]


def stored_columns(model: Table) -> list[str]:
    """Return the columns that are written: all but those that the database computes."""
    return [column.attname for column in model._meta.concrete_fields if not column.generated]


def read_rows(
    model: Table, column: str, keys: Iterable[Any], columns: list[str]
) -> Iterator[tuple[Any, ...]]:
    """Yield `columns` of the rows whose `column` is one of `keys`."""
    remaining = iter(keys)
    while batch := list(islice(remaining, BATCH)):
        rows = model._base_manager.filter(**{f"{column}__in": batch})
        yield from rows.order_by("pk").values_list(*columns)


# --- Values


def to_json(value: Any) -> Any:
    """Return a column's value as JSON can hold it; `from_json` is the inverse."""
    match value:
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return duration_iso_string(value)
        case UUID() | Decimal():
            return str(value)
        case bytes() | memoryview():
            return b64encode(value).decode()
    return value


def from_json(column: Field, value: Any) -> Any:
    """Return the value of a column that `to_json` wrote."""
    if value is None:
        return None
    target: Any = getattr(column, "target_field", column) if column.is_relation else column
    return target.to_python(value)
