"""Servers under test: granian with one worker and eight threads.

OpenRisk's is started as it starts itself, by RSGI; the others by WSGI, where granian is fastest for
an application that has no event loop.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

from deployment.local.calibration import patience
from deployment.local.servers import free_port
from locustfiles.harness.http_load import LoadFailed, Request, ask
from openrisk.server.supervisor import BACKLOG, LOCAL, die_with_parent

ROOT = Path(__file__).resolve().parents[4]
OURS = "openrisk.rsgi"
RSGI = (OURS, "tests.proofs.benchmarks.cache.projects.untracked")
THREADS = 8
START_SECONDS = patience(30)


class ServerFailed(Exception):
    """A server did not start, or not with the answer it is measured for; the message says why."""


@dataclass(frozen=True)
class Running:
    name: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def resident_bytes(self) -> int:
        """Of the worker: granian's own process serves nothing."""
        workers = psutil.Process(self.process.pid).children(recursive=True)
        return max(worker.memory_info().rss for worker in workers)

    def log_end(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]


@contextmanager
def running(
    name: str, application: str, environment: Mapping[str, str], folder: Path
) -> Iterator[Running]:
    """The module `application` (with `:application` in it), answering on a port of its own."""
    port, log = free_port(), folder / f"{name}.log"
    metrics = folder / "metrics" / name
    metrics.mkdir(parents=True)
    own = {"PROMETHEUS_MULTIPROC_DIR": str(metrics), "THREADS": str(THREADS)}
    given = {**os.environ, **own, **environment}
    with log.open("wb") as output:
        process = subprocess.Popen(
            _command(port, application),
            cwd=ROOT,
            env=given,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            process_group=0,
            preexec_fn=partial(die_with_parent, signal.SIGTERM),  # noqa: PLW1509  no threads here
        )
    server = Running(name, port, process, log)
    try:
        _wait(server)
        yield server
    finally:
        _stop(process)


def _command(port: int, application: str) -> list[str]:
    options = {"--http": 1, "--host": LOCAL, "--port": port, "--workers": 1, "--backlog": BACKLOG,
               "--log-level": "warning"}  # fmt: skip
    if application in RSGI:
        options |= {"--interface": "rsgi", "--loop": "uvloop"}
    else:
        options |= {"--interface": "wsgi", "--blocking-threads": THREADS}
    arguments = [str(part) for pair in options.items() for part in pair]
    return [sys.executable, "-m", "granian", *arguments, "--no-ws", f"{application}:application"]


def _wait(server: Running) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            ask(server.port, Request("/"))
            return
        except (OSError, LoadFailed):
            if server.process.poll() is not None or time.monotonic() > deadline:
                raise ServerFailed(server.log_end()) from None
        time.sleep(0.1)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """In order, then by force: a killed granian would leave its worker on the port."""
    family = _family(process.pid)
    process.terminate()
    _, alive = psutil.wait_procs(family, timeout=patience(5))
    for one in alive:
        one.kill()
    process.wait()


def _family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
