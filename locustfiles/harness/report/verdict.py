"""Says whether a run keeps what is promised: on the terminal, and in the run's folder."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from locustfiles.harness.report import figures
from locustfiles.harness.report.targets import BUSIEST_GENERATOR, SLOWEST_MACHINE, Judged, judge

PHASES = {
    "baseline": "without the cache",
    "cached": "with it",
    "alike": "without it, as fast as with it",
    "unpooled": "with it, without kept connections",
}


def write(results: dict[str, Any], folder: Path) -> list[Judged]:
    """Prints the verdict and keeps it beside the figures. What is missed."""
    found = figures.of_run(results)
    judged = judge(results["scenario"], found)
    text = "\n".join(document(results, judged)) + "\n"
    (folder / "verdict.md").write_text(text)
    kept = {**results, "figures": found, "verdict": _verdicts(judged)}
    (folder / "results.json").write_text(json.dumps(kept, indent=1, default=asdict) + "\n")
    print(text)
    print(f"Kept in {folder}")
    return [one for one in judged if one.verdict == "missed"]


def compact(results: dict[str, Any]) -> dict[str, Any]:
    """What documents show, and the distribution of durations, without the samples."""
    found = figures.of_run(results)
    judged = judge(results["scenario"], found)
    kept = {name: value for name, value in results.items() if name not in PHASES}
    for name in PHASES:
        if phase := results.get(name):
            kept[name] = {
                "wanted_rate": phase["wanted_rate"],
                "figures": figures.of_phase(phase),
                "stages": [figures.of_stage(stage) for stage in phase["locust"]["stages"]],
                "times": _distribution(phase["locust"]["stages"][-1]),
            }
    return {**kept, "figures": found, "verdict": _verdicts(judged)}


def _distribution(stage: dict[str, Any]) -> list[tuple[float, float]]:
    """Share of the reads (0 to 1), and milliseconds that they took at most."""
    times = figures.times_of(one for one in stage["requests"] if one["method"] == "GET")
    shares = [step / 100 for step in range(1, 100)] + [0.995, 0.999, 1.0]
    return [(share, figures.percentile(times, share)) for share in shares]


def _verdicts(judged: list[Judged]) -> list[dict[str, Any]]:
    return [
        {
            "meaning": one.target.meaning,
            "promise": one.target.promise,
            "measured": "" if one.value is None else one.target.text(one.value),
            "verdict": one.verdict,
        }
        for one in judged
    ]


def document(results: dict[str, Any], judged: list[Judged]) -> Iterator[str]:
    yield f"# {results['scenario']}, {results['measured_on']}"
    yield ""
    yield (
        f"{results['risks']:,} risks in {results['organizations']} organizations, "
        f"{results['machine']}, PostgreSQL {results['postgresql']}, Python {results['python']}, "
        f"Django {results['django']}; the generator runs on the same machine."
    )
    yield ""
    yield from table(_verdicts(judged))
    yield ""
    yield from _reasons(figures.of_run(results))
    yield from phases(results)
    yield from _examples(results)


def _reasons(found: dict[str, float | None]) -> Iterator[str]:
    """Why some targets are void: neither met nor missed."""
    if (found.get("generator_cpu") or 0) > BUSIEST_GENERATOR:
        yield (
            f"The generator used more than {BUSIEST_GENERATOR:.0%} of a processor, so that it has "
            "measured itself: latencies are void. Run it with a lower --rate."
        )
        yield ""
    if (slowness := found.get("slowness") or 0) > SLOWEST_MACHINE:
        yield (
            f"The machine was up to {slowness:.1f} times slower than the reference: milliseconds, "
            "requests a second and megabytes are void. Ratios count. Run it again when nothing "
            "else runs."
        )
        yield ""


def table(verdicts: list[dict[str, Any]]) -> Iterator[str]:
    yield "| | measured | target | |"
    yield "|---|---|---|---|"
    for one in verdicts:
        measured = one["measured"] or "not measured"
        yield f"| {one['meaning']} | {measured} | {one['promise']} | {one['verdict']} |"


def phases(results: dict[str, Any]) -> Iterator[str]:
    measured = {
        name: figures.of_phase(results[name])
        for name in PHASES
        if results.get(name, {}).get("locust", {}).get("stages")
    }
    yield from phase_table(measured)


def phase_table(measured: dict[str, dict[str, Any]]) -> Iterator[str]:
    """A column for each of PHASES that was measured."""
    if not measured:
        return
    rows = (
        ("recorded reads that were hot", "hot", "{:.1%}"),
        ("reads a second, wrk, all hot", "reads_per_second", "{:,.0f}"),
        ("requests a second, wrk, 1 % writes", "mixed_per_second", "{:,.0f}"),
        ("rate at which the rest was measured", "rate", "{:,.0f}"),
        ("users", "users", "{:.0f}"),
        ("mean of reads", "mean_ms", "{:.2f} ms"),
        ("median", "p50_ms", "{:.2f} ms"),
        ("P95", "p95_ms", "{:.1f} ms"),
        ("P99", "p99_ms", "{:.1f} ms"),
        ("hits of lookups", "hit_rate", "{:.1%}"),
        ("writes", "write_share", "{:.1%}"),
        ("processor time of a request", "cpu_ms", "{:.2f} ms"),
        *((f"of it {part}", part, "{:.2f} ms") for part in figures.PARTS),
        ("queries of a request", "queries", "{:.2f}"),
        ("connections opened a request", "sessions", "{:.4f}"),
        ("connections at once", "connections", "{:.0f}"),
        ("the generator's share of a processor", "generator_cpu", "{:.0%}"),
    )
    yield f"| | {' | '.join(PHASES[name] for name in measured)} |"
    yield "|---" * (len(measured) + 1) + "|"
    for words, name, form in rows:
        cells = [
            "" if phase.get(name) is None else form.format(phase[name])
            for phase in measured.values()
        ]
        if name == "hot" and not any(cells):
            continue  # of figures that were kept before it was measured
        yield f"| {words} | {' | '.join(cells)} |"
    yield ""


def _examples(results: dict[str, Any]) -> Iterator[str]:
    for name, words in PHASES.items():
        for example in results.get(name, {}).get("locust", {}).get("examples", []):
            yield f"- {words}: {example}"
