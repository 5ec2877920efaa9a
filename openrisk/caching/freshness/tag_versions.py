"""The table of tokens: what installs, reads, adds to and compacts it."""

from collections.abc import Iterable

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from openrisk.caching.freshness import triggers_postgresql, triggers_sqlite
from openrisk.caching.freshness.registry import EPOCH, tracked_models
from openrisk.database import triggers

TABLE = "cache_token"
MOST_ROW_TAGS = 50_000  # of one model; beyond, they are forgotten together


def install(connection: BaseDatabaseWrapper) -> list[str]:
    """Create every trigger that is missing or differs, and make everything stale if one did.

    Their names. Idempotent; runs after migrate. Does nothing before the tables exist.
    """
    tables = set(connection.introspection.table_names())
    if TABLE not in tables:
        return []
    wanted = [trigger for trigger in _triggers(connection) if trigger.table in tables]
    return triggers.install(
        connection, wanted, after_change=lambda: bump([EPOCH], connection)
    ) or _first_epoch(connection)


def invalidate_everything(connection: BaseDatabaseWrapper) -> None:
    """Does nothing before the table exists, or once a migration has taken it back."""
    if TABLE in connection.introspection.table_names():
        bump([EPOCH], connection)


def differing(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of the triggers that are not those of this version of the code."""
    return [trigger.name for trigger in triggers.differing(connection, _triggers(connection))]


def _triggers(connection: BaseDatabaseWrapper) -> list[triggers.Trigger]:
    if connection.vendor == "sqlite":
        return [one for tracked in tracked_models() for one in triggers_sqlite.triggers(tracked)]
    notify = settings.CACHE_CONSISTENCY == "push"
    return [
        one
        for tracked in tracked_models()
        for one in triggers_postgresql.triggers(tracked, notify=notify)
    ]


def _first_epoch(connection: BaseDatabaseWrapper) -> list[str]:
    """Without an epoch nothing is cached."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {TABLE} WHERE tag = %s", [EPOCH])
        if cursor.fetchone() is None:
            bump([EPOCH], connection)
    return []


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of the triggers that are absent or disabled; empty when every write leaves tokens."""
    dialect = triggers_postgresql if connection.vendor == "postgresql" else triggers_sqlite
    expected = {name for tracked in tracked_models() for name in dialect.names(tracked)}
    with connection.cursor() as cursor:
        cursor.execute(dialect.PRESENT)
        present = {row[0] for row in cursor.fetchall()}
    return sorted(expected - present)


def triggers_without_notify(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of the triggers that tell nobody; each of them makes CACHE_CONSISTENCY=push stale."""
    if connection.vendor != "postgresql":
        return []
    names = sorted(
        name for tracked in tracked_models() for name in triggers_postgresql.names(tracked)
    )
    with connection.cursor() as cursor:
        cursor.execute(triggers_postgresql.SILENT, [names])
        return [row[0] for row in cursor.fetchall()]


def bump(tags: Iterable[str], connection: BaseDatabaseWrapper = connection) -> None:
    """Give each of `tags` a new token: what was computed from them is stale from the commit on."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(triggers_postgresql.LEAVE, [sorted(tags)])
            if settings.CACHE_CONSISTENCY == "push":
                notify = f"SELECT pg_notify('{triggers_postgresql.CHANNEL}', tag)"
                cursor.execute(f"{notify} FROM unnest(%s::text[]) tag", [sorted(tags)])
        else:
            cursor.executemany(triggers_sqlite.LEAVE, [[tag] for tag in sorted(tags)])


def count_rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {TABLE}")
        return cursor.fetchone()[0]


def compact() -> int:
    """Add up the rows of each tag, forget rows' tags of models that have too many of them.

    Returns how many rows went. Changes no token but those of the forgotten rows, which `#*` covers.
    """
    before = count_rows()
    with transaction.atomic(), connection.cursor() as cursor:
        for tracked in tracked_models():
            _forget_rows(cursor, tracked.label)
        if connection.vendor == "postgresql":
            cursor.execute(triggers_postgresql.COMPACT)
    return before - count_rows()


def _forget_rows(cursor: object, label: str) -> None:
    """A tag that is gone looks like one never touched, so `#*` must move with it."""
    pattern = [f"{label}#%"]
    cursor.execute(f"SELECT count(*) FROM {TABLE} WHERE tag LIKE %s", pattern)  # type: ignore[attr-defined]
    if cursor.fetchone()[0] > MOST_ROW_TAGS:  # type: ignore[attr-defined]
        bump([f"{label}#*"])
        cursor.execute(  # type: ignore[attr-defined]
            f"DELETE FROM {TABLE} WHERE tag LIKE %s AND tag <> %s", [*pattern, f"{label}#*"]
        )
