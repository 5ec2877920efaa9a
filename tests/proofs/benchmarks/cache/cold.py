"""What the cache costs where it does not help, a miss and a write: one connection, turn by turn."""

from collections.abc import Callable
from statistics import median
from typing import Any

from locustfiles.harness.http_load import Answer, Connection, LoadFailed, Request
from tests.proofs.benchmarks.cache.data import LARGE
from tests.proofs.benchmarks.cache.world import LIST, World

Ask = Callable[[int], Answer]
WARM_UP = 10


def misses(world: World, rounds: int, pairs: int) -> list[dict[str, float]]:
    """The first page when its risks have just changed, against the server without a cache."""
    from openrisk.caching.freshness import tag_versions

    request = bytes(world.first_page())
    tag = f"risks.risk:{world.rows.large.id}"
    cached, uncached = (Connection(world.servers[name].port) for name in ("strict", "uncached"))

    def miss(_: int) -> Answer:
        return _expect(cached.ask(request), "MISS")

    def plain(_: int) -> Answer:
        return _expect(uncached.ask(request), "BYPASS")

    return _compared(miss, plain, rounds, pairs, before=lambda: tag_versions.bump([tag]))


def writes(world: World, rounds: int, pairs: int) -> list[dict[str, float]]:
    """A new title by PATCH, with triggers and signals against without either."""
    risks = world.rows.large.risks

    def patch(connection: Connection) -> Ask:
        def ask(number: int) -> Answer:
            request = Request(
                f"{LIST}{risks[number % LARGE]}/",
                world.rows.large.headers,
                "PATCH",
                b'{"title": "Title %d"}' % number,
            )
            return _expect(connection.ask(bytes(request)), "")

        return ask

    tracked, untracked = (
        patch(Connection(world.servers[name].port)) for name in ("tracked", "untracked")
    )
    return _compared(tracked, untracked, rounds, pairs)


def _expect(answer: Answer, layer: str) -> Answer:
    if answer.status != 200 or answer.header("X-Cache") != layer:
        raise LoadFailed(f"Expected {layer or 200}:\n{answer.head.decode()}{answer.body[:500]!r}")
    return answer


def _compared(
    ours: Ask, other: Ask, rounds: int, pairs: int, before: Callable[[], Any] = lambda: None
) -> list[dict[str, float]]:
    """Medians in ms for each round; whoever was first is second the next time."""
    samples = []
    for number in range(rounds + 1):
        times: dict[str, list[float]] = {"ours": [], "other": []}
        count = pairs if number else WARM_UP
        for turn in range(count):
            order = [("ours", ours), ("other", other)]
            for name, ask in order if turn % 2 else reversed(order):
                before()
                times[name].append(ask(number * pairs + turn).seconds * 1000)
        samples.append({name: median(taken) for name, taken in times.items()})
    return samples[1:]  # the first was the warm-up
