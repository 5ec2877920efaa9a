"""What is promised of which scenario, and whether a run keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass

BUSIEST_GENERATOR = 0.9  # of one processor; a busier one measures itself
SLOWEST_MACHINE = 1.25  # times as slow as the reference; absolute figures then say nothing of us
EVERY = ("baseline", "warm_cache", "peak_load", "freshness", "soak")
STEADY = ("warm_cache", "soak")
OPEN = ("warm_cache", "freshness", "soak")  # who thinks between requests keeps no rate


@dataclass(frozen=True)
class Target:
    """`bound` is at least so much, or `at_most`. A busy generator spoils a latency, a slow machine
    all that is absolute: milliseconds, requests a second, megabytes. Ratios always count."""

    name: str
    meaning: str
    bound: float
    scenarios: tuple[str, ...]
    at_most: bool = True
    percent: bool = False
    unit: str = ""
    is_latency: bool = False
    is_absolute: bool = False

    def is_met(self, value: float | None) -> bool:
        if value is None:
            return False
        return value <= self.bound if self.at_most else value >= self.bound

    def text(self, value: float) -> str:
        if self.percent:
            return f"{value:.1%}"
        return f"{value:,.4g}{self.unit}" if abs(value) < 1000 else f"{value:,.0f}{self.unit}"

    @property
    def promise(self) -> str:
        return f"{'at most' if self.at_most else 'at least'} {self.text(self.bound)}"


def _latency(name: str, meaning: str, bound: float, *scenarios: str) -> Target:
    return Target(name, meaning, bound, scenarios, unit=" ms", is_latency=True, is_absolute=True)


def _share(name: str, meaning: str, bound: float, *scenarios: str) -> Target:
    return Target(name, meaning, bound, scenarios, at_most=False, percent=True)


def _memory(name: str, meaning: str, bound: float) -> Target:
    return Target(name, meaning, bound, STEADY, unit=" MB", is_absolute=True)


TARGETS = (
    _latency("p95_ms", "P95 of reads", 45, *STEADY),
    _latency("p95_ms", "P95 of reads, all users", 100, "peak_load"),
    _latency("p99_ms", "P99 of reads, all users", 100, "peak_load"),
    _latency("mean_ms", "mean of reads", 15, *STEADY),
    _share(
        "mean_less",
        "mean of reads, less than without the cache for the same users at the same pace",
        0.9,
        *STEADY,
    ),
    _share("cpu_less", "processor time of a request, less than the baseline's", 0.62, *STEADY),
    _share("queries_less", "queries of a request, less than the baseline's", 0.7, *STEADY),
    Target(
        "throughput_times",
        "reads a second, of the baseline's (aim: 20)",
        4,
        ("warm_cache",),
        at_most=False,
    ),
    Target(
        "reads_per_second",
        "reads a second, all hot",
        2000,
        ("warm_cache",),
        at_most=False,
        is_absolute=True,
    ),
    _share("hit_rate", "hits of lookups (required: 75 %)", 0.9, *STEADY, "peak_load"),
    Target("connections", "connections to the database at once", 20, ("peak_load",)),
    _share("sessions_less", "connections opened, less than without keeping them", 0.6, "peak_load"),
    _memory("redis_mb", "memory of Redis, caches full", 500),
    _memory("memory_added_mb", "memory of the server above baseline", 300),
    _share("rate_kept", "of the rate that was to be kept", 0.95, *OPEN),
    Target("errors", "errors", 0, EVERY),
    Target("stale", "stale answers", 0, EVERY),
    Target("foreign", "answers with rows of others", 0, EVERY),
)


@dataclass(frozen=True)
class Judged:
    target: Target
    value: float | None
    verdict: str  # met, missed, void


def judge(scenario: str, figures: Mapping[str, float | None]) -> list[Judged]:
    """A target that was not measured is missed; one that could not be is void, which is neither."""
    is_busy = (figures.get("generator_cpu") or 0) > BUSIEST_GENERATOR
    is_slow = (figures.get("slowness") or 0) > SLOWEST_MACHINE
    found = []
    for target in TARGETS:
        if scenario in target.scenarios:
            value = figures.get(target.name)
            verdict = "met" if target.is_met(value) else "missed"
            if (target.is_latency and is_busy) or (target.is_absolute and is_slow):
                verdict = "void"
            found.append(Judged(target, value, verdict))
    return found
