"""Measure how fast the cache is: under ten minutes on two quiet cores.

`python -m tests.proofs.benchmarks.cache` (`make bench`)

Starts a private PostgreSQL and Valkey and a server process for each candidate, prints ratios and
their targets, and writes them to `var/bench/latest.json`, `docs/data/cache.json` and
`docs/cache-performance.md`. Exits with 3 when a target is missed. `--draft` tries everything in
small, and leaves the documents alone.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from deployment.local.servers import postgres, stops_on_sigterm, valkey
from locustfiles.harness import http_load
from tests.proofs.benchmarks.cache import cold, crowd, memory, report, targets, warm
from tests.proofs.benchmarks.cache.processes import ROOT
from tests.proofs.benchmarks.cache.world import PROJECTS, World, start_candidates, world


@dataclass
class Sizes:
    """How much of everything; `urls` and `requests` are those of the memory measurement."""

    rounds: int = 5
    seconds: float = 2
    risks: int = 1_000_000
    pairs: int = 60
    urls: int = 100_000
    requests: int = 1_000_000
    mixed: int = 10_000


DRAFT = Sizes(rounds=2, seconds=1, risks=5_000, pairs=15, urls=1_000, requests=2_000, mixed=2_000)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draft", action="store_true", help="small sizes, no documents")
    parser.add_argument("--requests", type=int, default=None, help="of the memory measurement")
    options = parser.parse_args()
    sizes = DRAFT if options.draft else Sizes()
    sizes.requests = options.requests or sizes.requests
    results = run(sizes)
    keep(results, documents=not options.draft)
    for line in [*report.table(results), "", *report.candidates(results), ""]:
        print(line)
    print("\n".join([*report.sentences(results), report.verdict(results)]))
    return 3 if targets.missed(results) else 0


def run(sizes: Sizes) -> dict[str, Any]:
    with (
        stops_on_sigterm(),
        tempfile.TemporaryDirectory(prefix="openrisk-bench-") as folder,
        postgres() as database,
        valkey() as cache,
    ):
        os.environ |= {
            "DATABASE_URL": database.url,
            "VAR_DIR": folder,
            "DJANGO_SETTINGS_MODULE": "openrisk.settings",
            "CACHE_BACKEND": "memory",
            "CACHE_CONSISTENCY": "strict",
        }
        with world(database.url, cache.url, Path(folder), sizes.risks) as made:
            return {**circumstances(made, sizes), **measured(made, sizes)}


def keep(results: dict[str, Any], *, documents: bool) -> None:
    text = json.dumps(results, indent=1) + "\n"
    latest = ROOT / "var" / "bench" / "latest.json"
    latest.parent.mkdir(parents=True, exist_ok=True)
    latest.write_text(text)
    if documents:
        (ROOT / "docs" / "data" / "cache.json").write_text(text)
        (ROOT / "docs" / "cache-performance.md").write_text(report.write(results))


def circumstances(made: World, sizes: Sizes) -> dict[str, Any]:
    import django

    with psycopg.connect(made.databases["openrisk"]) as connection:
        version = connection.info.parameter_status("server_version") or ""
    return {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}",
        "load_average": os.getloadavg()[0],
        "python": platform.python_version(),
        "django": django.__version__,
        "postgresql": version.split()[0],
        "generator": http_load.generator(),
        "runs": sizes.rounds,
        "seconds": sizes.seconds,
        "risks": sizes.risks,
    }


def measured(made: World, sizes: Sizes) -> dict[str, Any]:
    with _told("Starting the servers"):
        start_candidates(made)
    with _told("Warm answers"):
        samples: dict[str, Any] = {
            "warm": warm.throughput(warm.subjects(made), sizes.rounds, sizes.seconds),
            "tail": warm.tail(made, sizes.rounds, sizes.seconds),
        }
        queries = warm.queries_per_hit(made)
    with _told("Misses"):
        samples["miss"] = cold.misses(made, sizes.rounds, sizes.pairs)
    with _told("Mixed load"):
        mixed = {
            "twenty": crowd.mixed(made.servers["strict"], made.rows.small, sizes.mixed),
            "one": crowd.mixed(made.servers["strict"], [made.rows.large], sizes.mixed),
        }
    with _told("Writes"):
        samples["write"] = writes(made, sizes)
    rounds = ratios(samples)
    return {
        **{name: warm.middle(values) for name, values in rounds.items()},
        "rounds": {name: [round(value, 3) for value in rounds[name]] for name in rounds},
        "queries_per_hit": queries,
        "mixed": mixed,
        **limits(made, sizes),
        "failures": made.failures,
        "body_bytes": len((made.folder / "body").read_bytes()),
        "samples": samples,
    }


def writes(made: World, sizes: Sizes) -> list[dict[str, float]]:
    made.start("tracked", DATABASE_URL=made.databases["tracked"])
    made.start("untracked", f"{PROJECTS}.untracked", DATABASE_URL=made.databases["untracked"])
    return cold.writes(made, sizes.rounds, sizes.pairs)


def limits(made: World, sizes: Sizes) -> dict[str, Any]:
    """Memory, and computes at once: with servers that say what they keep and compute."""
    probe, shared = f"{PROJECTS}.probe", f"{made.cache_url.rpartition('/')[0]}/15"
    alone = [made.start(f"memory-{n}", probe, CACHE_BACKEND="memory") for n in (1, 2)]
    together = [made.start(f"redis-{n}", probe, REDIS_URL=shared) for n in (1, 2)]
    with _told("Many readers of a slow view"):
        flight = {
            "redis": crowd.single_flight(made, together),
            "memory": crowd.single_flight(made, alone),
        }
    with _told("Memory"):
        return {
            "single_flight": flight,
            "memory": memory.growth(made, alone[0], sizes.urls, sizes.requests),
        }


def ratios(samples: dict[str, Any]) -> dict[str, list[float]]:
    """Each ratio, round by round."""

    def rates(over: str, under: str) -> list[float]:
        return warm.ratio(samples["warm"], over, under)

    def inverse(kind: str) -> list[float]:
        return [sample["other"] / sample["ours"] for sample in samples[kind]]

    return {
        "warm_strict_vs_usual": rates("strict", "usual"),
        "warm_push_vs_usual": rates("push", "usual"),
        "warm_push_vs_bare": rates("push", "bare"),
        "warm_strict_vs_bare": rates("strict", "bare"),
        "not_modified_vs_warm": rates("not_modified", "strict"),
        "miss_vs_uncached": inverse("miss"),
        "write_vs_untracked": inverse("write"),
        "million_vs_thousand": rates("million", "strict"),
        "p99_vs_median": [sample["p99_ms"] / sample["median_ms"] for sample in samples["tail"]],
    }


@contextmanager
def _told(what: str) -> Iterator[None]:
    print(f"{what} ...", end=" ", flush=True, file=sys.stderr)
    start = time.monotonic()
    yield
    print(f"{time.monotonic() - start:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
