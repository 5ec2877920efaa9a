"""The table of tag versions, cache_token: new versions, the epoch, compaction."""

from collections.abc import Iterable

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from openrisk.caching.freshness import triggers_postgresql, triggers_sqlite
from openrisk.caching.freshness.registry import EPOCH, tracked_models

TABLE = "cache_token"
MOST_ROW_TAGS = 50_000  # of one model; more are forgotten together


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
    """Give each of `tags` a new version: what depends on them is stale from the commit on."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(triggers_postgresql.BUMP, [sorted(tags)])
            if settings.CACHE_CONSISTENCY == "push":
                notify = f"SELECT pg_notify('{triggers_postgresql.CHANNEL}', tag)"
                cursor.execute(f"{notify} FROM unnest(%s::text[]) tag", [sorted(tags)])
        else:
            cursor.executemany(triggers_sqlite.BUMP, [[tag] for tag in sorted(tags)])


def count_rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {TABLE}")
        return cursor.fetchone()[0]


def compact() -> int:
    """Add up the rows of each tag; forget the tags of single rows for models with too many.

    Returns how many rows were removed. No version changes but of the forgotten tags, and `#*`.
    """
    before = count_rows()
    with transaction.atomic(), connection.cursor() as cursor:
        for tracked in tracked_models():
            pattern, many = f"{tracked.label}#%", f"{tracked.label}#*"
            cursor.execute(f"SELECT count(*) FROM {TABLE} WHERE tag LIKE %s", [pattern])
            if cursor.fetchone()[0] <= MOST_ROW_TAGS:
                continue
            # A tag that is gone looks like one that nothing has moved, so `#*` must move with it.
            bump([many])
            cursor.execute(f"DELETE FROM {TABLE} WHERE tag LIKE %s AND tag <> %s", [pattern, many])
        if connection.vendor == "postgresql":
            cursor.execute(triggers_postgresql.COMPACT)
    return before - count_rows()
