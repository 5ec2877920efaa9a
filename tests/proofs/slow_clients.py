"""Whether people notice slow clients: `python -m tests.proofs.slow_clients`, in some six minutes.

50 users read and write, alone and beside 100 slow bodies and 100 slow readers of a large export;
straight to the server, then through haproxy with the shipped configuration. Starts everything on
this machine's own addresses. The exit code is 0 if P95 beside slow clients is within 1.5 x of P95
alone and no request failed, 3 if not. `--keep` writes docs/data/slow-clients.json and
docs/slow-clients.md.
"""

import argparse
import asyncio
import contextlib
import http.client
import json
import random
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from deployment.local.calibration import measure_slowness, patience
from deployment.local.files import ROOT
from deployment.local.installation import Installation
from deployment.local.processes import NotStarted
from deployment.local.programs import ProgramsMissing
from deployment.local.proxy import proxy
from deployment.local.servers import ServerUnavailable, postgres, stops_on_sigterm, valkey

USERS, BODIES, READERS = 50, 100, 100
PAUSE = (1.0, 3.0)  # seconds that a user thinks
TARGET = 1.5
RISKS = 1000  # an export of them is larger than what these readers' sockets hold
RECEIVE_BUFFER = 4096
EXPORT = "/api/v1/risks/export/"
READS = (
    "/api/v1/risks/", "/api/v1/risks/?status=identified", "/api/v1/assets/",
    "/api/v1/mitigations/", "/api/v1/dashboards/executive/", "/static/openrisk/css/components.css",
)  # fmt: skip


