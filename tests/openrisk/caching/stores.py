"""A shared store of a test's own, and the cache as a process finds it that has just started."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings as configured
from pytest_django import Settings

from openrisk import env
from openrisk.caching import fast_path, lookup
from openrisk.caching.freshness import recent_changes
from openrisk.caching.storage.shared import shared_store


def forget() -> None:
    """As in a process that has just begun."""
    for memory in (
        lookup.local_entries,
        lookup.recently_uncacheable,
        fast_path.known_principals,
        fast_path.known_routes,
    ):
        memory.clear()
    recent_changes.clear_changes()


@contextmanager
def backend(settings: Settings, name: str, url: str = "") -> Iterator[None]:
    """CACHE_BACKEND, with keys that no other test sees."""
    alias = env.response_cache(name, url)
    for options in alias.values():
        options["KEY_PREFIX"] = uuid.uuid4().hex
    others = {key: value for key, value in configured.CACHES.items() if key != "responses"}
    settings.CACHES = {**others, **alias}
    settings.CACHE_BACKEND = name
    shared_store.cache_clear()
    yield
    shared_store.cache_clear()
