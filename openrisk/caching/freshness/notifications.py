"""Push: told by the database what changes, so that most hits need not ask it (PostgreSQL only).

The token triggers also NOTIFY. Each process listens on one connection, which whoever needs the
answer drains under one mutex. A counter rises with every message; what was confirmed by a snapshot
that began at some count may be served without a query while none of its tags has changed since.

Nobody hears that a connection has gone silent. So each process also sends itself a notice, dated,
every BEAT seconds; messages keep their order, so one that comes back proves that all before it
did. Unheard of for LEASE seconds, the process asks the database again at each hit.
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
    """When, by a counter that only rises, each tag was last heard to change."""

    def __init__(self) -> None:
        self.count = 1
        self.all_changed = 1
        self.changed: dict[str, int] = {}

    # `unchanged` looks on without a lock: what it reads last is written first, and the other way
    # round, or it would take a change that is being noted for one that it has seen.
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

    def is_unchanged(self, held: HasSnapshot) -> bool:
        count, confirmed, changed = self.count, held.confirmed, self.changed
        if confirmed == count:
            return True
        if confirmed < self.all_changed:
            return False
        for tag in held.snapshot:
            if changed.get(tag, 0) > confirmed:
                return False
        held.confirmed = count  # the next hit need not look through the tags again
        return True


class NotificationListener:
    """One process's ear. `keep` runs in a thread of its own; everything else in the requests'."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.changes = ChangeLog()
        self.mutex = threading.Lock()
        self.lease_until = 0.0  # monotonic seconds
        self._connection: psycopg.Connection[Any] | None = None
        self._own_channel = f"{CHANNEL}_{os.getpid()}_{os.urandom(6).hex()}".encode()
        self._beat = 0
        self._said = ""
        self._sent: dict[bytes, float] = {}

    def start(self) -> "NotificationListener":
        threading.Thread(target=self.keep, name="cache-push", daemon=True).start()
        return self

    def keep(self) -> None:
        """Connect, beat, drain; after a failure begin again."""
        while True:
            try:
                with self.mutex:
                    if self._connection is None:
                        self._listen()
                    self._send_beat()
                    self._receive_pending()
                time.sleep(BEAT)
            except (psycopg.Error, OSError) as error:
                self._lose(str(error).strip())
                time.sleep(LEASE)

    def _listen(self) -> None:
        opened = snapshots.open_connection(connection, "openrisk-push")
        # They may have been installed under another CACHE_CONSISTENCY.
        names = triggers_postgresql.function_names()
        if opened.execute(triggers_postgresql.WITHOUT_NOTIFY, [names]).fetchone():
            opened.close()
            raise psycopg.OperationalError("The token triggers do not notify: run migrate.")
        opened.execute(f"LISTEN {CHANNEL}")
        opened.execute(f'LISTEN "{self._own_channel.decode()}"')
        self._connection = opened
        self.changes.record_change_of_everything()  # what was said before nobody heard

    def _send_beat(self) -> None:
        self._beat += 1
        payload = str(self._beat).encode()
        self._sent[payload] = time.monotonic()
        wire = self._wire
        with suppress(TimeoutError):  # not heard: the lease runs out by itself
            wire.send_query(b"NOTIFY \"%s\", '%s'" % (self._own_channel, payload))
            snapshots.await_result(wire)
        for old in [key for key, at in self._sent.items() if at < time.monotonic() - 2 * LEASE]:
            del self._sent[old]

    @property
    def _wire(self) -> pq.abc.PGconn:
        assert self._connection is not None  # noqa: S101  the principals hold the mutex and know
        return self._connection.pgconn

    def _receive_pending(self) -> None:
        """Take in what has arrived, without waiting. The principal holds the mutex."""
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

    def _lose(self, why: str) -> None:
        if why != self._said:  # once, not every second
            log.warning("cache_push_lost", error=why)
        self._said = why
        with self.mutex:
            self.lease_until = 0.0
            self.changes.record_change_of_everything()
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def drain(self, *, waits: bool = True) -> bool:
        """Whether all that was said until now has been heard.

        An event loop does not wait for a thread that is listening, perhaps for long: it then knows
        nothing.
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


def _listener() -> NotificationListener | None:
    """This process's own, started with the first request; None where nobody pushes."""
    global _current  # noqa: PLW0603
    if settings.CACHE_CONSISTENCY != "push":
        return None
    if _current is None or _current.pid != os.getpid():
        with _creating:
            if _current is None or _current.pid != os.getpid():
                _current = NotificationListener().start()
    return _current


def is_current_without_query(*held: HasSnapshot, waits: bool = True) -> bool:
    """Whether all of `held` is known to be fresh without asking the database."""
    listener = _listener()
    if listener is None or not listener.drain(waits=waits):
        return False
    return all(listener.changes.is_unchanged(one) for one in held)


def current_count(*, waits: bool = True) -> int:
    """The number of changes so far: for `mark_confirmed`, read before the snapshot begins."""
    listener = _listener()
    return listener.changes.count if listener and listener.drain(waits=waits) else 0


def mark_confirmed(count: int, *held: HasSnapshot) -> None:
    for one in held:
        one.confirmed = max(one.confirmed, count)


def record_own_change(tags: Iterable[str]) -> None:
    """This process has committed a change of `tags`: no need to wait for the news of it."""
    if listener := _listener():
        with listener.mutex:
            listener.changes.record_change(tags)
