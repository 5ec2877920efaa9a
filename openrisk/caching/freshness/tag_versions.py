"""The table of tokens: what installs, reads, adds to and compacts it."""

from collections.abc import Iterable

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from openrisk.caching.freshness import triggers_postgresql, triggers_sqlite
from openrisk.caching.freshness.registry import EPOCH, tracked_models

TABLE = "cache_token"
MOST_ROW_TAGS = 50_000  # of one model; beyond, they are forgotten together


def invalidate_everything(connection: BaseDatabaseWrapper) -> None:
    """Does nothing before the table exists, or once a migration has removed it."""
    if TABLE in connection.introspection.table_names():
        bump([EPOCH], connection)


def ensure_epoch(connection: BaseDatabaseWrapper) -> None:
    """Without an epoch nothing is cached."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {TABLE} WHERE tag = %s", [EPOCH])
        if cursor.fetchone() is None:
            bump([EPOCH], connection)


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
