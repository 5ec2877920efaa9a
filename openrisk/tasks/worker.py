"""The process that does the work: scheduler and queue, one task at a time."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import structlog
from django.db import InterfaceError, OperationalError
from django_tasks import TaskResultStatus

from openrisk.tasks import connections, leases, queue, schedules

log = structlog.get_logger(__name__)

POLL_SECONDS = 1
DATABASE_PAUSE_SECONDS = 5


class Worker:
    """Works until it is told to stop, or with `once` until nothing is due.

    `failures` counts tasks that ended as failed.
    """

    def __init__(self, *, once: bool = False) -> None:
        self.once = once
        self.stopping = False
        self.failures = 0

    def run(self) -> None:
        """SIGTERM and SIGINT end it after the task in hand; with `once` a lost database does."""
        with self._signals():
            while not self.stopping:
                try:
                    with leases.held() as worker_id:
                        self._work(worker_id)
                    return
                except (OperationalError, InterfaceError) as error:
                    if self.once:
                        raise
                    log.warning("database_unavailable", error=str(error))
                    time.sleep(DATABASE_PAUSE_SECONDS)
                    connections.refresh()

    def _work(self, worker_id: str) -> None:
        log.info("worker_started", worker=worker_id)
        schedules.synchronize()
        if self.once:  # it seldom lives long enough for its lease's thread to do so
            leases.requeue_abandoned()
        while not self.stopping:
            connections.refresh()
            schedules.enqueue_due()
            if result := queue.claim(worker_id):
                queue.run(result)
                self.failures += result.status == TaskResultStatus.FAILED
            elif self.once:
                break
            else:
                time.sleep(POLL_SECONDS)
        log.info("worker_stopped", worker=worker_id)

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
