"""Snapshots: the versions that some tags have now, in one query for all who ask at that moment.

A hit is exact if a snapshot that began after the request did equals the entry's. Requests that
arrive while a query runs wait for the next one and share it, as commits share a disk write.
"""

import os
import select
import sqlite3
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import pq

from openrisk.caching.freshness import triggers_postgresql

VersionSnapshot = dict[str, str]  # tag -> version; "" for a tag that nothing has moved yet

TIMEOUT = 0.25  # seconds for one snapshot; requests that wait longer go on without the cache
LIFETIME = 600  # seconds of one connection
QUIET_SECONDS = 60

log = structlog.get_logger(__name__)
NO_ANSWER = "The database did not answer in time."


class SnapshotUnavailable(Exception):
    """The database did not answer in time, so it is not known what is fresh."""


def is_current(snapshot: Mapping[str, str], versions: Mapping[str, str]) -> bool:
    """Whether `versions`, which may have more tags, are still those of `snapshot`."""
    # This runs at every hit, and an all() over a generator costs twice as much.
    return [versions.get(tag, "") for tag in snapshot] == list(snapshot.values())


def read_versions(*tags: Iterable[str]) -> dict[str, str]:
    """The versions of `tags` as of a moment after this call, possibly with those of others.

    A tag that nothing has moved yet is absent. Raises SnapshotUnavailable.
    """
    if connection.vendor == "sqlite":
        return read_sqlite_versions(set().union(*tags))
    return current_batcher().read(tags)


def take_snapshot(tags: Iterable[str]) -> VersionSnapshot:
    """The snapshot of `tags`, to be kept. Raises SnapshotUnavailable."""
    tags = frozenset(tags)
    versions = read_versions(tags)
    return {tag: versions.get(tag, "") for tag in tags}


def close_connection() -> None:
    """Close this process's connection, so that the database can be dropped."""
    global _current  # noqa: PLW0603
    if _current is not None:
        _current.close()
        _current = None


# --- SQLite: in this process, on the thread's own connection -----------------------------------
def read_sqlite_versions(tags: Iterable[str]) -> dict[str, str]:
    listed = sorted(tags)
    marks = ", ".join("?" * len(listed))
    try:
        connection.ensure_connection()
        # The driver's own connection: Django's wrappers belong to the request.
        rows = connection.connection.execute(
            f"SELECT tag, CAST(token AS text) FROM cache_token WHERE tag IN ({marks})", listed
        ).fetchall()
    except (DatabaseError, sqlite3.Error) as error:
        raise SnapshotUnavailable(str(error)) from None
    return dict(rows)


# --- PostgreSQL: one connection a process, shared by all threads --------------------------------
class Batch:
    """The requests that one query will answer."""

    __slots__ = ("done", "error", "tags", "versions")

    def __init__(self) -> None:
        self.tags: set[str] = set()
        self.done = threading.Event()
        self.versions: dict[str, str] = {}
        self.error = ""

    def wait(self) -> dict[str, str]:
        """The versions, once the query has ended. Raises SnapshotUnavailable."""
        if not self.done.wait(2 * TIMEOUT):
            raise SnapshotUnavailable(NO_ANSWER)
        if self.error:
            raise SnapshotUnavailable(self.error)
        return self.versions


class SnapshotBatcher:
    """Runs one query at a time; requests that arrive meanwhile share the next."""

    def __init__(self, source: "PostgresSource") -> None:
        self.source = source
        self.pid = os.getpid()
        self._lock = threading.Lock()  # guards _next
        self._turn = threading.Lock()  # held while a query runs
        self._next: Batch | None = None
        self.error = ""  # of the last query; "" if it was answered
        self._quiet_until = 0.0

    def read(self, tags: Iterable[Iterable[str]]) -> dict[str, str]:
        batch, is_first = self.join(tags)
        if is_first:
            self._run_next()
        return batch.wait()

    def join(self, tags: Iterable[Iterable[str]]) -> tuple[Batch, bool]:
        """The batch of the next query, and whether this request is its first and has to run it."""
        with self._lock:
            batch = self._next
            if is_first := batch is None:
                batch = self._next = Batch()
            batch.tags.update(*tags)
        return batch, is_first

    def take_next(self) -> Batch | None:
        """The batch that waits; requests from here on wait for a query that begins later."""
        with self._lock:
            batch, self._next = self._next, None
        return batch

    def _run_next(self) -> None:
        with self._turn:
            batch = self.take_next()
            assert batch is not None  # noqa: S101  only its first request runs it
            try:
                batch.versions = self.source.query(batch.tags)
            except (psycopg.Error, OSError, TimeoutError) as error:
                batch.error = str(error) or type(error).__name__
                self.source.close()
            finally:
                self.record_outcome(batch.error)
                batch.done.set()

    def record_outcome(self, error: str) -> None:
        """Remember the error of the last query ("" if it was answered), and log it once a minute.

        Without snapshots nothing is cached, and nothing else says so.
        """
        self.error = error
        if error and time.monotonic() >= self._quiet_until:
            self._quiet_until = time.monotonic() + QUIET_SECONDS
            setting = "DATABASE_DIRECT_URL" if settings.DATABASE_DIRECT_URL else "DATABASE_URL"
            reason = " ".join(self.error.split())
            log.warning("cache_not_used", setting=setting, error=reason)

    def close(self) -> None:
        with self._turn:
            self.source.close()


