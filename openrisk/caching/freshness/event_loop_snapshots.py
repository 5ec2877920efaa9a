"""Reads snapshots on an event loop: no thread waits for the answers that the loop gives itself.

As in `snapshots.SnapshotBatcher`, one query runs at a time and requests that arrive meanwhile share
the next. Threads may ask too; the process has one connection for both.
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
    """Runs its queries on `loop`. All that has no lock here happens on the loop alone."""

    def __init__(self, source: PostgresSource, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(source)
        self.loop = loop
        self._running: Batch | None = None
        self._answered: asyncio.Future[None] | None = None  # of the running batch
        self._will_answer: asyncio.Future[None] | None = None  # of the next batch
        self._timer: asyncio.TimerHandle | None = None
        self._socket = -1
        self._last: Any = None
        self._opening = False

    def read(self, tags: Iterable[Iterable[str]]) -> dict[str, str]:
        """From a thread."""
        batch, is_first = self.join(tags)
        if is_first:
            self.loop.call_soon_threadsafe(self._send_next)
        return batch.wait()

    async def read_async(self, tags: Iterable[Iterable[str]]) -> dict[str, str]:
        """The same on the loop. Raises SnapshotUnavailable."""
        batch, is_first = self.join(tags)
        if self._will_answer is None:
            self._will_answer = self.loop.create_future()
        answered = self._will_answer
        if is_first:
            self._send_next()
        await answered
        if batch.error:
            raise SnapshotUnavailable(batch.error)
        return batch.versions

    def _send_next(self) -> None:
        """Send the next query, unless one runs: its end comes here again."""
        if self._running is not None or (batch := self.take_next()) is None:
            return
        self._running = batch
        self._answered, self._will_answer = self._will_answer, None
        self._timer = self.loop.call_later(
            snapshots.TIMEOUT, self._finish_batch, snapshots.NO_ANSWER
        )
        if self.source.is_open:
            self._send_query(batch)
        elif not self._opening:
            self._stop_listening()
            self._opening = True
            self.loop.run_in_executor(None, self._open_connection)

    def _open_connection(self) -> None:
        """Runs in a thread, since it may take seconds. Never twice at once: batches are given up
        meanwhile, and one thread for each of them would leave none for anything else."""
        try:
            opened = self.source.open()
        except Exception as error:  # noqa: BLE001  any error ends the wait of the requests
            text = str(error) or type(error).__name__
            self.loop.call_soon_threadsafe(self._connection_failed, text)
        else:
            self.loop.call_soon_threadsafe(self._connection_opened, opened)

    def _connection_opened(self, opened: psycopg.Connection[Any]) -> None:
        """Use it for the batch that waits by now, if any, else for those to come."""
        self._opening = False
        self.source.use(opened)
        if self._running is not None:
            self._send_query(self._running)

    def _connection_failed(self, error: str) -> None:
        self._opening = False
        if self._running is not None:
            self._finish_batch(error)

    def _send_query(self, batch: Batch) -> None:
        try:
            wire = self.source.send(batch.tags)
            if self._socket != wire.socket:
                self._socket = wire.socket
                self.loop.add_reader(self._socket, self._receive_answer)
        except (psycopg.Error, OSError) as error:
            self._finish_batch(str(error) or type(error).__name__)

    def _receive_answer(self) -> None:
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
                self._running.versions = snapshots.parse_versions(
                    snapshots.check_result(self._last, wire)
                )
        except (psycopg.Error, OSError) as error:
            self._finish_batch(str(error) or type(error).__name__)
        else:
            self._finish_batch()

    def _finish_batch(self, error: str = "") -> None:
        """Answer all who wait for the query that ran, once the next one has been sent."""
        batch, answered = self._running, self._answered
        self._running = self._answered = self._last = None
        if self._timer:
            self._timer.cancel()
        if batch is not None:  # a connection that breaks while no one asks is opened again
            self.record_outcome(error)
        if error:
            self._stop_listening()
            self.source.close()
        self._send_next()
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
    """Let this process read its snapshots on `loop` from now on."""
    batcher = EventLoopBatcher(PostgresSource(connection), loop)
    snapshots.use_batcher(batcher)
    return batcher
