"""What a server uses while load is put on it: processors, memory, connections, queries."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psutil
import psycopg
import redis

from locustfiles.harness.world import LOST, Serving, World

PERIOD = 1.0  # seconds between two looks
COUNTED_WITHIN = 1.5  # seconds after a request it is in the metrics of all processes

CONNECTIONS = """
SELECT count(*) FROM pg_stat_activity WHERE datname = 'openrisk' AND backend_type = 'client backend'
"""
TOTALS = """
SELECT (SELECT sum(calls) FROM pg_stat_statements s WHERE s.dbid = d.oid), sessions
FROM pg_database d JOIN pg_stat_database ON datid = d.oid WHERE d.datname = 'openrisk'
"""


@dataclass(frozen=True)
class Sample:
    """CPU seconds are those of each part's processes since they began."""

    at: float
    server_bytes: int
    redis_bytes: int
    connections: int
    cpu_seconds: dict[str, float]


@dataclass
class Usage:
    """Of a while: `requests`, `queries` and `sessions` are how many were answered, executed and
    opened in it."""

    requests: int = 0
    cpu_seconds: dict[str, float] = field(default_factory=dict)  # of each part
    queries: int = 0
    sessions: int = 0
    connections: int = 0  # at most, at once
    server_bytes: int = 0  # at the end, of the processes that answer
    redis_bytes: int = 0  # at most
    samples: list[Sample] = field(default_factory=list)


class Watch:
    """Looks at a server once a second, in a thread of its own."""

    def __init__(self, world: World, serving: Serving) -> None:
        self.serving = serving
        self.redis = redis.from_url(world.cache.url)
        self.database = psycopg.connect(world.statistics_url, autocommit=True)
        self.lock = threading.Lock()  # of the connection

    def close(self) -> None:
        self.redis.close()
        self.database.close()

    def answered(self) -> int:
        """Requests, as the server counts them."""
        metrics = self.serving.metrics()
        counts = re.findall(r"^openrisk_http_requests_total\{.*\} (\S+)$", metrics, re.MULTILINE)
        return int(sum(map(float, counts)))

    def ask(self, query: str) -> tuple[Any, ...]:
        with self.lock:
            return self.database.execute(query).fetchone() or ()

    def sample(self) -> Sample:
        return Sample(
            at=time.time(),
            server_bytes=self.serving.resident_bytes(),
            redis_bytes=int(self.redis.info("memory")["used_memory"]),
            connections=self.ask(CONNECTIONS)[0],
            cpu_seconds={part: cpu_seconds(pid) for part, pid in self.serving.pids.items()},
        )

    @contextmanager
    def watching(self) -> Iterator[Usage]:
        """The usage is complete when the block has ended. Raises what `LOST` names."""
        usage, over = Usage(), threading.Event()
        time.sleep(COUNTED_WITHIN)  # so that what was asked before does not count
        before, first, answered = self.ask(TOTALS), self.sample(), self.answered()

        def look() -> None:
            with suppress(*LOST):  # who waits for the end hears of it
                while not over.wait(PERIOD):
                    usage.samples.append(self.sample())

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        try:
            yield usage
        finally:
            over.set()
            thread.join()
            after, last = self.ask(TOTALS), self.sample()
            time.sleep(COUNTED_WITHIN)
            usage.requests = self.answered() - answered
            usage.samples.append(last)
            usage.cpu_seconds = {
                part: seconds - first.cpu_seconds[part]
                for part, seconds in last.cpu_seconds.items()
            }
            usage.queries, usage.sessions = (int(b - a) for a, b in zip(before, after, strict=True))
            usage.connections = max(one.connections for one in usage.samples)
            usage.redis_bytes = max(one.redis_bytes for one in usage.samples)
            usage.server_bytes = last.server_bytes


def cpu_seconds(pid: int) -> float:
    """Of a process and its children, those that have ended included."""
    parent = psutil.Process(pid)
    total = 0.0
    for one in (parent, *parent.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total
