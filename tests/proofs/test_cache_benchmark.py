"""The tools of the cache benchmark: the load generator, and what counts as missed."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from locustfiles.harness import http_load
from tests.proofs.benchmarks.cache import memory, report, targets, warm
from tests.proofs.benchmarks.cache.processes import ROOT

ROUTES = {"/large": (200, b"body"), "/": (200, b"body"), "/known": (304, b""), "/wrong": (500, b"")}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        status, body = ROUTES[self.path]
        self.send_response(status)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Cache", "HIT")
        if self.path == "/large":
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *given: Any) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with ThreadingHTTPServer((http_load.HOST, 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_reads_an_answer(port: int) -> None:
    answer = http_load.ask(port, http_load.Request("/"))
    assert (answer.status, answer.body, answer.header("x-cache")) == (200, b"body", "HIT")


def test_an_answer_ends_where_its_length_says() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
    assert http_load._end(head[:-1]) is None
    assert http_load._end(head + b"o") is None
    assert http_load._end(head + b"ok") == len(head) + 2


@pytest.mark.parametrize("path", ["/", "/large"])
def test_sends_every_request_once(port: int, path: str) -> None:
    answered: list[int] = []
    request = bytes(http_load.Request(path))
    http_load.drive(
        port, ((n, request) for n in range(50)), 4, lambda tag, *_: answered.append(tag)
    )
    assert sorted(answered) == list(range(50))


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/known", 304)])
def test_measures_without_wrk(
    port: int, path: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_load, "_wrk", None)
    monkeypatch.setattr(http_load.shutil, "which", lambda name: None)
    result = http_load.measure(
        port, http_load.Request(path), connections=2, seconds=0.2, status=status
    )
    assert result.rate > 0
    assert 0 < result.median_ms <= result.p99_ms


def test_refuses_to_measure_errors(port: int) -> None:
    with pytest.raises(http_load.LoadFailed, match="500"):
        http_load.measure(port, http_load.Request("/wrong"), connections=1, seconds=0.1)


def test_every_subject_comes_first_once() -> None:
    assert [warm.rotated("abc", n)[0] for n in range(4)] == ["a", "b", "c", "a"]


def test_urls_of_the_memory_measurement_differ() -> None:
    assert len({memory._request(number, {}) for number in range(5000)}) == 5000


def test_what_could_not_be_measured_is_missed() -> None:
    least = targets.Target("x", "", 1, 2)
    most = targets.Target("x", "", 1, 2, at_most=True)
    assert [least.is_met(value) for value in (0.9, 1, None)] == [False, True, False]
    assert [most.is_met(value) for value in (1, 1.1, None)] == [True, False, False]


def test_the_document_is_written_from_the_data() -> None:
    data = ROOT / "docs" / "data" / "cache.json"
    if not data.exists():
        pytest.skip("no figures yet")
    text = (ROOT / "docs" / "cache-performance.md").read_text()
    assert text == report.write(json.loads(data.read_text()))


def test_what_writes_are_compared_with_has_no_signals_of_the_cache(tmp_path: Path) -> None:
    program = """
from tests.proofs.benchmarks.cache.projects import untracked
from django.db.models.signals import post_delete, post_save
names = [key for one in (post_save, post_delete) for (key, _), *_ in one.receivers]
print({"cache.save", "cache.delete"} & set(map(str, names)) or "none")
"""
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{tmp_path}/empty.sqlite3"}
    command = [sys.executable, "-c", program]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout == "none\n", done.stderr
