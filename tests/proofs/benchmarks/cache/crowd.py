"""Many at once: first reads of a slow view, and reads with writes among them."""

import random
import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from typing import Any

from locustfiles.harness.http_load import Request, drive
from tests.proofs.benchmarks.cache.data import Owner
from tests.proofs.benchmarks.cache.memory import state
from tests.proofs.benchmarks.cache.processes import Running
from tests.proofs.benchmarks.cache.world import LIST, World

READERS = 200
SLOW = "/api/v1/bench/slow/"
URLS = 200
WRITES = 0.01
CONNECTIONS = 8
HIT = re.compile(rb"\r\nx-cache: HIT", re.I)
ORDERS = (
    "reference",
    "title",
    "status",
    "current_score",
    "inherent_score",
    "residual_score",
    "priority",
    "next_review_at",
    "created_at",
    "updated_at",
)


def single_flight(world: World, servers: Sequence[Running]) -> int:
    """How often `servers` compute together what READERS ask them for at the same moment."""
    request = bytes(Request(SLOW, world.rows.large.headers))
    before = sum(state(server)["computes"] for server in servers)
    share = READERS // len(servers)

    def readers(server: Running) -> None:
        drive(server.port, [(None, request)] * share, share, _check)

    with ThreadPoolExecutor(len(servers)) as pool:
        list(pool.map(readers, servers))
    return sum(state(server)["computes"] for server in servers) - before


def _check(_: Any, response: bytes, seconds: float) -> None:
    assert response[9:12] == b"200", response[:500]


def mixed(
    server: Running,
    owners: Sequence[Owner],
    requests: int,
    *,
    urls: int = URLS,
    writes: float = WRITES,
) -> dict[str, float]:
    """Reads by Zipf's law over hot URLs, half of them of one risk each, and a share of writes.

    A write gives any risk of any of the owners a new title. `rate` is answers a second.
    """
    source = random.Random(1)
    hot = _hot(owners, urls, source)
    counted = {"reads": 0, "hits": 0, "writes": 0}

    def answered(kind: str, response: bytes, seconds: float) -> None:
        assert response[9:12] == b"200", response[:500]
        counted[kind] += 1
        counted["hits"] += kind == "reads" and HIT.search(response) is not None

    drive(server.port, (("reads", request) for request in hot), CONNECTIONS, answered)
    counted.update(reads=0, hits=0)
    began = time.perf_counter()
    drive(server.port, _mixture(owners, hot, requests, writes, source), CONNECTIONS, answered)
    rate = requests / (time.perf_counter() - began)
    hit_rate = counted["hits"] / counted["reads"]
    return {**counted, "hit_rate": round(hit_rate, 4), "rate": round(rate, 1)}


def _hot(owners: Sequence[Owner], urls: int, source: random.Random) -> list[bytes]:
    """So many requests, the most popular first."""
    each = max(1, urls // len(owners) // 2)
    hot = [request for owner in owners for request in _of_one(owner, each)]
    source.shuffle(hot)
    return hot


def _of_one(owner: Owner, each: int) -> Iterator[bytes]:
    for number in range(each):
        order, size = ORDERS[number % len(ORDERS)], 10 + number // len(ORDERS)
        yield bytes(Request(f"{LIST}?ordering={order}&page_size={size}", owner.headers))
        yield bytes(Request(f"{LIST}{owner.risks[number]}/", owner.headers))


def _mixture(
    owners: Sequence[Owner],
    hot: list[bytes],
    requests: int,
    writes: float,
    source: random.Random,
) -> Iterator[tuple[str, bytes]]:
    weights = list(accumulate(1 / rank for rank in range(1, len(hot) + 1)))
    for number in range(requests):
        if source.random() < writes:
            yield "writes", _write(source.choice(owners), number, source)
        else:
            yield "reads", source.choices(hot, cum_weights=weights)[0]


def _write(owner: Owner, number: int, source: random.Random) -> bytes:
    path = f"{LIST}{source.choice(owner.risks)}/"
    body = b'{"title": "Renamed %d times"}' % number
    return bytes(Request(path, owner.headers, "PATCH", body))
