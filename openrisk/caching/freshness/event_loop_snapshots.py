"""Snapshots read by an event loop: no thread waits for the answers that the loop gives itself.

As in `snapshots.SnapshotBatcher`, one query runs at a time and all who ask meanwhile share the
next. Threads may ask too; the process has one connection for both.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

import psycopg
from django.db import connection

from openrisk.caching.freshness import snapshots
from openrisk.caching.freshness.snapshots import (
    Batch,
    PostgresSource,
    SnapshotBatcher,
    SnapshotUnavailable,
)


class EventLoopBatcher(SnapshotBatcher):
    """Runs its queries on `loop`. What has no lock here happens on the loop alone."""

    def __init__(self, source: PostgresSource, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(source)
        self.loop = loop
        self._running: Batch | None = None
        self._answered: asyncio.Future[None] | None = None  # of the batch that runs
        self._will_answer: asyncio.Future[None] | None = None  # of the one that waits
        self._timer: asyncio.TimerHandle | None = None
        self._socket = -1
        self._last: Any = None
        self._opening = False

    def read(self, tags: Iterable[Iterable[str]]) -> dict[str, str]:
        """From a thread."""
        batch, leads = self.join(tags)
        if leads:
            self.loop.call_soon_threadsafe(self._begin)
        return batch.wait()

    async def read_async(self, tags: Iterable[Iterable[str]]) -> dict[str, str]:
        """The same on the loop. Raises SnapshotUnavailable."""
        batch, leads = self.join(tags)
        if self._will_answer is None:
            self._will_answer = self.loop.create_future()
        answered = self._will_answer
        if leads:
            self._begin()
        await answered
        if batch.error:
            raise SnapshotUnavailable(batch.error)
        return batch.found

    def _begin(self) -> None:
        """Send the next query, unless one runs: its end comes here again."""
        if self._running is not None or (batch := self.take_next()) is None:
            return
        self._running = batch
        self._answered, self._will_answer = self._will_answer, None
        self._timer = self.loop.call_later(snapshots.TIMEOUT, self._end, snapshots.NO_ANSWER)
        if self.source.is_open:
            self._send(batch)
        elif not self._opening:
            self._stop_listening()
            self._opening = True
            self.loop.run_in_executor(None, self._open)

    def _open(self) -> None:
        """In a thread, since it may take seconds. Never twice at once: batches are given up
        meanwhile, and one thread for each of them would leave none for anything else."""
        try:
            opened = self.source.open()
        except Exception as error:  # noqa: BLE001  whatever it is, who waits has to be told
            told = str(error) or type(error).__name__
            self.loop.call_soon_threadsafe(self._not_opened, told)
        else:
            self.loop.call_soon_threadsafe(self._use, opened)

    def _use(self, opened: psycopg.Connection[Any]) -> None:
        """For the batch that waits by now, if any, else for those to come."""
        self._opening = False
        self.source.use(opened)
        if self._running is not None:
            self._send(self._running)

    def _not_opened(self, error: str) -> None:
        self._opening = False
        if self._running is not None:
            self._end(error)

    def _send(self, batch: Batch) -> None:
        try:
            wire = self.source.send(batch.tags)
            if self._socket != wire.socket:
                self._socket = wire.socket
                self.loop.add_reader(self._socket, self._receive)
        except (psycopg.Error, OSError) as error:
            self._end(str(error) or type(error).__name__)

    def _receive(self) -> None:
        assert self.source.connection is not None  # noqa: S101  or nothing would be read
        wire = self.source.connection.pgconn
        try:
            wire.consume_input()
            while not wire.is_busy():
                result = wire.get_result()
                if result is None:
                    break
                self._last = result
            else:
                return
            if self._running is not None:
                self._running.found = snapshots.parse_versions(
                    snapshots.check_result(self._last, wire)
                )
        except (psycopg.Error, OSError) as error:
            self._end(str(error) or type(error).__name__)
        else:
            self._end()

    def _end(self, error: str = "") -> None:
        """Answer all who wait for the query that ran; the next one is on its way before."""
        batch, answered = self._running, self._answered
        self._running = self._answered = self._last = None
        if self._timer:
            self._timer.cancel()
        if batch is not None:  # a connection that breaks while no one asks is opened again
            self.note(error)
        if error:
            self._stop_listening()
            self.source.close()
        self._begin()
        if batch is not None:
            batch.error = error
            batch.done.set()
        if answered is not None:
            answered.set_result(None)

    def _stop_listening(self) -> None:
        if self._socket >= 0:
            self.loop.remove_reader(self._socket)
            self._socket = -1


def batch_on_loop(loop: asyncio.AbstractEventLoop) -> EventLoopBatcher:
    """From now on this process reads its snapshots on `loop`."""
    group = EventLoopBatcher(PostgresSource(connection), loop)
    snapshots.use_batcher(group)
    return group
