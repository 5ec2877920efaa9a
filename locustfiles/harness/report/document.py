"""`docs/performance.md` and its plots, from the figures in `docs/data/`: `make report`."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from deployment.local.files import ROOT
from locustfiles.harness.report import plots, verdict
from locustfiles.harness.report.figures import PARTS
from locustfiles.harness.scenarios import SCENARIOS
from tests.proofs.benchmarks import report as register

DATA, DOCUMENT = ROOT / "docs" / "data", ROOT / "docs" / "performance.md"
IMAGES = ROOT / "docs" / "images" / "performance"
WORDS = {
    "baseline": "a working day without the cache",
    "warm_cache": "a working day at a steady rate, everything warm",
    "peak_load": "it gets busier: a quarter of the users, then all; they think between requests",
    "freshness": "up to one request in ten writes",
    "soak": "half an hour of the working day",
}
CANDIDATES = {
    "uncached": "uncached",
    "usual": "the usual recipe",
    "strict": "a hit, strict",
    "push": "a hit, push",
}


def read(name: str) -> Any:
    """What was kept under this name; None where nothing was."""
    path = DATA / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def document(images: Path) -> Iterator[str]:
    """The lines; plots are written into the folder."""
    yield "# Performance"
    yield ""
    yield (
        "Written by `make report` from the figures in [data/](data/). Do not edit by hand. "
        "How fast the cache is beside other recipes stands in "
        "[cache-performance.md](cache-performance.md)."
    )
    yield ""
    yield from under_load(images)
    if kept := read("growth"):
        yield from growth(kept, images)
    for name, section in (
        ("nodes", nodes),
        ("profile", profile),
        ("register", register.sections),
    ):
        if kept := read(name):
            yield from section(kept)


# --- Under load -----------------------------------------------------------------------------------
def under_load(images: Path) -> Iterator[str]:
    kept = {name: found for name in SCENARIOS if (found := read(f"load-{name}"))}
    if not kept:
        return
    yield "## Under load"
    yield ""
    yield (
        "What scenarios do, and how to read the tables, stands in "
        "[locustfiles/README.md](../locustfiles/README.md). The generator shares the machine with "
        "the server, PostgreSQL and Valkey, so figures would be better where it does not; ratios "
        "compare what was measured in one run. Milliseconds, requests a second and megabytes are "
        "judged where the machine is as fast as the one these figures are from: `python -m "
        "deployment.local.calibration` says so, and a run measures it throughout. Elsewhere they "
        "are void, which is neither met nor missed."
    )
    yield ""
    for name, results in kept.items():
        yield from _scenario(name, results, images)
    if "warm_cache" in kept:
        yield from bottleneck(kept["warm_cache"])


def _scenario(name: str, results: dict[str, Any], images: Path) -> Iterator[str]:
    yield f"### {name}: {WORDS[name]}"
    yield ""
    yield (
        f"Measured on {results['measured_on']}: {results['risks']:,} risks in "
        f"{results['organizations']} organizations, {results['machine']}, "
        f"PostgreSQL {results['postgresql']}, Python {results['python']}, "
        f"Django {results['django']}."
    )
    yield ""
    yield from verdict.table(results["verdict"])
    yield ""
    phases = {phase: results[phase] for phase in verdict.PHASES if phase in results}
    yield from verdict.phase_table({name: phase["figures"] for name, phase in phases.items()})
    image = images / f"{name}.svg"
    plots.curves(
        image,
        {
            f"{verdict.PHASES[phase]}, {found['figures']['rate']:,.0f} requests/s": [
                (ms, 1 - share) for share, ms in found["times"] if share < 1
            ]
            for phase, found in phases.items()
            if phase != "unpooled"
        },
        x="milliseconds",
        y="share of reads that took longer",
    )
    yield f"![How long reads took, {name}](images/performance/{image.name})"
    yield ""


def bottleneck(results: dict[str, Any]) -> Iterator[str]:
    """What runs out first on one machine."""
    found = results["cached"]["figures"]
    parts = sorted(PARTS, key=lambda part: -found[part])
    used = found["mixed_per_second"] * found["cpu_ms"] / 1000
    yield "### What runs out first"
    yield ""
    yield (
        f"At {found['mixed_per_second']:,.0f} requests a second, 1 % of them writes, which is all "
        f"that wrk gets in warm_cache, {found['cpu_ms']:.2f} ms of processor time a request make "
        f"{used:.1f} processors, on a machine with {results['machine']}, before the generator has "
        "had any. So the first bottleneck is the processors: "
        + ", ".join(f"{part} {found[part] / found['cpu_ms']:.0%}" for part in parts)
        + f" of that time. Connections ({found['connections']}) and memory are far from their "
        "bounds. What the server does with its share stands under "
        "[Where the time goes](#where-the-time-goes)."
    )
    yield ""


# --- What cost grows with -------------------------------------------------------------------------
def growth(kept: dict[str, Any], images: Path) -> Iterator[str]:
    yield "## What cost grows with"
    yield ""
    yield (
        f"Measured on {kept['measured_on']} by `python -m tests.proofs.benchmarks.growth`. "
        "Requests a second for the first page of the risks of one register, one server process:"
    )
    yield ""
    rows = kept["rows"]
    yield from table(
        ("risks", *CANDIDATES.values(), "strict, of the usual recipe"),
        (
            (
                f"{row['rows']:,}",
                *(f"{row[name]:,.0f}" for name in CANDIDATES),
                f"{row['strict'] / row['usual']:.0f}",
            )
            for row in rows
        ),
    )
    plots.curves(
        images / "rows.svg",
        {
            words: [(row["rows"], 1000 / row[name]) for row in rows]
            for name, words in CANDIDATES.items()
        },
        x="risks in the register",
        y="milliseconds a request",
        steps=[row["rows"] for row in rows],
    )
    yield "![Cost of a request by the rows of the register](images/performance/rows.svg)"
    yield ""
    yield (
        f"{kept['requests']:,} requests each, 8 connections, by Zipf's law over the URLs, half of "
        "them of one risk each, 1 % of writes unless said otherwise:"
    )
    yield ""
    yield from table(
        ("", "", "hits", "requests/s"),
        (
            (
                one["dimension"],
                f"{one['value']:,g}",
                f"{one['hit_rate']:.1%}",
                f"{one['rate']:,.0f}",
            )
            for one in kept["crowds"]
        ),
    )


def nodes(kept: dict[str, Any]) -> Iterator[str]:
    yield "## Several nodes"
    yield ""
    yield (
        f"Measured on {kept['measured_on']} by `python -m locustfiles.harness.studies.nodes`: "
        "server processes on ports of their own behind haproxy with the shipped configuration, one "
        "Valkey, PostgreSQL behind pgbouncer. All share the two cores of one machine with the "
        "generator, so that more nodes than cores gain little here; what is shown is that nothing "
        "is lost by them, and that no reader sees less than was acknowledged through another node. "
        "Latencies, hits and judgements are those of the scenario freshness, at "
        f"{SCENARIOS['freshness'].share:.0%} of what wrk got."
    )
    yield ""
    yield from table(
        (
            "nodes",
            "reads/s, wrk",
            "requests/s, wrk, 1 % writes",
            "rate",
            "writes",
            "P95 of reads",
            "hits",
            "connections",
            "stale",
            "foreign",
            "errors",
        ),
        (
            (
                str(one["nodes"]),
                f"{one['reads_per_second']:,.0f}",
                f"{one['mixed_per_second']:,.0f}",
                f"{one['rate']:,.0f}",
                f"{one['write_share']:.1%}",
                f"{one['p95_ms']:.1f} ms",
                f"{one['hit_rate']:.1%}",
                str(one["connections"]),
                *(str(one[bad]) for bad in ("stale", "foreign", "errors")),
            )
            for one in kept["nodes"]
        ),
    )


def profile(kept: dict[str, Any]) -> Iterator[str]:
    yield "## Where the time goes"
    yield ""
    yield (
        "Processor time of a request in the whole application, one thread, and the five parts of "
        "the code that take most of it under a profiler (`python -m "
        "locustfiles.harness.studies.profiling`). The queries themselves are PostgreSQL's time and "
        "not in it. Both versions were measured "
        "in turns, and the least is kept. *before* is the version in "
        "which pages wrote each option and date apart, asked for some rows twice and were drawn "
        "anew for everybody who asked."
    )
    yield ""
    labels = list(kept)
    kinds = {"cold": "Without the cache", "pages": "Pages that were asked before", "hits": "Hits"}
    for kind, words in kinds.items():
        yield f"### {words}"
        yield ""
        last = sorted(kept[labels[-1]][kind], key=lambda one: -one["cpu_ms"])
        yield f"Of all of these together: {_in_words(_together(last))}."
        yield ""
        times = {label: {one["path"]: one["cpu_ms"] for one in kept[label][kind]} for label in kept}
        yield from table(
            ("", *labels, "most of it"),
            (
                (
                    f"`{one['path']}`",
                    *(f"{times[label][one['path']]:.3g} ms" for label in labels),
                    _in_words(one["parts"]),
                )
                for one in last
            ),
        )


def _together(measured: list[dict[str, Any]]) -> list[tuple[str, float]]:
    """The five parts of the code that take most, with their share of the processor time."""
    spent: Counter[str] = Counter()
    for one in measured:
        spent.update({name: share * one["cpu_ms"] for name, share in one["parts"]})
    total = sum(one["cpu_ms"] for one in measured)
    return [(name, milliseconds / total) for name, milliseconds in spent.most_common(5)]


def _in_words(parts: Iterable[tuple[str, float]]) -> str:
    return ", ".join(f"{name} {share:.0%}" for name, share in parts)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    names = list(head)
    yield f"| {' | '.join(names)} |"
    yield "|---" * len(names) + "|"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def main() -> int:
    DOCUMENT.write_text("\n".join(document(IMAGES)).rstrip() + "\n")
    print(f"Wrote {DOCUMENT.relative_to(ROOT)}", file=sys.stderr)
    return 0
