"""What is promised, and whether a result keeps it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Target:
    """`bound` is what is promised and `aim` what is hoped for: at least, or `at_most`."""

    name: str
    meaning: str
    bound: float
    aim: float
    at_most: bool = False

    def is_met(self, value: float | None) -> bool:
        if value is None:  # it could not be measured here
            return False
        return value <= self.bound if self.at_most else value >= self.bound

    @property
    def text(self) -> str:
        return f"{'at most' if self.at_most else 'at least'} {self.bound:g} ({self.aim:g})"


TARGETS = (
    Target("warm_strict_vs_usual", "a hit, strict, against the usual recipe", 7, 15),
    Target("warm_push_vs_usual", "a hit, push, against the usual recipe", 20, 40),
    Target("warm_push_vs_bare", "a hit, push, against an empty Django view", 1, 2),
    Target("warm_strict_vs_bare", "a hit, strict, against an empty Django view", 0.3, 0.6),
    Target("not_modified_vs_warm", "a 304 against the same hit as a 200", 0.95, 1.3),
    Target("miss_vs_uncached", "a miss against no cache (inverse of latencies)", 0.85, 0.95),
    Target("write_vs_untracked", "a PATCH against one that leaves no tokens (same)", 0.85, 0.95),
    Target("million_vs_thousand", "a hit among 1,000,000 risks against among 1,000", 0.9, 1),
    Target("p99_vs_median", "of a hit's time, strict, 32 connections", 5, 3, at_most=True),
    Target("queries_per_hit.strict", "queries of a hit, strict, one connection", 1, 1, True),
    Target("queries_per_hit.push", "queries of a hit, push", 0, 0, True),
    Target("memory.budget_used", "bytes that the front counts, of its budget", 1, 1, True),
    Target("memory.growth_of_budget", "memory that the worker grew by, of that budget", 1, 1, True),
    Target("memory.end_vs_filled", "memory at the end, of when it was full", 1.05, 1, True),
    Target("single_flight.redis", "computes for 200 readers of a slow view, Redis", 1, 1, True),
    Target("single_flight.memory", "the same of two processes without Redis", 2, 2, True),
    Target("mixed.twenty.hit_rate", "hits with 1 % writes, 200 URLs, 20 organizations", 0.9, 0.95),
)


def value_of(results: dict[str, Any], name: str) -> float | None:
    """The value at a dotted `name`."""
    found: Any = results
    for part in name.split("."):
        found = found[part]
    return found


def missed(results: dict[str, Any]) -> list[Target]:
    return [target for target in TARGETS if not target.is_met(value_of(results, target.name))]
