"""`docs/reliability.md`, written from `docs/data/reliability.json`; and the table on stdout."""

from typing import Any

LATE = 1.0  # seconds after which push must be strict again
BAD = ("stale", "foreign", "phantom", "incomplete", "errors")
HITS = ("hit_front", "hit_memory", "hit_store")


def figures(
    counts: dict[str, int],
    ages: list[float],
    *,
    push: bool,
    may_be_unavailable: bool,
    cycles: int,
    seconds: float,
) -> dict[str, Any]:
    """What one phase has shown, from the counts made during it."""
    hits = sum(counts[name] for name in HITS)
    errors = counts["errors"] + (0 if may_be_unavailable else counts["unavailable"])
    names = ("stale", "foreign", "phantom", "incomplete", "unavailable", "retries", "miss")
    result: dict[str, Any] = {
        "consistency": "push" if push else "strict",
        "reads": counts["reads"],
        **{name: counts[name] for name in names},
        "errors": errors,
        "bypass": counts["bypass"],
        "hits": hits,
        "hit_rate": round(hits / max(1, counts["reads"]), 4),
        **{name: counts[name] for name in HITS},
        "writes": sum(n for name, n in counts.items() if name.startswith("writes_")),
        "rolled_back": counts["failed_rollback"],
        "unacknowledged": sum(
            n
            for name, n in counts.items()
            if name.startswith("failed_") and name != "failed_rollback"
        ),
        "written_by": {
            name.removeprefix("writes_"): n
            for name, n in counts.items()
            if name.startswith("writes_") and name != "writes_rollback"
        },
        "times": cycles,
        "seconds": round(seconds, 1),
    }
    if push:
        result |= _staleness(ages)
    return result


def _staleness(ages: list[float]) -> dict[str, Any]:
    ordered = sorted(ages)

    def at(share: float) -> float:
        return round(1000 * ordered[int(share * (len(ordered) - 1))], 1) if ordered else 0.0

    return {
        "late": sum(age > LATE for age in ages),
        "staleness_ms": {"p50": at(0.5), "p99": at(0.99), "max": at(1.0)},
    }


def failed(result: dict[str, Any]) -> list[str]:
    """Which counts of a phase must be 0 and are not."""
    bad = [name for name in BAD if not (result["consistency"] == "push" and name == "stale")]
    return [name for name in (*bad, "late") if result.get(name)]


def table(results: dict[str, dict[str, Any]]) -> list[str]:
    if all(one["consistency"] == "push" for one in results.values()):
        return []
    head = (
        "fault", "times", "reads", "stale", "foreign", "phantom", "errors", "503", "asked again",
        "hit rate", "writes", "rolled back",
    )  # fmt: skip
    lines = [f"| {' | '.join(head)} |", f"|---{'|--:' * (len(head) - 1)}|"]
    for name, one in results.items():
        if one["consistency"] == "strict":
            cells = (
                name, one["times"], one["reads"], one["stale"], one["foreign"],
                one["phantom"] + one["incomplete"], one["errors"], one["unavailable"],
                one["retries"], f"{one['hit_rate']:.1%}", one["writes"], one["rolled_back"],
            )  # fmt: skip
            lines.append(_line(cells))
    return lines


def push_table(results: dict[str, dict[str, Any]]) -> list[str]:
    pushed = {name: one for name, one in results.items() if one["consistency"] == "push"}
    if not pushed:
        return []
    head = (
        "fault", "times", "reads", "stale", "p50", "p99", "longest", "over 1 s", "foreign",
        "phantom", "errors", "hit rate", "writes",
    )  # fmt: skip
    lines = [f"| {' | '.join(head)} |", f"|---{'|--:' * (len(head) - 1)}|"]
    for name, one in pushed.items():
        late = one["staleness_ms"]
        cells = (
            name, one["times"], one["reads"], one["stale"], *(f"{ms} ms" for ms in late.values()),
            one["late"], one["foreign"], one["phantom"] + one["incomplete"], one["errors"],
            f"{one['hit_rate']:.1%}", one["writes"],
        )  # fmt: skip
        lines.append(_line(cells))
    return lines


def _line(cells: tuple[Any, ...]) -> str:
    return f"| {' | '.join(f'{c:,}' if isinstance(c, int) else str(c) for c in cells)} |"


def document(data: dict[str, Any]) -> str:
    results = data["faults"]
    strict = [one for one in results.values() if one["consistency"] == "strict"]
    reads = sum(one["reads"] for one in strict)
    stale, foreign = (sum(one[name] for one in strict) for name in ("stale", "foreign"))
    late = sum(one.get("late", 0) for one in results.values())
    summary = (
        f"On {data['measured_on']}, of {reads:,} strict reads while faults were caused, {stale:,}"
        f" were stale and {foreign:,} showed another organization's rows."
    )
    setting = (
        f"{data['processes']} server processes of the real application, PostgreSQL"
        f" {data['postgresql']} (fsync on) and Valkey {data['valkey']} on {data['machine']};"
        f" {data['readers']} reading processes, {len(results)} phases."
    )
    delivery = (
        "Here a read may be as late as a message on its way, and must be strict again within a"
        f" second of whatever happens: {late:,} reads were later than that. p50, p99 and the"
        " longest are of the stale reads: how long before the request was sent its answer had"
        " been superseded."
    )
    strictly, pushed = (f"## With `CACHE_CONSISTENCY={name}`" for name in ("strict", "push"))
    parts = [HEAD, summary, setting, strictly, "\n".join(table(results))]
    parts += [pushed, delivery, "\n".join(push_table(results)), COUNTED]
    return "\n\n".join(parts)


HEAD = """\
# Reliability

Written by `make hammer`, from the figures it keeps in
[data/reliability.json](data/reliability.json). Do not edit by hand."""

COUNTED = """\
## How to run it

    make hammer                                               all faults, about 15 minutes
    python -m tests.proofs.hammer --fault "worker killed"     one of them
    python -m tests.proofs.hammer --reads 20000               smaller
    python -m tests.proofs.hammer --short                     a few seconds; also part of the tests

Exit codes: 0 no read was wrong, 3 one was, 1 it could not run. The servers are started for it, on
free ports, and stopped. `var/hammer/failures.log` says what the first failures were.

## What is counted

Each of 36 risks in three organizations has three fields that carry a number and the secret of the
organization: its description, a tag, the title of its mitigation. Writers raise the numbers by API
`PATCH`, by services, by `QuerySet.update`, by `bulk_update`, by raw SQL from another program, in
Django admin, and within transactions and savepoints that are rolled back. After the COMMIT has been
acknowledged, the floor of the field is raised. A write whose outcome is unknown raises only the
ceiling, which rises before the write is sent.

Readers note the floors, send a request (lists, searches, risks and mitigations of nine people, over
every server process, by Zipf's law, half of them single risks) and compare:

- **stale**: a number below its floor. The read missed a write acknowledged before it was sent.
- **foreign**: the secret of another organization.
- **phantom**: a number above the ceiling, which only a transaction that was rolled back has had, or
  an answer that does not show the fields that it must show.
- **errors**: any status but 200, and no answer within half a minute. While the connections of the
  database are terminated, a 503 is the right answer and has a column of its own.
- **asked again**: requests whose connection broke, because the process was killed.

The hammer is known to notice: with a stamp that is read after the rows instead of before, with a
comparison of stamps that always says equal, and with a token trigger disabled it counts stale
reads.
"""
