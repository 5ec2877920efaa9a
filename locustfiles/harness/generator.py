"""Puts load on a server: Locust, which judges each answer, and wrk, which asks faster."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from deployment.local.files import ROOT
from locustfiles.harness.http_load import Load, LoadFailed, wrk
from locustfiles.harness.world import World
from openrisk.server.supervisor import die_with_parent

REPLAY = Path(__file__).with_name("replay.lua")
CONNECTIONS = 16  # of wrk
LEAVE_SECONDS = 20  # for Locust to write what it has


class Interrupted(Exception):
    """Somebody pressed Ctrl-C; `results` are what Locust has measured until then."""

    def __init__(self, results: dict[str, Any]) -> None:
        super().__init__()
        self.results = results


@dataclass(frozen=True)
class Order:
    """What Locust is to do. Rates are of all users together, times in seconds."""

    scenario: str
    users: int
    rate: float
    seconds: float
    warm_up: float = 5.0
    workload: str = "open"
    record: Path | None = None


def locust(
    world: World, url: str, order: Order, report: Path, port: int, ended: Callable[[], list[str]]
) -> Any:
    """Locust's results; its reports are `<report>.*`.

    `ended` are the parts of what is asked that no longer run: with one, the results are those until
    then. Raises LoadFailed, Interrupted.
    """
    results = Path(f"{report}.json")
    results.unlink(missing_ok=True)
    errors = Path(f"{report}.log")
    with errors.open("wb") as log:
        running = subprocess.Popen(
            _command(world, url, order, report, port),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            process_group=0,
            preexec_fn=partial(die_with_parent, signal.SIGINT),  # noqa: PLW1509  see its docstring
        )
    try:
        _wait(running, order, report.name, port, ended)
    except KeyboardInterrupt:
        _leave(running)
        raise Interrupted(json.loads(results.read_text()) if results.exists() else {}) from None
    finally:
        _leave(running)
    if not results.exists():
        raise LoadFailed(errors.read_text(errors="replace")[-2000:].strip())
    return json.loads(results.read_text())


def _command(world: World, url: str, order: Order, report: Path, port: int) -> list[str]:
    options = {
        "-f": ROOT / "locustfiles" / f"{order.scenario}.py",
        "--host": url,
        "--callers": world.callers,
        "--users": order.users,
        "--rate": order.rate,
        "--run-time": f"{round(order.seconds)}s",
        "--warm-up": order.warm_up,
        "--workload": order.workload,
        "--results": f"{report}.json",
        "--html": f"{report}.html",
        "--csv": report,
        "--metrics-port": port,
        "--loglevel": "WARNING",
        **({"--record": order.record} if order.record else {}),
    }
    arguments = [str(part) for pair in options.items() for part in pair]
    return [sys.executable, "-m", "locust", *arguments, "--headless", "--only-summary"]


def _wait(
    running: subprocess.Popen[bytes],
    order: Order,
    name: str,
    port: int,
    ended: Callable[[], list[str]],
) -> None:
    began, total = time.monotonic(), order.seconds + order.warm_up
    while running.poll() is None and not ended():
        time.sleep(1)
        with suppress(OSError, ValueError):
            say_progress(name, time.monotonic() - began, total, _figures(port))
    if sys.stderr.isatty():
        print(file=sys.stderr)


def say_progress(name: str, elapsed: float, total: float, figures: dict[str, float]) -> None:
    """One line, which the next one replaces on a terminal and which files get none of."""
    if not sys.stderr.isatty():
        return
    line = (
        f"{name}: {elapsed:3.0f} of {total:.0f} s, {figures['users']:.0f} users, "
        f"{figures['requests_per_second']:.0f} requests/s, "
        f"p95 {1000 * figures['p95']:.0f} ms, {figures['failures']:.0f} failed"
    )
    print(f"\r{line:<100}", end="", flush=True, file=sys.stderr)


def _figures(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=2) as answer:
        text = answer.read().decode()

    def value(pattern: str) -> float:
        return sum(map(float, re.findall(rf"^{pattern} (\S+)$", text, re.MULTILINE)))

    return {
        "users": value("locust_users"),
        "requests_per_second": value("locust_requests_per_second"),
        "failures": value(r"locust_failures_total\{.*\}"),
        "p95": value(r'locust_response_time_seconds\{quantile="0.95"\}'),
    }


def _leave(running: subprocess.Popen[bytes]) -> None:
    """In order, then by force."""
    if running.poll() is not None:
        return
    running.send_signal(signal.SIGINT)
    try:
        running.wait(LEAVE_SECONDS)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def replay(url: str, asked: Path, *, writes: bool, seconds: float) -> Load:
    """As many of the recorded requests as the server answers, over and over. Raises LoadFailed."""
    if shutil.which("wrk") is None:
        raise LoadFailed("There is no wrk, which measures throughput: apt-get install wrk")
    lines = asked.read_text().splitlines()
    kept = [line for line in lines if writes or line.startswith("GET\t")]
    chosen = Path(f"{asked}.{'mixed' if writes else 'reads'}")
    chosen.write_text("\n".join(kept) + "\n")
    command = ["-t1", f"-c{CONNECTIONS}", f"-d{round(seconds)}s", "-s", str(REPLAY), url]
    return wrk([*command, "--", str(chosen)])
