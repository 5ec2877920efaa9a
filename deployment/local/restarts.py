"""Restart two servers behind the proxy in turn, under load.

`python -m deployment.local.restarts` does it fifty times.

The proxy is haproxy with the shipped configuration. The exit code is 0 if no request failed and
nothing that was acknowledged is missing.
"""

import argparse
import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from math import ceil
from pathlib import Path

import httpx
import psycopg

from deployment.local.calibration import patience, slowness
from deployment.local.installation import Installation
from deployment.local.processes import NotStarted
from deployment.local.programs import ProgramsMissing
from deployment.local.proxy import proxy
from deployment.local.servers import ServerUnavailable, postgres, valkey
from deployment.local.waiting import wait_until

CLIENTS = 4
NOTICED = 2  # seconds until the proxy knows, which asks every second; more on a slow machine
LIST_REQUESTS = re.compile(r"^openrisk_http_requests_total\{.*risks-list.* (\S+)$", re.MULTILINE)


@dataclass
class Work:
    """Requests of the clients, and their answers."""

    pause: float = 0  # seconds between two requests of a client
    answered: int = 0
    refused: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)  # ids of risks

    def run(self, client: httpx.Client, over: threading.Event) -> None:
        number = 0
        while not over.wait(self.pause):
            number += 1
            try:
                if number % 10:
                    answer = client.get(f"/api/v1/risks/?page_size={number % 50 + 1}")
                else:
                    answer = client.post("/api/v1/risks/", json={"title": f"Risk {number}"})
            except httpx.HTTPError as error:
                self.refused.append(f"{type(error).__name__}: {error}")
                continue
            if answer.status_code >= 400:
                self.refused.append(f"{answer.status_code}: {answer.text[:200]}")
            elif answer.status_code == 201:
                self.written.append(answer.json()["id"])
            self.answered += 1


@dataclass(frozen=True)
class Outcome:
    restarts: int
    answered: int
    refused: list[str]
    written: int
    lost: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.restarts} restarts in {self.seconds:.0f} s: {self.answered} requests answered, "
            f"{len(self.refused)} failed; {self.written} risks written, {self.lost} lost."
        )


def restart_under_load(folder: Path, times: int, pause: float = 0) -> Outcome:
    """Raises ProgramsMissing, NotStarted, ServerUnavailable."""
    with ExitStack() as stack:
        database = stack.enter_context(postgres())
        cache = stack.enter_context(valkey())
        servers = [
            Installation.make(
                folder,
                DATABASE_URL=database.url,
                REDIS_URL=cache.url,
                SECRET_KEY="the same for both of them, and long",
                ENCRYPTION_KEY="the same for both of them, and long",
                VAR_DIR=str(folder / f"var{number}"),
                WORKERS="1",
                DRAIN_SECONDS=str(ceil(NOTICED * slowness())),
            )
            for number in range(2)
        ]
        running = [stack.enter_context(ExitStack()) for _ in servers]
        for number, option in enumerate(("--demo", "--no-worker")):
            started = servers[number].serving(option, name=f"openrisk{number}")
            running[number].enter_context(started)
        url = stack.enter_context(proxy(folder, [server.url for server in servers]))
        work, over = Work(pause), threading.Event()
        began = time.monotonic()
        with _working(servers[0], url, work, over):
            for number in range(times):
                server, own = servers[number % 2], running[number % 2]
                own.close()
                own.enter_context(server.serving("--no-worker", name=f"openrisk{number % 2}"))
                wait_until(partial(_is_asked, server), "the proxy asks it again")
        seconds = time.monotonic() - began
        with psycopg.connect(database.url) as connection:
            query = "SELECT count(*) FROM risks_risk WHERE id = ANY(%s::uuid[])"
            stored = connection.execute(query, [work.written]).fetchone()[0]
        lost = len(work.written) - stored
        return Outcome(times, work.answered, work.refused, len(work.written), lost, seconds)


def _is_asked(server: Installation) -> bool:
    """Since it has started: only the proxy sends it requests for risks."""
    with suppress(httpx.HTTPError):
        metrics = httpx.get(server.metrics_url, timeout=patience(5)).text
        return any(float(count) for count in LIST_REQUESTS.findall(metrics))
    return False


@contextmanager
def _working(server: Installation, url: str, work: Work, over: threading.Event) -> Iterator[None]:
    with ExitStack() as clients:
        threads = [
            threading.Thread(
                target=work.run, args=(clients.enter_context(server.client(url)), over), daemon=True
            )
            for _ in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join(patience(20))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m deployment.local.restarts", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--times", type=int, default=50)
    times = parser.parse_args(arguments).times
    try:
        with tempfile.TemporaryDirectory(prefix="openrisk-restarts-") as folder:
            outcome = restart_under_load(Path(folder), times)
    except (ProgramsMissing, NotStarted, ServerUnavailable) as error:
        print(error, file=sys.stderr)
        return 1
    print(outcome)
    for words in sorted(set(outcome.refused)):
        print(f"{outcome.refused.count(words)} x {words}")
    return 3 if outcome.refused or outcome.lost else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
