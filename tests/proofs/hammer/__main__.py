"""Run the hammer: see the package. Exit codes: 0, 3 a read was wrong, 1 did not run."""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import redis

from deployment.local.calibration import patience
from deployment.local.servers import ServerUnavailable
from tests.proofs.hammer import program, readers, report, writers
from tests.proofs.hammer.board import Board, start
from tests.proofs.hammer.faults import Fault, faults
from tests.proofs.hammer.installation import ROOT, Installation, NotStarted, installed
from tests.proofs.hammer.seed import ORGANIZATIONS

RISKS = 12  # of each organization
READERS = 2
SETTLE = 1.0  # seconds of each phase after the last fault
LONGEST = patience(100)  # seconds of a phase; fewer reads than asked by then is a failure to run
SHORT = ("redis killed", "worker killed", "backends terminated")


Crew = list[BaseProcess]


class TooSlow(Exception):
    """A phase did not come to its number of reads."""


def main() -> int:
    options = _options()
    folder = Path(os.environ.get("VAR_DIR", ROOT / "var")) / "hammer"
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "failures.log"
    log.unlink(missing_ok=True)
    try:
        data = measure(options, log)
    except (ServerUnavailable, NotStarted, TooSlow) as reason:
        print(reason, file=sys.stderr)
        return 1
    text = json.dumps(data, indent=1) + "\n"
    (folder / "latest.json").write_text(text)
    if not (options.short or options.fault):
        (ROOT / "docs" / "data" / "reliability.json").write_text(text)
        (ROOT / "docs" / "reliability.md").write_text(report.document(data))
    results = data["faults"]
    print("\n".join([*report.table(results), "", *report.push_table(results)]))
    wrong = {name: found for name, one in results.items() if (found := report.failed(one))}
    for name, found in wrong.items():
        print(f"{name}: {', '.join(found)}; see {log}", file=sys.stderr)
    return 3 if wrong else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.proofs.hammer", description=__doc__)
    parser.add_argument("--reads", type=int, default=100_000, help="of each phase, at least")
    parser.add_argument("--fault", action="append", help="only this one; may be repeated")
    parser.add_argument("--short", action="store_true", help="a few seconds, three faults")
    options = parser.parse_args()
    options.processes, options.times = 4, 5
    if options.short:
        options.reads, options.processes, options.times = 1000, 2, 1
        options.fault = options.fault or list(SHORT)
    return options


def measure(options: argparse.Namespace, log: Path) -> dict[str, Any]:
    with (
        tempfile.TemporaryDirectory(prefix="openrisk-hammer-") as folder,
        installed(Path(folder), processes=options.processes, risks=RISKS) as installation,
    ):
        chosen = _chosen(installation, options.fault)
        board = Board(risks=RISKS * ORGANIZATIONS, readers=1 if options.short else READERS)
        with _crew(board, installation, log) as crew:
            results = {}
            for name, result in _phases(board, installation, chosen, options):
                _require(crew)
                results[name] = result
        return {"measured_on": datetime.now(UTC).date().isoformat()} | {
            "machine": f"{os.cpu_count()} cores, {platform.machine()}",
            "processes": options.processes,
            "readers": board.readers,
            "postgresql": installation.execute("SHOW server_version")[0][0].split()[0],
            "valkey": redis.from_url(installation.valkey.url).info()["redis_version"],
            "faults": results,
        }


def _chosen(installation: Installation, names: Sequence[str] | None) -> list[Fault]:
    known = {fault.name: fault for fault in faults(installation)}
    if unknown := set(names or ()) - known.keys():
        raise ServerUnavailable(f"No fault {', '.join(unknown)}: know {', '.join(known)}.")
    return [fault for fault in known.values() if not names or fault.name in names]


@contextmanager
def _crew(board: Board, installation: Installation, log: Path) -> Iterator[Crew]:
    """Readers and writers, from the first phase to the last."""
    plan, ports = installation.plan, installation.ports
    crew = [
        start(writers.run, board, plan, ports, installation.environment),
        start(program.run, board, plan, installation.database.url),
        *(start(readers.run, board, n, plan, ports, log) for n in range(board.readers)),
    ]
    try:
        _await_all(board, crew)
        yield crew
    finally:
        board.stopping.set()
        for process in crew:
            process.join(patience(15))
            process.kill()


def _require(crew: Crew) -> None:
    if not all(process.is_alive() for process in crew):
        raise NotStarted("A reader or a writer has failed; its message stands above.")


def _await_all(board: Board, crew: Crew) -> None:
    """Until readers and writers of all three kinds are at work."""
    deadline = time.monotonic() + patience(80)
    while True:
        totals = board.totals()
        if all(totals[name] for name in ("reads", "writes_patch", "writes_save", "writes_sql")):
            return
        _require(crew)
        if time.monotonic() > deadline:
            raise NotStarted(f"Readers and writers did not begin: {totals}")
        time.sleep(0.05)


def _phases(
    board: Board, installation: Installation, chosen: list[Fault], options: argparse.Namespace
) -> Iterator[tuple[str, dict[str, Any]]]:
    consistency = "strict"
    for fault in chosen:
        if fault.push and consistency != "push":
            consistency = "push"
            installation.restart(consistency)
            time.sleep(SETTLE)
        print(f"{fault.name} ...", file=sys.stderr, flush=True)
        result = _phase(board, fault, options.reads, options.times)
        print(f"  {_summary(result)}", file=sys.stderr, flush=True)
        yield fault.name, result


def _summary(result: dict[str, Any]) -> str:
    names = ("reads", "seconds", "hit_rate", "writes", *report.BAD, "staleness_ms")
    return ", ".join(f"{name} {result[name]}" for name in names if name in result)


def _phase(board: Board, fault: Fault, reads: int, times: int) -> dict[str, Any]:
    before, ages = board.totals(), board.age_counts()
    started, cycles = time.monotonic(), 0
    while board.totals()["reads"] - before["reads"] < reads or cycles < times:
        if time.monotonic() - started > LONGEST:
            raise TooSlow(f"{fault.name}: fewer than {reads} reads in {LONGEST:.0f} s.")
        try:
            fault.cause()
            time.sleep(fault.lasts)
        finally:
            fault.mend()
        cycles += 1
        time.sleep(fault.pause)
    time.sleep(SETTLE)
    after = board.totals()
    return report.figures(
        {name: after[name] - before[name] for name in after},
        board.ages_since(ages),
        push=fault.push,
        may_be_unavailable=fault.may_be_unavailable,
        cycles=cycles,
        seconds=time.monotonic() - started,
    )


if __name__ == "__main__":
    sys.exit(main())
