"""The table that is printed, and `docs/cache-performance.md` from `docs/data/cache.json`."""

from statistics import median
from typing import Any

from tests.proofs.benchmarks.cache.targets import TARGETS, Target, missed, value_of

NAMES = {
    "bare": "empty Django view that returns the same bytes, no middleware",
    "push": "OpenRisk, a hit, `push`",
    "not_modified": "OpenRisk, a 304, `strict`",
    "strict": "OpenRisk, a hit, `strict`",
    "million": "OpenRisk, a hit, `strict`, with the large register",
    "usual": "DRF, token authentication, `cache_page`, django-redis",
    "cacheops": "DRF, token authentication, django-cacheops",
    "cachalot": "DRF, token authentication, django-cachalot",
}


def table(results: dict[str, Any]) -> list[str]:
    lines = ["| figure | measured | rounds | target (aim) | |", "|---|---|---|---|---|"]
    return lines + [_row(target, results) for target in TARGETS]


def _row(target: Target, results: dict[str, Any]) -> str:
    value = value_of(results, target.name)
    rounds = results["rounds"].get(target.name)
    spread = f"{_short(min(rounds))} to {_short(max(rounds))}" if rounds else ""
    shown = "not measured" if value is None else _short(value)
    verdict = "met" if target.is_met(value) else "**missed**"
    return f"| {target.meaning} | {shown} | {spread} | {target.text} | {verdict} |"


def _short(value: float) -> str:
    return f"{value:.1f}" if value >= 10 else f"{value:.3g}"


def candidates(results: dict[str, Any]) -> list[str]:
    """Rates and times of the warm answers, and what could not be measured."""
    lines = [
        "| warm answer | requests/s | of the usual | of the empty view | median | p99 |",
        "|---|---|---|---|---|---|",
    ]
    rates = {
        name: median(sample["rate"] for sample in samples)
        for name, samples in results["samples"]["warm"].items()
    }
    for name, samples in results["samples"]["warm"].items():
        times = [
            f"{median(sample[key] for sample in samples):.2f} ms" for key in ("median_ms", "p99_ms")
        ]
        of = [_short(rates[name] / rates[other]) for other in ("usual", "bare")]
        lines.append(f"| {NAMES[name]} | {rates[name]:,.0f} | {' | '.join([*of, *times])} |")
    for name, error in results["failures"].items():
        lines.append(f"| {NAMES[name]} | not measured: `{error}` | | | | |")
    return lines


def sentences(results: dict[str, Any]) -> list[str]:
    memory, flight, mixed = (results[name] for name in ("memory", "single_flight", "mixed"))
    twenty, one = (f"{mixed[name]['hit_rate']:.1%}" for name in ("twenty", "one"))
    repeated = memory["requests"] - memory["urls"]
    return [
        (
            "200 concurrent first reads of a view that takes half a second, over two processes:"
            f" computed {_times(flight['redis'])} with Redis, {_times(flight['memory'])} without."
        ),
        (
            f"{memory['urls']:,} distinct URLs, then {repeated:,} requests for the last of them:"
            f" the worker grew from {memory['start_mb']} MB to {memory['filled_mb']} MB and ended"
            f" at {memory['end_mb']} MB; the front counts {memory['counted_mb']} MB of its"
            f" {memory['budget_mb']} MB."
        ),
        (
            "Of reads with 1 % of writes among them, over 200 hot URLs of which half are of one"
            f" risk each, {twenty} were hits with 20 organizations and {one} with one: there every"
            " write makes all 100 lists stale, though few of them show the risk that changed."
        ),
    ]


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def verdict(results: dict[str, Any]) -> str:
    late = missed(results)
    if not late:
        return "Every target is met."
    return f"Missed: {', '.join(target.name for target in late)} ({len(late)} of {len(TARGETS)})."


def write(results: dict[str, Any]) -> str:
    lines = [
        "# How fast the cache is",
        "",
        "Written by `make bench` (`python -m tests.proofs.benchmarks.cache`), from the figures",
        "it keeps in [data/cache.json](data/cache.json). Do not edit by hand.",
        "",
        (
            f"Measured on {results['measured_on']}: {results['machine']}, Python"
            f" {results['python']}, Django {results['django']}, PostgreSQL"
            f" {results['postgresql']}; load by {results['generator']} on the same machine. Every"
            " server is granian with one worker and eight threads, and answers the first page of"
            f" the risk list ({results['body_bytes']:,} bytes) from the same database with the"
            f" same serializer. Only the ratios carry over to another machine: each is the median"
            f" of {results['runs']} rounds, and within a round every server was measured once,"
            f" for {results['seconds']:g} s over 8 connections, in rotating order."
        ),
        "",
        verdict(results),
        "",
        *table(results),
        "",
        "## What is compared",
        "",
        *candidates(results),
        "",
        (
            "The usual recipe authenticates by one query; knox's own class takes two. cacheops and"
            " cachalot cache queries, not answers, and are wrong at times, which is not measured"
            " here."
        ),
        "",
        "## Many at once",
        "",
        *(f"{sentence}\n" for sentence in sentences(results)),
    ]
    return "\n".join(lines).rstrip() + "\n"
