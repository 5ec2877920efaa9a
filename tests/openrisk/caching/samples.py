"""What tests of the pieces need: an entry, a snapshot, the two kinds of shared store."""

import time
from typing import Any

import pytest
from django.conf import settings

from openrisk import env
from openrisk.caching.storage.entry import Entry

LOCAL = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "responses"}


def make_entry(key: str = "a" * 64, body: bytes = b'{"count":0}', **fields: Any) -> Entry:
    now = time.time()
    values: dict[str, Any] = {
        "key": key,
        "view": "sample-list",
        "snapshot": {"epoch": "1", "risks.risk:*": ""},
        "created": now,
        "expires": now + 300,
        "cost": 0.01,
        "content_type": "application/json",
        "etag": '"0.x"',
        "request": {"path": "/api/v1/risks/"},
        "body": body,
    }
    return Entry(**values | fields)


def caches_with(alias: str, url: str = "", **options: Any) -> dict[str, Any]:
    """CACHES in which `alias` is a store as the project configures it, at `url`; else LocMem."""
    if not url:
        return {**settings.CACHES, alias: LOCAL}
    configured = env.response_cache("redis", url)["responses"]
    configured["OPTIONS"] = {**configured["OPTIONS"], **options}
    return {**settings.CACHES, alias: configured}


STORES = [
    pytest.param("", id="locmem"),
    pytest.param(
        settings.REDIS_URL,
        id="redis",
        marks=pytest.mark.skipif(not settings.REDIS_URL, reason="needs TEST_REDIS_URL"),
    ),
]
