"""Fills the caches: more different answers than a server may keep."""

import json
import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import redis

from locustfiles.harness.http_load import LoadFailed, Request, drive
from locustfiles.harness.world import Serving, World

ORDERS = ("reference", "title", "status", "current_score", "priority", "created_at", "updated_at")
PAGE_SIZES = (200, 199, 198)
CONNECTIONS = 4


def fill(world: World, serving: Serving, risks: int) -> dict[str, Any]:
    """Bytes: of the processes that answer, of what they say they keep, and of Redis.

    `risks` is how many each organization has.
    """
    port = int(serving.installation.environment["PORT"])
    drive(port, _requests(world, risks), CONNECTIONS, _require)
    client = redis.from_url(world.cache.url)
    metrics = serving.metrics()
    kept = re.search(r"^openrisk_cache_memory_bytes (\S+)$", metrics, re.MULTILINE)
    return {
        "server_bytes": serving.resident_bytes(),
        "kept_bytes": float(kept[1]) if kept else 0.0,
        "redis_bytes": int(client.info("memory")["used_memory"]),
    }


def _requests(world: World, risks: int) -> Iterator[tuple[None, bytes]]:
    organizations = json.loads(world.callers.read_text())["organizations"]
    signs = ("", "-")
    for size, order, sign, page in product(
        PAGE_SIZES, ORDERS, signs, range(1, risks // max(PAGE_SIZES))
    ):
        for one in organizations:
            path = f"/api/v1/risks/?page_size={size}&ordering={sign}{order}&page={page}"
            headers = {"Authorization": f"Token {one['tokens'][0]}"}
            yield None, bytes(Request(path, headers))


def _require(_: None, response: bytes, seconds: float) -> None:
    if response[9:12] != b"200":
        raise LoadFailed(response[:300].decode(errors="replace"))