def is_failing() -> bool:
    """Whether this process could not ask what is fresh when it last tried."""
    return _current is not None and bool(_current.error)


_current: SnapshotBatcher | None = None
_creating = threading.Lock()


def current_batcher() -> SnapshotBatcher:
    """The one of this process: it must not share a connection with the process that forked it."""
    global _current  # noqa: PLW0603
    batcher = _current
    if batcher is None or batcher.pid != os.getpid():
        with _creating:
            batcher = _current
            if batcher is None or batcher.pid != os.getpid():
                batcher = _current = SnapshotBatcher(PostgresSource(connection))
    return batcher


def use_batcher(batcher: SnapshotBatcher) -> None:
    """Let `batcher` read the snapshots of this process."""
    global _current  # noqa: PLW0603
    _current = batcher


def open_connection(wrapper: BaseDatabaseWrapper, name: str) -> psycopg.Connection[Any]:
    """A connection of the cache's own to the same database: autocommit, to a primary only.

    What is prepared and listened to lasts as long as it does, so no pooler stands in between.
    """
    own: dict[str, Any] = {
        "connect_timeout": 2,
        "target_session_attrs": "read-write",  # a standby is behind
        "application_name": name,
    }
    if settings.DATABASE_DIRECT_URL:
        own["options"] = settings.DATABASE_PROFILE.options(timeouts=settings.DATABASE_TIMEOUTS)
        return psycopg.connect(settings.DATABASE_DIRECT_URL, **own, autocommit=True)
    django_only = ("cursor_factory", "context", "prepare_threshold")
    all_parameters = wrapper.get_connection_params()
    parameters = {key: value for key, value in all_parameters.items() if key not in django_only}
    return psycopg.connect(**parameters | own, autocommit=True)


class PostgresSource:
    """Reads versions by one prepared statement, with libpq itself.

    A cursor costs several times what the query does.
    """

    def __init__(self, wrapper: BaseDatabaseWrapper) -> None:
        self.wrapper = wrapper
        self.connection: psycopg.Connection[Any] | None = None
        self.closes_at = 0.0

    def query(self, tags: Iterable[str]) -> dict[str, str]:
        """Raises psycopg.Error or TimeoutError."""
        if not self.is_open:
            self.close()
            self.use(self.open())
        return parse_versions(await_result(self.send(tags)))

    @property
    def is_open(self) -> bool:
        return self.connection is not None and time.monotonic() <= self.closes_at

    def send(self, tags: Iterable[str]) -> pq.abc.PGconn:
        """Send the query on the open connection, without waiting for its answer."""
        assert self.connection is not None  # noqa: S101  open_connection() was called
        wire = self.connection.pgconn
        # Labels, ids, digests and signs: nothing in a tag needs quoting.
        wire.send_query_prepared(b"snapshot", [f"{{{','.join(tags)}}}".encode()])
        return wire

    def open(self) -> psycopg.Connection[Any]:
        """A connection that has the query prepared. Raises psycopg.Error or TimeoutError."""
        opened = open_connection(self.wrapper, "openrisk-stamps")
        wire = opened.pgconn
        try:
            # One plan, made once, that stays right however much the table grows between
            # compactions.
            wire.send_query(
                b"SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off"
            )
            await_result(wire)
            wire.send_prepare(b"snapshot", triggers_postgresql.READ_VERSIONS.encode())
            await_result(wire)
        except BaseException:
            opened.close()
            raise
        return opened

    def use(self, opened: psycopg.Connection[Any]) -> None:
        self.close()
        self.connection = opened
        self.closes_at = time.monotonic() + LIFETIME

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def is_readable(wire: pq.abc.PGconn, seconds: float) -> bool:
    """Whether the server has sent something, waiting for at most `seconds`."""
    poll = select.poll()  # select() fails on files beyond the first 1024
    poll.register(wire.socket, select.POLLIN)
    return bool(poll.poll(max(0.0, seconds) * 1000))


def await_result(wire: pq.abc.PGconn) -> pq.abc.PGresult:
    """The one result of a query that was sent. Raises TimeoutError after TIMEOUT."""
    deadline = time.monotonic() + TIMEOUT
    last = None
    while True:
        wire.flush()
        while wire.is_busy():
            if not is_readable(wire, deadline - time.monotonic()):
                raise TimeoutError(NO_ANSWER)
            wire.consume_input()
        result = wire.get_result()
        if result is None:
            break
        last = result
    return check_result(last, wire)


def check_result(last: pq.abc.PGresult | None, wire: pq.abc.PGconn) -> pq.abc.PGresult:
    """The last result of a query. Raises psycopg.Error if that failed."""
    if last is None or last.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
        message = wire.get_error_message() or "The database closed the connection."
        raise psycopg.OperationalError(message)
    return last


def parse_versions(answer: pq.abc.PGresult) -> dict[str, str]:
    """The versions by tag: the query answers with one line of both in turn."""
    line = answer.get_value(0, 0)
    words = line.decode().split(" ") if line else []
    return dict(zip(words[::2], words[1::2], strict=True))
