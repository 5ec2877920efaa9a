"""The shared store: bytes that all processes see, over Django's cache framework.

No failure of it changes an HTTP status: calls have short timeouts, failures are misses, and after
a few of them in a row it is left alone for a while (`breaker`).
"""

import time
from functools import cache
from typing import Any

import structlog
from django.conf import settings
from django.core.cache import caches

from openrisk.caching import metrics
from openrisk.caching.storage.breaker import CircuitBreaker
from openrisk.caching.storage.entry import Entry, RejectedEntry, pack_entry, unpack_entry

ALIAS = "responses"
log = structlog.get_logger(__name__)


class BytesSerializer:
    """For django-redis, whose own serializer unpickles before an entry could be checked."""

    def __init__(self, options: dict[str, Any]) -> None:
        pass

    def dumps(self, value: bytes) -> bytes:
        return value

    def loads(self, value: bytes) -> bytes:
        return value


class SharedStore:
    """Entries and locks in the backend behind the alias; a call that fails finds nothing."""

    def __init__(self, alias: str = ALIAS) -> None:
        self.alias = alias
        self.breaker = CircuitBreaker()

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
        """Whether this process computes; True as well if the store does not answer."""
        name = f"lock:{key}"
        return self.breaker.call(lambda: caches[self.alias].add(name, b"1", seconds), True)

    def unlock(self, key: str) -> None:
        self.breaker.call(lambda: caches[self.alias].delete(f"lock:{key}"), False)


@cache
def shared_store() -> SharedStore | None:
    """The store that CACHE_BACKEND names; None for `memory` and `none`."""
    return SharedStore() if ALIAS in settings.CACHES else None
