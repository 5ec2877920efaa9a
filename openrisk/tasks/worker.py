"""The process that does the work: scheduler and queue, a task at a time in each of its threads."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from types import FrameType

import structlog
from django.db import InterfaceError, OperationalError, connection
from django_tasks import TaskResultStatus

from openrisk.tasks import connections, leases, queue, schedules

log = structlog.get_logger(__name__)

LONG = 1  # threads that take long tasks; each has a connection (openrisk.database.profiles)
POLL_SECONDS = 1
DATABASE_PAUSE_SECONDS = 5


class Worker:
    """Works until a signal stops it, or with `once` until nothing is due.

    The main thread does short tasks alone, so that they never wait for long ones; each of the
    `LONG` other threads takes both. With `once` the main thread does everything, one by one.
    `failures` counts tasks that ended as failed.
    """

    def __init__(self, *, once: bool = False) -> None:
        self.once = once
        self.stopping = False
        self.failures = 0
        self._broken: Exception | None = None

    def run(self) -> None:
        """SIGTERM and SIGINT end it after the running tasks; with `once` a lost database does."""
        with self._signals(), leases.keep_leases() as keeper, self._threads(keeper):
            self._hold(keeper, long=self.once)
        if self._broken is not None:
            raise self._broken

    @contextmanager
    def _threads(self, keeper: leases.LeaseKeeper) -> Iterator[None]:
        """Those that take long tasks too, while the block runs and until theirs are done."""
        count = 0 if self.once else LONG
        threads = [Thread(target=self._in_thread, args=(keeper,)) for _ in range(count)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stopping = True
            for thread in threads:
                thread.join()

    def _in_thread(self, keeper: leases.LeaseKeeper) -> None:
        try:
            self._hold(keeper, long=True)
        except Exception as error:  # noqa: BLE001  the process ends with it, and is started again
            self._broken = error
        finally:
            self.stopping = True
            connection.close()

    def _hold(self, keeper: leases.LeaseKeeper, *, long: bool) -> None:
        """Work under a lease; a lost database is waited for, and means another lease."""
        while not self.stopping:
            try:
                with keeper.hold_lease() as worker_id:
                    self._work(worker_id, long=long)
                return
            except (OperationalError, InterfaceError) as error:
                if self.once:
                    raise
                log.warning("database_unavailable", error=str(error))
                time.sleep(DATABASE_PAUSE_SECONDS)
                connections.refresh_connection()

    def _work(self, worker_id: str, *, long: bool) -> None:
        log.info("worker_started", worker=worker_id, long=long)
        schedules.synchronize_schedules()
        if self.once:  # it seldom lives long enough for its lease's thread to do so
            leases.requeue_abandoned()
        while not self.stopping:
            connections.refresh_connection()
            schedules.enqueue_due()
            if result := queue.claim_next(worker_id, long=long):
                queue.run_claimed(result)
                self.failures += result.status == TaskResultStatus.FAILED
            elif self.once:
                break
            else:
                time.sleep(POLL_SECONDS)
        log.info("worker_stopped", worker=worker_id, long=long)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        numbers = (signal.SIGTERM, signal.SIGINT)
        previous = {number: signal.signal(number, self._stop) for number in numbers}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        # A plain flag: locking, as threading.Event does, is not safe in a signal handler.
        self.stopping = True
        if number == signal.SIGINT:  # a second Ctrl-C ends the process and leaves the task behind
            signal.signal(signal.SIGINT, signal.SIG_DFL)
