"""The circuit breaker: leaves a shared store that fails alone for a while."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import structlog

from openrisk.caching import metrics

MAX_FAILURES = 5  # of Redis, or another store, in a row; then the breaker opens
PAUSE = 5.0  # seconds that it stays open
WAIT = 0.1  # seconds for one of the MAX_FAILURES calls that may run at once

Result = TypeVar("Result")
log = structlog.get_logger(__name__)


class CircuitBreaker:
    """Lets at most MAX_FAILURES calls find out that the store is gone, then none for PAUSE seconds.

    After the pause one call tries again; it alone decides.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(MAX_FAILURES)
        self._failures = 0
        self._retried_at = 0.0  # monotonic seconds

    @property
    def is_open(self) -> bool:
        return self._failures >= MAX_FAILURES

    def call(self, function: Callable[[], Result], otherwise: Result) -> Result:
        """The result of `function`; `otherwise` if it fails, or while the breaker is open."""
        with self._lock:
            is_retry = self.is_open and time.monotonic() >= self._retried_at
            if is_retry:  # the other calls do not retry
                self._retried_at = time.monotonic() + PAUSE
        if is_retry:
            return self._attempt(function, otherwise)
        if self.is_open or not self._slots.acquire(timeout=WAIT):
            return otherwise
        try:
            # Another call may have opened it while this one waited for a slot.
            return otherwise if self.is_open else self._attempt(function, otherwise)
        finally:
            self._slots.release()

    def _attempt(self, function: Callable[[], Result], otherwise: Result) -> Result:
        try:
            result = function()
        except Exception as error:  # noqa: BLE001  the boundary: any failure of any backend is a miss
            with self._lock:
                self._failures += 1
                self._retried_at = time.monotonic() + PAUSE
                opens = self._failures == MAX_FAILURES
            if opens:
                metrics.breaker_open.set(1)
                log.warning(
                    "cache_store_unavailable", error=str(error), retried_after_seconds=PAUSE
                )
            return otherwise
        if self._failures:
            with self._lock:
                self._failures = 0
            metrics.breaker_open.set(0)
        return result
