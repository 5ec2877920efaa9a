"""The figures of a run, from what was measured in its phases."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from locustfiles.harness.usage import Usage

MEGABYTE = 2**20
PARTS = ("server", "PostgreSQL", "Valkey")  # whose processor time is told apart


def percentile(times: Counter[float], share: float) -> float:
    """Milliseconds that so many of the answers (0 to 1) took at most; 0 where there are none."""
    wanted, seen = share * sum(times.values()), 0
    for milliseconds in sorted(times):
        seen += times[milliseconds]
        if seen >= wanted:
            return milliseconds
    return 0.0


def times_of(requests: Iterable[dict[str, Any]]) -> Counter[float]:
    """How often which duration was measured, in milliseconds."""
    found: Counter[float] = Counter()
    for request in requests:
        found.update({float(time): count for time, count in request["times"].items()})
    return found


def of_stage(stage: dict[str, Any]) -> dict[str, float]:
    """Latencies in milliseconds are those of reads. A bypass is no lookup."""
    requests = stage["requests"]
    reads = [one for one in requests if one["method"] == "GET"]
    times = times_of(reads)
    cache: Counter[str] = Counter()
    for one in reads:
        cache.update(one["cache"])
    lookups = cache["HIT"] + cache["MISS"] + cache["STALE"]
    count = sum(one["count"] for one in reads)
    return {
        "users": stage["users"],
        "rate": sum(one["count"] for one in requests) / stage["seconds"],
        "mean_ms": sum(one["total_ms"] for one in reads) / max(count, 1),
        "p50_ms": percentile(times, 0.5),
        "p95_ms": percentile(times, 0.95),
        "p99_ms": percentile(times, 0.99),
        "hit_rate": cache["HIT"] / lookups if lookups else 0.0,
        "write_share": 1 - count / sum(one["count"] for one in requests),
        **{name: sum(one[name] for one in requests) for name in ("errors", "stale", "foreign")},
    }


def of_phase(phase: dict[str, Any]) -> dict[str, Any]:
    """Of the last stage, and what one request has cost in all of them: None where the server ended
    before that could be counted."""
    stages = [of_stage(stage) for stage in phase["locust"]["stages"]]
    usage: Usage = phase["usage"]

    def each(total: float) -> float | None:
        return total / usage.requests if usage.requests else None

    return {
        **stages[-1],
        **{name: sum(stage[name] for stage in stages) for name in ("errors", "stale", "foreign")},
        "cpu_ms": each(1000 * sum(usage.cpu_seconds.values())),
        **{part: each(1000 * spent) for part, spent in usage.cpu_seconds.items()},
        "queries": each(usage.queries),
        "sessions": each(usage.sessions),
        "connections": usage.connections or None,
        "wanted_rate": phase["wanted_rate"],
        "generator_cpu": phase["locust"]["generator_cpu"],
        "hot": phase.get("warmth", {}).get("share"),
        "reads_per_second": phase.get("reads", {}).get("rate"),
        "mixed_per_second": phase.get("mixed", {}).get("rate"),
    }


def of_run(results: dict[str, Any]) -> dict[str, float | None]:
    """What targets are about; None where this run did not measure it."""
    phases = {
        name: of_phase(results[name])
        for name in ("baseline", "cached", "alike", "unpooled")
        if results.get(name, {}).get("locust", {}).get("stages")
    }
    ours = phases.get("cached") or phases.get("baseline")
    if ours is None:
        return {}
    found: dict[str, float | None] = {
        **{name: ours[name] for name in ("p95_ms", "p99_ms", "mean_ms", "hit_rate")},
        **{name: ours[name] for name in ("errors", "stale", "foreign", "connections")},
        "generator_cpu": max(phase["generator_cpu"] for phase in phases.values()),
        "rate_kept": ours["rate"] / ours["wanted_rate"],
        "reads_per_second": ours["reads_per_second"],
        "slowness": max(results.get("slowness", [1.0])),
    }
    if "cached" in phases and "baseline" in phases:
        found |= _against(phases["cached"], phases["baseline"])
    if "cached" in phases and "alike" in phases:
        found["mean_less"] = 1 - ours["mean_ms"] / phases["alike"]["mean_ms"]
    if "cached" in phases and "unpooled" in phases:
        found["sessions_less"] = _less(phases["cached"]["sessions"], phases["unpooled"]["sessions"])
    if full := results.get("full"):
        before = results["baseline"]["usage"].server_bytes
        found["memory_added_mb"] = (full["server_bytes"] - before) / MEGABYTE
        found["redis_mb"] = full["redis_bytes"] / MEGABYTE
    return found


def _against(ours: dict[str, Any], baseline: dict[str, Any]) -> dict[str, float | None]:
    def times(name: str) -> float | None:
        both = ours[name], baseline[name]
        return both[0] / both[1] if all(both) else None

    return {
        "cpu_less": _less(ours["cpu_ms"], baseline["cpu_ms"]),
        "queries_less": _less(ours["queries"], baseline["queries"]),
        "throughput_times": times("reads_per_second"),
        "mixed_times": times("mixed_per_second"),
    }


def _less(ours: float | None, theirs: float | None) -> float | None:
    return None if ours is None or not theirs else 1 - ours / theirs
