"""Resident memory of a worker that is asked for more than it may keep."""

import json
from collections.abc import Iterator
from typing import Any

from locustfiles.harness.http_load import Request, ask, drive
from tests.proofs.benchmarks.cache.processes import Running
from tests.proofs.benchmarks.cache.world import World

CONNECTIONS = 8
HOT = 2_000  # of the distinct URLs, the last: asked again and again
SAMPLES = 10
PAGE = "/api/v1/bench/page/"  # of projects.probe
MB = 2**20


def state(server: Running) -> dict[str, int]:
    return json.loads(ask(server.port, Request("/state")).body)


def growth(world: World, server: Running, urls: int, requests: int) -> dict[str, Any]:
    """First `urls` distinct ones, then the same few until there were `requests` in all."""
    headers = world.rows.small[0].headers
    prepared = [_request(number, headers) for number in range(urls)]
    _send(server, prepared[:100])
    start = server.resident_bytes
    filled = _sampled(server, prepared, urls)
    full = state(server)
    samples = filled + _sampled(server, prepared[-HOT:], max(0, requests - urls))
    budget, end = full["budget"] / MB, samples[-1]
    return {
        "urls": urls,
        "requests": requests,
        "entries": full["entries"],
        "counted_mb": round(full["bytes"] / MB, 1),
        "budget_mb": round(budget, 1),
        "start_mb": round(start / MB, 1),
        "filled_mb": filled[-1],
        "end_mb": end,
        "budget_used": round(full["bytes"] / full["budget"], 3),
        "growth_of_budget": round((end - start / MB) / budget, 3),
        "end_vs_filled": round(end / filled[-1], 3),
        "samples_mb": samples,
    }


def _request(number: int, headers: dict[str, str]) -> bytes:
    return bytes(Request(f"{PAGE}?page={number + 1}", headers))


def _sampled(server: Running, prepared: list[bytes], count: int) -> list[float]:
    """Resident MB after each tenth of `count` requests."""
    sizes = []
    step = count // SAMPLES
    for number in range(SAMPLES if step else 0):
        first = number * step
        _send(server, (prepared[n % len(prepared)] for n in range(first, first + step)))
        sizes.append(round(server.resident_bytes / MB, 1))
    return sizes


def _send(server: Running, requests: Any) -> None:
    def tagged() -> Iterator[tuple[None, bytes]]:
        for request in requests:
            yield None, request

    drive(server.port, tagged(), CONNECTIONS, _check)


def _check(_: None, response: bytes, seconds: float) -> None:
    assert response[9:12] == b"200", response[:500]
