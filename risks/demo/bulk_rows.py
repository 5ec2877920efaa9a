"""Bulk writing of plain rows, several times as fast as `bulk_create`.

It also leaves times as they are, where `bulk_create` sets `created_at` and `updated_at` to now.
The history triggers see these rows like any others.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection, models
from psycopg.types.json import Jsonb

Row = dict[str, Any]  # column -> value

# Conversions of values that a driver does not know, or would write otherwise than Django does.
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


def insert_rows(model: type[models.Model], rows: Sequence[Row]) -> None:
    """Insert `rows`; a column that is missing in a row gets its default."""
    if not rows:
        return
    defaults = column_defaults(model)
    prepared = adapt_values(
        (row.get(column, value) for column, value in defaults.items()) for row in rows
    )
    table, columns = quote_name(model._meta.db_table), ", ".join(map(quote_name, defaults))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            copy_rows(cursor, f"{table} ({columns})", prepared)
            return
        marks = ", ".join(["%s"] * len(defaults))
        cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(prepared))


def update_rows(model: type[models.Model], rows: Sequence[Row], changed: Sequence[str]) -> None:
    """Write the columns `changed` of the rows with these ids."""
    if not rows:
        return
    prepared = adapt_values((row[column] for column in (*changed, "id")) for row in rows)
    table = quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            columns = ", ".join(map(quote_name, (*changed, "id")))
            cursor.execute(
                f"CREATE TEMPORARY TABLE demo_changed AS SELECT {columns} FROM {table} WITH NO DATA"
            )
            copy_rows(cursor, "demo_changed", prepared)
            cursor.execute("ANALYZE demo_changed")  # few rows: no need to read the whole table
            assignments = ", ".join(
                f"{quote_name(column)} = n.{quote_name(column)}" for column in changed
            )
            cursor.execute(
                f"UPDATE {table} o SET {assignments} FROM demo_changed n WHERE o.id = n.id"
            )
            cursor.execute("DROP TABLE demo_changed")
            return
        assignments = ", ".join(f"{quote_name(column)} = %s" for column in changed)
        cursor.executemany(f"UPDATE {table} SET {assignments} WHERE id = %s", list(prepared))


def adapt_values(rows: Iterable[Iterable[Any]]) -> Iterator[list[Any]]:
    adapters = _ADAPTERS[connection.vendor]
    for row in rows:
        yield [adapters[type(value)](value) if type(value) in adapters else value for value in row]


def copy_rows(cursor: Any, target: str, rows: Iterable[Sequence[Any]]) -> None:
    with cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def quote_name(name: str) -> str:
    return connection.ops.quote_name(name)


@cache
def column_defaults(model: type[models.Model]) -> Row:
    return {
        field.column: None if field.primary_key else field.get_default()
        for field in model._meta.concrete_fields
        if field.column
    }