# --- People --------------------------------------------------------------------------------------
@dataclass
class Users:
    """Each reads one thing after another, and changes a risk now and then."""

    address: str
    token: str
    risks: list[str]
    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def work(self, duration: float) -> None:
        over = time.monotonic() + duration
        threads = [threading.Thread(target=self._one, args=(over, n)) for n in range(USERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _one(self, over: float, number: int) -> None:
        chance = random.Random(number)
        connection = http.client.HTTPConnection(self.address, timeout=patience(20))
        time.sleep(chance.uniform(0, PAUSE[1]))
        while time.monotonic() < over:
            method, path, body = self._request(chance)
            began = time.perf_counter()
            try:
                connection.request(method, path, body, self._headers(body))
                answer = connection.getresponse()
                answer.read()
                if answer.status >= 400 and answer.status != 409:
                    self.failures.append(f"{method} {path}: {answer.status}")
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(f"{method} {path}: {type(error).__name__}")
                connection.close()
            self.seconds.append(time.perf_counter() - began)
            time.sleep(chance.uniform(*PAUSE))
        connection.close()

    def _request(self, chance: random.Random) -> tuple[str, str, str | None]:
        if chance.random() < 0.1:
            text = json.dumps({"description": f"Seen at {time.time():.3f}."})
            return "PATCH", f"/api/v1/risks/{chance.choice(self.risks)}/", text
        return "GET", chance.choice(READS), None

    def _headers(self, body: str | None) -> dict[str, str]:
        headers = {"Authorization": f"Token {self.token}"}
        return headers | {"Content-Type": "application/json", "If-Match": "*"} if body else headers


# --- Slow clients --------------------------------------------------------------------------------
class SlowClients:
    """As many bodies as there should be, at any time: one that is ended begins again.

    A reader that is ended stays so: making one export after another is work, not slowness.
    """

    def __init__(self, address: str, token: str) -> None:
        host, _, port = address.partition(":")
        self.host, self.port, self.token = host, int(port), token
        self.bodies = self.readers = 0  # that are held now
        self.answered = 0  # readers that have the beginning of an export
        self.ended = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> "SlowClients":
        self._thread.start()
        clients = [self._send_again_and_again() for _ in range(BODIES)]
        clients += [self._read_slowly() for _ in range(READERS)]
        self._tasks = [asyncio.run_coroutine_threadsafe(one, self._loop) for one in clients]
        return self

    def __exit__(self, *exception: object) -> None:
        for task in self._tasks:
            task.cancel()
        time.sleep(0.5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def wait_until_held(self) -> None:
        """Until all bodies have begun and all readers have the beginning of an export."""
        deadline = time.monotonic() + patience(60)
        while self.answered < READERS or self.bodies < BODIES * 0.9:
            if time.monotonic() > deadline:
                break
            time.sleep(0.1)

    async def _send_again_and_again(self) -> None:
        while True:
            with suppress(OSError):
                await self._send_slowly()
            self.ended += 1
            await asyncio.sleep(0.2)

    async def _send_slowly(self) -> None:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        with contextlib.closing(writer):
            head = (
                "POST /api/v1/auth/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                "Content-Type: application/json\r\nContent-Length: 50000\r\n\r\n{"
            )
            writer.write(head.encode())
            self.bodies += 1
            try:
                answer = asyncio.ensure_future(reader.read(1))
                while not answer.done():
                    writer.write(b" ")
                    await writer.drain()
                    await asyncio.wait([answer], timeout=2)
            finally:
                self.bodies -= 1

    async def _read_slowly(self) -> None:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        connection.connect((self.host, self.port))  # at once, on this machine
        reader, writer = await asyncio.open_connection(sock=connection, limit=RECEIVE_BUFFER)
        with contextlib.closing(writer), suppress(OSError, asyncio.IncompleteReadError):
            writer.write(
                f"GET {EXPORT} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                f"Authorization: Token {self.token}\r\n\r\n".encode()
            )
            await reader.readexactly(1)
            self.readers += 1
            self.answered += 1
            try:
                while await reader.read(1024):
                    await asyncio.sleep(1)
            finally:
                self.readers -= 1


# --- Measuring -----------------------------------------------------------------------------------
@dataclass
class Outcome:
    """Milliseconds, and how many slow clients there were when the measurement beside them began."""

    way: str
    alone_p95: list[float] = field(default_factory=list)
    beside_p95: list[float] = field(default_factory=list)
    requests: int = 0
    failures: list[str] = field(default_factory=list)
    bodies: int = 0
    readers: int = 0
    ended: int = 0

    @property
    def ratio(self) -> float:
        pairs = zip(self.alone_p95, self.beside_p95, strict=True)
        return statistics.median(beside / alone for alone, beside in pairs)

    @property
    def is_good(self) -> bool:
        held = self.bodies >= BODIES * 0.8 and self.readers >= READERS * 0.8
        return self.ratio <= TARGET and not self.failures and held

    def __str__(self) -> str:
        alone, beside = statistics.median(self.alone_p95), statistics.median(self.beside_p95)
        return (
            f"{self.way}: P95 {alone:.0f} ms alone, {beside:.0f} ms beside {self.bodies} slow "
            f"bodies and {self.readers} slow readers: {self.ratio:.2f} x (at most {TARGET} x); "
            f"{self.requests} requests, {len(self.failures)} failed; "
            f"{self.ended} bodies were ended"
        )


def measure(
    way: str, address: str, token: str, risks: list[str], options: argparse.Namespace
) -> Outcome:
    outcome, seconds = Outcome(way), options.seconds
    work(Outcome("to warm up"), address, token, risks, 5)
    for _ in range(options.rounds):
        before = work(outcome, address, token, risks, seconds / 2)
        with SlowClients(address, token) as slow:
            slow.wait_until_held()
            outcome.bodies, outcome.readers = slow.bodies, slow.readers
            beside = work(outcome, address, token, risks, seconds)
            outcome.ended += slow.ended
        after = work(outcome, address, token, risks, seconds / 2)
        outcome.alone_p95.append(p95(before + after))
        outcome.beside_p95.append(p95(beside))
        print(f"  {outcome}", file=sys.stderr, flush=True)
    return outcome


def work(
    outcome: Outcome, address: str, token: str, risks: list[str], seconds: float
) -> list[float]:
    users = Users(address, token, risks)
    users.work(seconds)
    outcome.requests += len(users.seconds)
    outcome.failures += users.failures
    return users.seconds


def p95(seconds: list[float]) -> float:
    return sorted(seconds)[int(0.95 * len(seconds))] * 1000


@contextmanager
def installed(folder: Path) -> Iterator[tuple[Installation, list[str]]]:
    """OpenRisk with a register whose export is large, and ids of some risks. It runs."""
    with postgres() as database, valkey() as cache:
        server = Installation.make(folder, DATABASE_URL=database.url, REDIS_URL=cache.url)
        with server.serving("--demo"):
            server.manage("seed_demo", "--risks", str(RISKS))
            with server.client() as client:
                rows = client.get("/api/v1/risks/?page_size=50").json()["results"]
            yield server, [row["id"] for row in rows]


def run(options: argparse.Namespace) -> list[Outcome]:
    """Raises NotStarted, ServerUnavailable, ProgramsMissing."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="openrisk-slow-")))
        server, risks = stack.enter_context(installed(folder))
        ways = {"straight": server.url}
        ways["through haproxy"] = stack.enter_context(proxy(folder, [server.url]))
        return [
            measure(way, url.removeprefix("http://"), server.token, risks, options)
            for way, url in ways.items()
        ]


def write_documents(outcomes: list[Outcome]) -> None:
    figures = {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "slowness": round(measure_slowness(), 2),
        "target": TARGET,
        "outcomes": [asdict(one) | {"ratio": round(one.ratio, 3)} for one in outcomes],
    }
    (ROOT / "docs/data/slow-clients.json").write_text(json.dumps(figures, indent=1) + "\n")
    (ROOT / "docs/slow-clients.md").write_text("\n".join(document(figures)) + "\n")


def document(figures: dict) -> list[str]:
    circumstances = (
        f"Measured on {figures['measured_on']}, on a machine {figures['slowness']} x as slow as "
        f"that of other documents: {USERS} users who pause between requests, alone, then beside "
        f"{BODIES} clients that send a byte of a body every two seconds and {READERS} that read "
        "an export at 1 kB/s. PostgreSQL, two workers. A body that is ended begins again."
    )
    lines = [
        "# Slow clients",
        "",
        "Written by `make slow-clients KEEP=1`, from the figures in",
        "[data/slow-clients.json](data/slow-clients.json). Do not edit by hand.",
        "",
        circumstances,
        "",
        "| way | P95 alone | P95 beside | ratio | target | requests | failed | bodies ended |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in figures["outcomes"]:
        alone, beside = (statistics.median(one[name]) for name in ("alone_p95", "beside_p95"))
        cells = (
            *(one["way"], f"{alone:.0f} ms", f"{beside:.0f} ms", f"{one['ratio']:.2f}"),
            *(figures["target"], one["requests"], len(one["failures"]), one["ended"]),
        )
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return lines


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.proofs.slow_clients", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--keep", action="store_true", help="write the documents")
    options = parser.parse_args(arguments)
    try:
        with stops_on_sigterm():
            outcomes = run(options)
    except (ProgramsMissing, NotStarted, ServerUnavailable) as error:
        print(error, file=sys.stderr)
        return 1
    for outcome in outcomes:
        print(outcome)
        for text in sorted(set(outcome.failures)):
            print(f"  {outcome.failures.count(text)} x {text}")
    if options.keep:
        write_documents(outcomes)
    return 0 if all(outcome.is_good for outcome in outcomes) else 3


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
