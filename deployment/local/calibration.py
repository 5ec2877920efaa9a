"""The speed of this machine now: a fixed workload, beside what it takes on the reference machine.

`python -m deployment.local.calibration` prints it. Tests and drills measure it once, when a run
starts, and hand it to their processes: `patience(seconds)` is a bound on a wait, stretched on a
slow machine. A run of load tests measures it before and after, and judges absolute figures only
where the machine was as fast as the reference throughout.
"""

import argparse
import hashlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# The median on the machine whose figures are in docs/data: 2 cores of x86_64, with nothing else
# running.
REFERENCE_SECONDS = 0.03
ROUNDS = 10
VARIABLE = "TEST_SLOWNESS"  # what was measured, for the processes of the same run
GENEROUS = 3.0  # a condition may take this many times as long as it should


def measure_slowness(rounds: int = ROUNDS) -> float:
    """Times as long as on the reference machine; below 1 on a faster one.

    The workload runs on every processor at once, as a server does: on a machine with a processor
    to spare, one alone would not notice that the others are taken.
    """
    command = [sys.executable, "-m", "deployment.local.calibration", "--rounds", str(rounds)]
    running = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(os.cpu_count() or 1)
    ]
    times = [float(line) for one in running for line in one.communicate()[0].split()]
    return statistics.median(times) / REFERENCE_SECONDS


def slowness() -> float:
    """Of this run: measured by the first process that asks, at least 1."""
    if VARIABLE not in os.environ:
        os.environ[VARIABLE] = f"{max(1.0, measure_slowness()):.2f}"
    return float(os.environ[VARIABLE])


def patience(seconds: float) -> float:
    """Return a generous bound for what takes `seconds` on the reference machine."""
    return seconds * slowness() * GENEROUS


def describe(measured: float) -> str:
    if measured <= 1:
        return f"as fast as the reference machine or faster ({1 / measured:.1f} x)"
    return f"{measured:.1f} times slower than the reference machine"


def _time_workload() -> float:
    """Seconds for a fixed amount of computing, of files and of answers over a socket."""
    began = time.perf_counter()
    _compute()
    _write_and_read()
    _exchange_messages()
    return time.perf_counter() - began


def _compute() -> None:
    rows = [{"id": number, "title": f"Risk {number}"} for number in range(2000)]
    for _ in range(8):
        text = json.dumps(sorted(rows, key=lambda row: row["title"]))
        hashlib.sha256(text.encode()).hexdigest()
        json.loads(text)


def _write_and_read() -> None:
    block = b"x" * 4096
    with tempfile.TemporaryFile() as file:
        for _ in range(1000):
            file.write(block)
        file.flush()
        file.seek(0)
        while file.read(4096):
            pass


def _exchange_messages() -> None:
    """Each goes through the kernel, as a query and its answer do."""
    one, other = socket.socketpair()
    with one, other:
        for _ in range(2000):
            one.sendall(b"question")
            other.recv(64)
            other.sendall(b"answer")
            one.recv(64)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m deployment.local.calibration", description=__doc__
    )
    parser.add_argument("--rounds", type=int, help="print the seconds of so many, on one processor")
    rounds = parser.parse_args(arguments).rounds
    if rounds is None:
        print(f"This machine is {describe(measure_slowness())}.")
        return 0
    _time_workload()  # the first one also reads modules
    for _ in range(rounds):
        print(_time_workload())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
