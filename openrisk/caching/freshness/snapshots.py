"""Snapshots: what tokens some tags have now, one query for all who ask at that moment.

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

VersionSnapshot = dict[str, str]  # tag -> token; "" for a tag that was never touched

TIMEOUT = 0.25  # seconds for one snapshot; who does not get it in time goes on without the cache
LIFETIME = 600  # seconds of one connection
QUIET_SECONDS = 60

log = structlog.get_logger(__name__)
NO_ANSWER = "The database did not answer in time."


class SnapshotUnavailable(Exception):
    """The database did not answer in time: nobody can say what is fresh."""


def is_current(snapshot: Mapping[str, str], found: Mapping[str, str]) -> bool:
    """Whether `found`, which may have more tags, still has every token of `snapshot`."""
    # This runs at every hit, and an all() over a generator costs twice as much.
    return [found.get(tag, "") for tag in snapshot] == list(snapshot.values())


def read_versions(*tags: Iterable[str]) -> dict[str, str]:
    """The tokens of `tags` as of a moment after this call, possibly with those of others.

    A tag that was never touched is absent. Raises SnapshotUnavailable.
    """
    if connection.vendor == "sqlite":
        return _read_sqlite(set().union(*tags))
    return _group().read(tags)


def take_snapshot(tags: Iterable[str]) -> VersionSnapshot:
    """The snapshot of `tags`, to be kept. Raises SnapshotUnavailable."""
    wanted = frozenset(tags)
    found = read_versions(wanted)
    return {tag: found.get(tag, "") for tag in wanted}


def close_connection() -> None:
    """Give the connection back, before the database is dropped."""
    global _current  # noqa: PLW0603
    if _current is not None:
        _current.close()
        _current = None


# --- SQLite: in this process, on the thread's own connection -----------------------------------
def _read_sqlite(tags: Iterable[str]) -> dict[str, str]:
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

    __slots__ = ("done", "error", "found", "tags")

    def __init__(self) -> None:
        self.tags: set[str] = set()
        self.done = threading.Event()
        self.found: dict[str, str] = {}
        self.error = ""

    def wait(self) -> dict[str, str]:
        """What was found, once the query has ended. Raises SnapshotUnavailable."""
        if not self.done.wait(2 * TIMEOUT):
            raise SnapshotUnavailable(NO_ANSWER)
        if self.error:
            raise SnapshotUnavailable(self.error)
        return self.found


class SnapshotBatcher:
    """Runs one query at a time; whoever comes meanwhile joins the next."""

    def __init__(self, source: "PostgresSource") -> None:
        self.source = source
        self.pid = os.getpid()
        self._lock = threading.Lock()  # guards _next
        self._turn = threading.Lock()  # held while a query runs
        self._next: Batch | None = None
        self.error = ""  # of the last query; "" where it was answered
        self._quiet_until = 0.0

    def read(self, tags: Iterable[Iterable[str]]) -> dict[str, str]:
        batch, leads = self.join(tags)
        if leads:
            self._lead(batch)
        return batch.wait()

    def join(self, tags: Iterable[Iterable[str]]) -> tuple[Batch, bool]:
        """The batch of the next query, and whether the principal is its first and has to run it."""
        with self._lock:
            batch = self._next
            if leads := batch is None:
                batch = self._next = Batch()
            batch.tags.update(*tags)
        return batch, leads

    def take_next(self) -> Batch | None:
        """The batch that waits: who comes from here on waits for a query that begins later."""
        with self._lock:
            batch, self._next = self._next, None
        return batch

    def _lead(self, batch: Batch) -> None:
        with self._turn:
            self.take_next()
            try:
                batch.found = self.source.query(batch.tags)
            except (psycopg.Error, OSError, TimeoutError) as error:
                batch.error = str(error) or type(error).__name__
                self.source.close()
            finally:
                self.note(batch.error)
                batch.done.set()

    def note(self, error: str) -> None:
        """How the last query ended; "" where it was answered.

        Without snapshots nothing is cached, and nothing else says so. Once a minute is enough.
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


def _group() -> SnapshotBatcher:
    """This process's own: a connection must not be shared with the process that forked it."""
    global _current  # noqa: PLW0603
    group = _current
    if group is None or group.pid != os.getpid():
        with _creating:
            group = _current
            if group is None or group.pid != os.getpid():
                group = _current = SnapshotBatcher(PostgresSource(connection))
    return group


def use_batcher(group: SnapshotBatcher) -> None:
    """Let `group` read the snapshots of this process."""
    global _current  # noqa: PLW0603
    _current = group


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
    of_django = ("cursor_factory", "context", "prepare_threshold")
    given = wrapper.get_connection_params()
    parameters = {key: value for key, value in given.items() if key not in of_django}
    return psycopg.connect(**parameters | own, autocommit=True)


class PostgresSource:
    """Snapshots by one prepared statement, spoken with the wire protocol itself.

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
        """Ask on the open connection, without waiting for what it answers."""
        assert self.connection is not None  # noqa: S101  the principals open it
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
    """Whether the server has said something, waiting for at most `seconds`."""
    poll = select.poll()  # select() fails on files beyond the first 1024
    poll.register(wire.socket, select.POLLIN)
    return bool(poll.poll(max(0.0, seconds) * 1000))


def await_result(wire: pq.abc.PGconn) -> pq.abc.PGresult:
    """The one result of what was sent, within TIMEOUT."""
    deadline = time.monotonic() + TIMEOUT
    last = None
    while True:
        wire.flush()
        while wire.is_busy():
            if not is_readable(wire, deadline - time.monotonic()):
                raise TimeoutError(NO_ANSWER)
            wire.consume_input()
        found = wire.get_result()
        if found is None:
            break
        last = found
    return check_result(last, wire)


def check_result(last: pq.abc.PGresult | None, wire: pq.abc.PGconn) -> pq.abc.PGresult:
    """Raises psycopg.Error where the last result of what was sent says that it failed."""
    if last is None or last.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
        message = wire.get_error_message() or "The database closed the connection."
        raise psycopg.OperationalError(message)
    return last


def parse_versions(answer: pq.abc.PGresult) -> dict[str, str]:
    """The tokens by tag: the query answers with one line of both in turn."""
    line = answer.get_value(0, 0)
    words = line.decode().split(" ") if line else []
    return dict(zip(words[::2], words[1::2], strict=True))
