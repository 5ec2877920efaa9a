"""The shared store: bytes that all processes see, over Django's cache framework.

Whatever it does, no HTTP status changes: it is asked briefly, its failures are misses, and after a
few of them in a row it is not asked for a while.
"""

import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.core.cache import caches

from openrisk.caching import metrics
from openrisk.caching.storage.entry import Entry, RejectedEntry, pack_entry, unpack_entry

ALIAS = "responses"
FAILURES = 5  # in a row, until the breaker opens
PAUSE = 5.0  # seconds that it stays open
WAIT = 0.1  # seconds for one of the FAILURES calls that may be under way at once

Result = TypeVar("Result")
log = structlog.get_logger(__name__)


class BytesSerializer:
    """For django-redis, whose own serializer unpickles before anybody could check anything."""

    def __init__(self, options: dict[str, Any]) -> None:
        pass

    def dumps(self, value: bytes) -> bytes:
        return value

    def loads(self, value: bytes) -> bytes:
        return value


class Breaker:
    """Lets at most FAILURES calls find out that the store is gone, then none for PAUSE seconds.

    After the pause one call tries again; it alone decides.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(FAILURES)
        self._failures = 0
        self._retried_at = 0.0  # monotonic seconds

    @property
    def is_open(self) -> bool:
        return self._failures >= FAILURES

    def call(self, function: Callable[[], Result], otherwise: Result) -> Result:
        if self._is_due():
            return self._attempt(function, otherwise)
        if self.is_open or not self._slots.acquire(timeout=WAIT):
            return otherwise
        try:
            # Somebody may have found out while this one waited for a slot.
            return otherwise if self.is_open else self._attempt(function, otherwise)
        finally:
            self._slots.release()

    def _is_due(self) -> bool:
        """Whether the store is to be tried again, by this call and no other."""
        with self._lock:
            if not self.is_open or time.monotonic() < self._retried_at:
                return False
            self._retried_at = time.monotonic() + PAUSE
            return True

    def _attempt(self, function: Callable[[], Result], otherwise: Result) -> Result:
        try:
            result = function()
        except Exception as error:  # noqa: BLE001  the boundary: any failure of any backend is a miss
            self._failed(error)
            return otherwise
        if self._failures:
            with self._lock:
                self._failures = 0
            metrics.breaker_open.set(0)
        return result

    def _failed(self, error: Exception) -> None:
        with self._lock:
            self._failures += 1
            self._retried_at = time.monotonic() + PAUSE
            opens = self._failures == FAILURES
        if opens:
            metrics.breaker_open.set(1)
            log.warning("cache_store_unavailable", error=str(error), retried_after_seconds=PAUSE)


class SharedStore:
    """Entries and locks in the backend behind the alias; every call may be answered by nothing."""

    def __init__(self, alias: str = ALIAS) -> None:
        self.alias = alias
        self.breaker = Breaker()

    def get(self, key: str) -> Entry | None:
        data = self.breaker.call(lambda: caches[self.alias].get(key), None)
        if data is None:
            return None
        try:
            return unpack_entry(key, data)
        except RejectedEntry as rejected:
            metrics.rejected_entries.labels(rejected.reason).inc()
            log.error("cache_entry_rejected", key=key, reason=rejected.reason)
            return None

    def put(self, entry: Entry) -> None:
        seconds = int(entry.expires - time.time())
        if seconds > 0:
            data = pack_entry(entry)
            self.breaker.call(lambda: caches[self.alias].set(entry.key, data, seconds), None)

    def lock(self, key: str, seconds: int) -> bool:
        """Whether this process computes; True as well if nobody can say."""
        name = f"lock:{key}"
        return self.breaker.call(lambda: caches[self.alias].add(name, b"1", seconds), True)

    def unlock(self, key: str) -> None:
        self.breaker.call(lambda: caches[self.alias].delete(f"lock:{key}"), False)


@cache
def shared_store() -> SharedStore | None:
    """The store that CACHE_BACKEND names; None for `memory` and `none`."""
    return SharedStore() if ALIAS in settings.CACHES else None
