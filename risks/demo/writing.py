"""Bulk writing of plain rows, several times as fast as `bulk_create`.

It also leaves times as they are, where `bulk_create` sets `created_at` and `updated_at` to now.
The history triggers see these rows like any others.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from itertools import chain
from typing import Any
from uuid import UUID

from django.db import connection, models
from psycopg.types.json import Jsonb

BATCH = 1000
Row = dict[str, Any]  # column -> value

# How each database takes what its driver does not know, or would write otherwise than Django does.
_ADAPTERS: dict[str, dict[type, Callable[[Any], Any]]] = {
    "postgresql": {dict: Jsonb, list: Jsonb},
    "sqlite": {
        UUID: lambda value: value.hex,
        datetime: lambda value: str(value.astimezone(UTC).replace(tzinfo=None)),
        date: str,
        Decimal: str,
        dict: json.dumps,
        list: json.dumps,
    },
}


def write(model: type[models.Model], rows: Sequence[Row], changed: Sequence[str] = ()) -> None:
    """Insert `rows`; a column that a row lacks gets its default.

    With `changed`, rows whose id exists get these columns of theirs instead.
    """
    if not rows:
        return
    defaults = _defaults(model)
    head, marks, tail = _statement(model, tuple(changed))
    adapters = _ADAPTERS[connection.vendor]
    prepared = [
        [
            adapters[type(value)](value) if type(value) in adapters else value
            for value in (row.get(column, default) for column, default in defaults.items())
        ]
        for row in rows
    ]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(head + marks + tail, prepared)
            return
        # One statement for many rows: the triggers write history once a statement.
        for start in range(0, len(prepared), BATCH):
            batch = prepared[start : start + BATCH]
            values = ", ".join([marks] * len(batch))
            cursor.execute(head + values + tail, list(chain.from_iterable(batch)))


@cache
def _defaults(model: type[models.Model]) -> Row:
    return {
        field.column: None if field.primary_key else field.get_default()
        for field in model._meta.concrete_fields
        if field.column
    }


@cache
def _statement(model: type[models.Model], changed: tuple[str, ...]) -> tuple[str, str, str]:
    """What stands before, in and after VALUES."""
    name = connection.ops.quote_name
    columns = _defaults(model)
    head = f"INSERT INTO {name(model._meta.db_table)} ({', '.join(map(name, columns))}) VALUES "
    marks = f"({', '.join(['%s'] * len(columns))})"
    assignments = ", ".join(f"{name(column)} = EXCLUDED.{name(column)}" for column in changed)
    return head, marks, f" ON CONFLICT (id) DO UPDATE SET {assignments}" if changed else ""
