"""Push: the database reports what changes, so that most hits need no query (PostgreSQL only).

The triggers also NOTIFY. Each process listens on one connection, and every request that needs the
answer drains it under one mutex. A counter rises with every message; what a snapshot that began at
some count has confirmed may be served without a query while none of its tags has changed since.

A connection can fall silent without an error. So each process also sends itself a dated notice
every BEAT seconds; messages keep their order, so one that comes back proves that all before it
did. If none has come back for LEASE seconds, the process asks the database at each hit again.
"""

import os
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Protocol

import psycopg
import structlog
from django.conf import settings
from django.db import connection
from psycopg import pq

from openrisk.caching.freshness import snapshots, triggers_postgresql
from openrisk.caching.freshness.snapshots import VersionSnapshot
from openrisk.caching.freshness.triggers_postgresql import CHANNEL

BEAT = 0.3
LEASE = 1.0
MOST_TAGS = 100_000  # remembered; beyond, everything counts as changed once

log = structlog.get_logger(__name__)


class HasSnapshot(Protocol):
    """Has a snapshot; `confirmed` is the count of changes at which that was current."""

    snapshot: VersionSnapshot
    confirmed: int


class ChangeLog:
    """The last change of each tag that was received, by a counter that only rises."""

    def __init__(self) -> None:
        self.count = 1
        self.all_changed = 1
        self.changed: dict[str, int] = {}

    # `is_unchanged` reads without a lock: what it reads last is written first, and the other way
    # round, or it would take a change that is being recorded for one that it has seen.
    def record_change(self, tags: Iterable[str]) -> None:
        count = self.count + 1
        for tag in tags:
            self.changed[tag] = count
        self.count = count
        if len(self.changed) > MOST_TAGS:
            self.record_change_of_everything()

    def record_change_of_everything(self) -> None:
        self.all_changed = self.count + 1
        self.count += 1
        self.changed = {}

    def is_unchanged(self, item: HasSnapshot) -> bool:
        count, confirmed, changed = self.count, item.confirmed, self.changed
        if confirmed == count:
            return True
        if confirmed < self.all_changed:
            return False
        for tag in item.snapshot:
            if changed.get(tag, 0) > confirmed:
                return False
        item.confirmed = count  # the next hit need not look through the tags again
        return True


class NotificationListener:
    """The listening connection of one process.

    `keep_listening` runs in a thread of its own, everything else in those of the requests.
    """

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.changes = ChangeLog()
        self.mutex = threading.Lock()
        self.lease_until = 0.0  # monotonic seconds
        self._connection: psycopg.Connection[Any] | None = None
        self._own_channel = f"{CHANNEL}_{os.getpid()}_{os.urandom(6).hex()}".encode()
        self._beat = 0
        self._logged_error = ""
        self._sent: dict[bytes, float] = {}

    def start(self) -> "NotificationListener":
        threading.Thread(target=self.keep_listening, name="cache-push", daemon=True).start()
        return self

    def keep_listening(self) -> None:
        """Connect, beat, drain; after a failure start again."""
        while True:
            try:
                with self.mutex:
                    if self._connection is None:
                        self._open_connection()
                    self._send_beat()
                    self._receive_pending()
                time.sleep(BEAT)
            except (psycopg.Error, OSError) as error:
                self._close_lost(str(error).strip())
                time.sleep(LEASE)

    def _open_connection(self) -> None:
        opened = snapshots.open_connection(connection, "openrisk-push")
        # They may have been installed under another CACHE_CONSISTENCY.
        names = triggers_postgresql.function_names()
        if opened.execute(triggers_postgresql.WITHOUT_NOTIFY, [names]).fetchone():
            opened.close()
            raise psycopg.OperationalError(
                "The triggers of the cache do not notify. Run manage.py migrate."
            )
        opened.execute(f"LISTEN {CHANNEL}")
        opened.execute(f'LISTEN "{self._own_channel.decode()}"')
        self._connection = opened
        self.changes.record_change_of_everything()  # earlier messages were missed

    def _send_beat(self) -> None:
        self._beat += 1
        payload = str(self._beat).encode()
        self._sent[payload] = time.monotonic()
        wire = self._wire
        with suppress(TimeoutError):  # the lease then runs out by itself
            wire.send_query(b"NOTIFY \"%s\", '%s'" % (self._own_channel, payload))
            snapshots.await_result(wire)
        for old in [key for key, at in self._sent.items() if at < time.monotonic() - 2 * LEASE]:
            del self._sent[old]

    @property
    def _wire(self) -> pq.abc.PGconn:
        assert self._connection is not None  # noqa: S101  checked with the mutex
        return self._connection.pgconn

    def _receive_pending(self) -> None:
        """Take in what has arrived, without waiting. Call it with the mutex held."""
        wire = self._wire
        while snapshots.is_readable(wire, 0):
            wire.consume_input()
            if wire.status != pq.ConnStatus.OK:
                raise psycopg.OperationalError("The connection was closed.")
            self._take(wire)
        self._take(wire)

    def _take(self, wire: pq.abc.PGconn) -> None:
        while (notice := wire.notifies()) is not None:
            if notice.relname == CHANNEL.encode():
                self.changes.record_change([notice.extra.decode()])
            elif (sent := self._sent.pop(notice.extra, None)) is not None:
                self.lease_until = sent + LEASE

    def _close_lost(self, error: str) -> None:
        if error != self._logged_error:  # once, not every second
            log.warning("cache_push_lost", error=error)
        self._logged_error = error
        with self.mutex:
            self.lease_until = 0.0
            self.changes.record_change_of_everything()
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def drain(self, *, waits: bool = True) -> bool:
        """Receive what has arrived; False if messages may be missing.

        An event loop does not wait for the mutex of another thread, and gets False instead.
        """
        if not self.mutex.acquire(blocking=waits):
            return False
        try:
            if self._connection is None:
                return False
            self._receive_pending()
            return time.monotonic() < self.lease_until
        except (psycopg.Error, OSError):
            self.lease_until = 0.0
            return False
        finally:
            self.mutex.release()


_current: NotificationListener | None = None
_creating = threading.Lock()


def current_listener() -> NotificationListener | None:
    """The one of this process, started with the first request; None unless consistency is push."""
    global _current  # noqa: PLW0603
    if settings.CACHE_CONSISTENCY != "push":
        return None
    if _current is None or _current.pid != os.getpid():
        with _creating:
            if _current is None or _current.pid != os.getpid():
                _current = NotificationListener().start()
    return _current


def is_current_without_query(*items: HasSnapshot, waits: bool = True) -> bool:
    """Whether all of `items` are known to be fresh without asking the database."""
    listener = current_listener()
    if listener is None or not listener.drain(waits=waits):
        return False
    return all(listener.changes.is_unchanged(item) for item in items)


def current_count(*, waits: bool = True) -> int:
    """The number of changes so far: for `mark_confirmed`, read before the snapshot begins."""
    listener = current_listener()
    return listener.changes.count if listener and listener.drain(waits=waits) else 0


def mark_confirmed(count: int, *items: HasSnapshot) -> None:
    for item in items:
        item.confirmed = max(item.confirmed, count)


def record_own_change(tags: Iterable[str]) -> None:
    """Called after this process committed a change of `tags`, before its notice arrives."""
    if listener := current_listener():
        with listener.mutex:
            listener.changes.record_change(tags)
