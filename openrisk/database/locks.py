"""One of several commands at a time, over all machines that share the database."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

MIGRATE = 7_263_544_100  # the number of migrate's lock; any other command needs another one
PAUSE_SECONDS = 0.5


@contextmanager
def hold_lock(
    connection: BaseDatabaseWrapper, number: int, *, on_wait: Callable[[], object]
) -> Iterator[None]:
    """Hold an advisory lock of PostgreSQL, on a connection of its own, while the block runs.

    `on_wait` is called once if another holds it. Asks again and again instead of waiting inside a
    statement: CREATE INDEX CONCURRENTLY would wait for that to end. SQLite locks its file.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with connection.wrap_database_errors:
        # To the server itself: a pooler would give the session, and its lock, to someone else.
        if settings.DATABASE_DIRECT_URL:
            own = psycopg.connect(settings.DATABASE_DIRECT_URL, autocommit=True)
        else:
            own = psycopg.connect(**connection.get_connection_params(), autocommit=True)
    with own:
        waits = False
        while True:
            row = own.execute("SELECT pg_try_advisory_lock(%s)", [number]).fetchone()
            if row and row[0]:
                break
            if not waits:
                on_wait()
            waits = True
            time.sleep(PAUSE_SECONDS)
        yield
