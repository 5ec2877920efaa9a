"""HTTP load over raw sockets: requests are bytes made beforehand, connections are kept.

`measure` uses wrk where it is installed, since a fast server can outrun a client in Python; else
`drive`, which the scenarios with many different requests always use.
"""

import multiprocessing
import re
import selectors
import shutil
import signal
import socket
import statistics
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from deployment.local.calibration import patience

HOST = "127.0.0.1"
TIMEOUT = patience(10)  # seconds without any answer
PROCESSES = 2
END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.I)


class LoadFailed(Exception):
    """An answer was not what is measured, or none came."""


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "GET"
    body: bytes = b""

    def __bytes__(self) -> bytes:
        headers = {"Host": HOST, "Accept": "application/json", **self.headers}
        if self.body:
            headers |= {"Content-Type": "application/json", "Content-Length": str(len(self.body))}
        lines = [f"{self.method} {self.path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass(frozen=True)
class Load:
    """Answers in a second, and how long one took: all three over the whole measurement."""

    rate: float
    median_ms: float
    p99_ms: float


@dataclass(frozen=True)
class Answer:
    status: int
    head: bytes
    body: bytes
    seconds: float

    def header(self, name: str) -> str:
        found = re.search(rb"\r\n%s: *([^\r]*)" % name.encode(), self.head, re.I)
        return found[1].decode() if found else ""


class Connection:
    """One connection, one request at a time."""

    def __init__(self, port: int) -> None:
        self.socket = _connect(port)

    def ask(self, request: bytes) -> Answer:
        start = time.perf_counter()
        self.socket.sendall(request)
        data = b""
        while (end := _end(data)) is None:
            part = self.socket.recv(262_144)
            if not part:
                raise LoadFailed("The server closed the connection.")
            data += part
        seconds = time.perf_counter() - start
        head, _, body = data[:end].partition(END)
        return Answer(int(head[9:12]), head + b"\r\n", body, seconds)

    def close(self) -> None:
        self.socket.close()


def ask(port: int, request: Request) -> Answer:
    connection = Connection(port)
    try:
        return connection.ask(bytes(request))
    finally:
        connection.close()


def _connect(port: int) -> socket.socket:
    opened = socket.create_connection((HOST, port), timeout=TIMEOUT)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


def _end(data: bytes) -> int | None:
    """Where the response in `data` ends; None while it is not complete."""
    head = data.find(END)
    if head < 0:
        return None
    length = _LENGTH.search(data, 0, head)
    end = head + len(END) + (int(length[1]) if length and data[9:12] != b"304" else 0)
    return end if len(data) >= end else None


def _is_closed_after(response: bytes) -> bool:
    """Whether the server closes the connection behind it, as it does behind large responses."""
    return _CLOSE.search(response, 0, response.find(END)) is not None


# --- Many connections, one process -------------------------------------------------------------
class _Client:
    """A connection of `drive`, with the request it waits for an answer to."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket = _connect(port)
        self.data = b""
        self.tag: Any = None
        self.started = 0.0

    def send(self, tag: Any, request: bytes) -> None:
        self.tag, self.data, self.started = tag, b"", time.perf_counter()
        self.socket.sendall(request)

    def reconnect(self) -> None:
        self.socket.close()
        self.socket = _connect(self.port)

    def receive(self) -> bool:
        """Whether the answer is complete."""
        part = self.socket.recv(262_144)
        if not part:
            raise LoadFailed("The server closed the connection.")
        self.data = self.data + part if self.data else part
        return _end(self.data) is not None


def drive(
    port: int,
    requests: Iterable[tuple[Any, bytes]],
    connections: int,
    answered: Callable[[Any, bytes, float], None],
) -> None:
    """Send each of `requests` once; every connection sends its next as soon as it may.

    Calls `answered(tag, response, seconds)` for each, in the order of the answers.
    """
    waiting: Iterator[tuple[Any, bytes]] = iter(requests)
    clients = [_Client(port) for _ in range(connections)]
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ, client)
        busy = sum(_send_next(client, waiting) for client in clients)
        while busy:
            ready = selector.select(TIMEOUT)
            if not ready:
                raise LoadFailed(f"No answer within {TIMEOUT} seconds.")
            for key, _ in ready:
                client = key.data
                if client.receive():
                    answered(client.tag, client.data, time.perf_counter() - client.started)
                    if _is_closed_after(client.data):
                        selector.unregister(client.socket)
                        client.reconnect()
                        selector.register(client.socket, selectors.EVENT_READ, client)
                    busy -= not _send_next(client, waiting)
    for client in clients:
        client.socket.close()


def _send_next(client: _Client, waiting: Iterator[tuple[Any, bytes]]) -> bool:
    following = next(waiting, None)
    if following is None:
        return False
    client.send(*following)
    return True


# --- One request, as often as possible ----------------------------------------------------------
def generator() -> str:
    return "wrk" if shutil.which("wrk") else f"{PROCESSES} Python processes"


def measure(
    port: int, request: Request, *, connections: int, seconds: float, status: int = 200
) -> Load:
    answer = ask(port, request)
    if answer.status != status:
        raise LoadFailed(f"{request.path}: {answer.status} {answer.body[:200]!r}")
    if shutil.which("wrk"):
        return _wrk(port, request, connections, seconds)
    return _python(port, request, connections, seconds)


def _wrk(port: int, request: Request, connections: int, seconds: float) -> Load:
    command = ["-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s"]
    for name, value in {"Accept": "application/json", **request.headers}.items():
        command += ["-H", f"{name}: {value}"]
    return wrk([*command, "-H", f"Host: {HOST}", f"http://{HOST}:{port}{request.path}"])


def wrk(arguments: list[str]) -> Load:
    """What wrk measures with these. Raises LoadFailed."""
    # Its own bound is two seconds, beyond which an answer is an error.
    command = ["wrk", "--latency", "--timeout", f"{ceil(TIMEOUT)}s", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    output = done.stdout
    if done.returncode:
        raise LoadFailed(f"wrk failed:\n{output}{done.stderr}")
    if "Non-2xx" in output or "Socket errors" in output:
        raise LoadFailed(output)
    return Load(
        rate=float(_found(r"Requests/sec:\s+([\d.]+)", output)[1]),
        median_ms=_milliseconds(_found(r"50%\s+([\d.]+)(us|ms|s)", output)),
        p99_ms=_milliseconds(_found(r"99%\s+([\d.]+)(us|ms|s)", output)),
    )


def _found(pattern: str, output: str) -> re.Match[str]:
    if found := re.search(pattern, output):
        return found
    raise LoadFailed(f"wrk did not say {pattern}:\n{output}")


def _milliseconds(found: re.Match[str]) -> float:
    return float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000}[found[2]]


def _python(port: int, request: Request, connections: int, seconds: float) -> Load:
    shares = [connections // PROCESSES + (n < connections % PROCESSES) for n in range(PROCESSES)]
    jobs = [(port, bytes(request), share, seconds) for share in shares if share]
    # Told to end, they end: a handler that they inherited might not let them.
    ending = {"initializer": signal.signal, "initargs": (signal.SIGTERM, signal.SIG_DFL)}
    with multiprocessing.get_context("fork").Pool(len(jobs), **ending) as pool:
        times = sorted(taken for part in pool.starmap(_repeat, jobs) for taken in part)
    return Load(
        rate=len(times) / seconds,
        median_ms=statistics.median_low(times) * 1000,
        p99_ms=times[int(0.99 * (len(times) - 1))] * 1000,
    )


def _repeat(port: int, request: bytes, connections: int, seconds: float) -> list[float]:
    deadline = time.perf_counter() + seconds
    times: list[float] = []

    def requests() -> Iterator[tuple[None, bytes]]:
        while time.perf_counter() < deadline:
            yield None, request

    def answered(_: None, response: bytes, taken: float) -> None:
        if response[9:12] not in (b"200", b"304"):
            raise LoadFailed(response[:300].decode(errors="replace"))
        times.append(taken)

    drive(port, requests(), connections, answered)
    return times
