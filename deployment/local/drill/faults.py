"""Faults of a drill: each begins when its block begins, and is repaired when it ends."""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass

import httpx
import psycopg

from deployment.local.stack import Stack

CONNECTIONS = 45
SLEEPERS = 3
FULL = 0.93  # of Redis' memory
VALUE = b"x" * 100_000


@dataclass(frozen=True)
class Fault:
    """The `alert` that it has to raise, on `channel`."""

    name: str
    alert: str
    channel: str
    words: str
    begin: Callable[[Stack], AbstractContextManager[None]]


@contextmanager
def _repeated(work: Callable[[], object], *, every: float, threads: int = 1) -> Iterator[None]:
    """`work` in threads until the block ends."""
    over = threading.Event()

    def run() -> None:
        while not over.wait(every):
            with suppress(psycopg.Error, httpx.HTTPError):
                work()

    running = [threading.Thread(target=run, daemon=True) for _ in range(threads)]
    for thread in running:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in running:
            thread.join(10)


@contextmanager
def slow_queries(stack: Stack) -> Iterator[None]:
    """A statement that takes 1.5 seconds, again and again."""

    def sleep() -> None:
        with psycopg.connect(stack.database) as connection:
            connection.execute("SELECT pg_sleep(1.5)")

    with _repeated(sleep, every=0.01, threads=SLEEPERS):
        yield


@contextmanager
def redis_memory(stack: Stack) -> Iterator[None]:
    """Values that take nearly all of Redis' memory."""
    keys = []
    limit = int(stack.redis.config_get("maxmemory")["maxmemory"])
    try:
        for number in itertools.count():  # pragma: no branch
            if stack.redis.info("memory")["used_memory"] > FULL * limit:
                break
            keys.append(f"drill:{number}")
            stack.redis.set(keys[-1], VALUE, ex=3600)
        yield
    finally:
        for key in keys:
            stack.redis.delete(key)


@contextmanager
def connections(stack: Stack) -> Iterator[None]:
    """Clients that connect and do nothing, in two states."""
    with ExitStack() as opened:
        for number in range(CONNECTIONS):
            client = opened.enter_context(psycopg.connect(stack.database))
            if number % 2:
                client.execute("SELECT 1")  # stays in a transaction
        yield


@contextmanager
def cache(stack: Stack) -> Iterator[None]:
    """New requests only: none of them can be a hit."""
    numbers = itertools.count()

    with stack.client() as client:

        def miss() -> None:
            client.get(f"/api/v1/risks/?page_size=1&search=drill{next(numbers)}")

        with _repeated(miss, every=0.02, threads=2):
            yield


FAULTS = {
    fault.name: fault
    for fault in (
        Fault(
            "slow-queries",
            "SlowDatabaseQueries",
            "#performance-alerts",
            "a statement that takes 1.5 s",
            slow_queries,
        ),
        Fault(
            "redis-memory",
            "HighRedisMemory",
            "#critical-alerts",
            "Redis filled to 93 % of its memory",
            redis_memory,
        ),
        Fault(
            "connections",
            "HighDatabaseConnections",
            "#performance-alerts",
            "45 more connections",
            connections,
        ),
        Fault(
            "cache",
            "LowCacheHitRate",
            "#performance-alerts",
            "requests that are all new",
            cache,
        ),
    )
}
