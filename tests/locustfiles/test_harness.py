"""The tools of the load tests: what is judged how, and what stops a run before it begins."""

import json
import os
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from deployment.local.calibration import patience, slowness
from deployment.local.installation import Installation
from deployment.local.servers import HOST, LocalServer, free_port
from locustfiles import callers
from locustfiles.callers import Organization, Unusable
from locustfiles.harness import generator
from locustfiles.harness.generator import Order
from locustfiles.harness.http_load import LoadFailed
from locustfiles.harness.report import document, figures
from locustfiles.harness.usage import Usage
from locustfiles.harness.world import Serving, World
from locustfiles.judging import Expected, Foreign, Stale, description
from locustfiles.recording import rounded

ROOT = Path(__file__).resolve().parents[2]
OWN, OTHER = "mark0123456789ab", "markba9876543210"


# --- What is wrong with an answer ---------------------------------------------------------------
@pytest.fixture
def organization() -> Organization:
    return Organization("alpha", OWN, ["token"], risks_before=7)


def body(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def test_an_older_revision_is_stale(organization: Organization) -> None:
    organization.revisions["a"] = 2
    expected = Expected.now(organization)
    expected.judge(body(results=[{"id": "a", "description": description(2)}]))
    with pytest.raises(Stale, match="a is at revision 1, not at least 2"):
        expected.judge(body(id="a", description=description(1)))


def test_a_row_without_any_revision_is_stale_once_it_was_edited(
    organization: Organization,
) -> None:
    organization.revisions["a"] = 1
    with pytest.raises(Stale):
        Expected.now(organization).judge(body(id="a", description="As it was imported."))


def test_what_was_written_after_the_question_need_not_be_shown(organization: Organization) -> None:
    organization.revisions["a"] = 1
    expected = Expected.now(organization)
    organization.revisions["a"] = 2
    organization.registered = 1
    expected.judge(body(id="a", description=description(1), count=7), counts="count")


def test_a_count_that_misses_a_registered_risk_is_stale(organization: Organization) -> None:
    organization.registered = 1
    expected = Expected.now(organization)
    expected.judge(body(count=8, results=[]), counts="count")
    with pytest.raises(Stale, match="count is 7, not at least 8"):
        expected.judge(body(count=7, results=[]), counts="count")


def test_the_marker_of_another_organization_is_foreign(organization: Organization) -> None:
    expected = Expected.now(organization)
    expected.judge(body(title=f"Fire {OWN}"))
    with pytest.raises(Foreign):
        expected.judge(body(title=f"Fire {OTHER}"))


# --- Figures and targets ------------------------------------------------------------------------
@pytest.mark.parametrize(("share", "wanted"), [(0.5, 1.0), (0.95, 2.0), (0.99, 30.0), (1, 30.0)])
def test_a_percentile_is_what_so_many_took_at_most(share: float, wanted: float) -> None:
    assert figures.percentile(Counter({30.0: 2, 1.0: 90, 2.0: 8}), share) == wanted
    assert figures.percentile(Counter(), share) == 0


def test_durations_keep_three_digits() -> None:
    assert [rounded(value) for value in (0.12345, 12.345, 1234.5)] == [0.123, 12.3, 1230]
    assert rounded(0) == 0


def test_latencies_and_hits_are_those_of_reads() -> None:
    def request(method: str, cache: dict[str, int], times: dict[str, int]) -> dict[str, Any]:
        count = sum(times.values())
        return {
            "method": method, "count": count, "cache": cache, "times": times,
            "total_ms": sum(float(time) * times[time] for time in times),
            "errors": 1, "stale": 0, "foreign": 0,
        }  # fmt: skip

    reads = request("GET", {"HIT": 3, "MISS": 1, "none": 4}, {"1.0": 7, "9.0": 1})
    writes = request("PATCH", {"none": 2}, {"50.0": 2})
    found = figures.of_stage({"users": 4, "seconds": 5, "requests": [reads, writes]})
    assert (found["hit_rate"], found["mean_ms"], found["p99_ms"]) == (0.75, 2.0, 9.0)
    assert (found["rate"], found["errors"]) == (2.0, 2)


# --- Locust, against a server that is not OpenRisk ----------------------------------------------
# By method and path: status, what is in JSON, X-Cache. With status 0 the connection is closed.
Answer = Callable[[str, str], tuple[Any, ...]]
EXPLORED = 5  # requests before users start, with one token
RISK = {"id": "7b0c", "reference": "R-0001", "description": "As it was."}


def frozen(method: str, path: str) -> tuple[int, Any]:
    """Accepts every write, and shows none."""
    return (201 if method == "POST" else 200), {"count": 1, "total": 1, "results": [RISK], **RISK}


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, content, *cache = answer(self.command, self.path)
            if not status:
                self.close_connection = True
                return
            sent = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            for result in cache:
                self.send_header("X-Cache", result.partition(" ")[0])
                self.send_header("Cache-Status", f"openrisk; detail={result.partition(' ')[2]}")
            self.end_headers()
            self.wfile.write(sent)

        do_PATCH = do_POST = do_GET  # noqa: N815  the names are the base class's

        def log_message(self, *given: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        # As many as connect at once; who finds the queue full tries again only after a second.
        request_queue_size = 128

    with Server((HOST, 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://{HOST}:{server.server_address[1]}"
        server.shutdown()


def callers_of_alpha(folder: Path) -> Path:
    path = folder / "callers.json"
    if not path.exists():
        one = {"name": "alpha", "marker": OWN, "tokens": ["or_x"], "session": ""}
        path.write_text(json.dumps({"organizations": [one]}))
    return path


def locust(folder: Path, url: str, *options: str) -> subprocess.CompletedProcess[str]:
    who = callers_of_alpha(folder)
    command = [
        sys.executable, "-m", "locust", "-f", "locustfiles/freshness.py", "--headless",
        "--only-summary", "--host", url, "--callers", str(who), "--users", "8", "--rate", "60",
        "--run-time", f"{ceil(3 * slowness())}s", "--warm-up", "0",
        "--results", str(folder / "results.json"), *options,
    ]  # fmt: skip
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=patience(20), check=False
    )


def counted(folder: Path) -> Counter[str]:
    total: Counter[str] = Counter()
    for stage in json.loads((folder / "results.json").read_text())["stages"]:
        for request in stage["requests"]:
            total.update({name: request[name] for name in ("errors", "stale", "foreign", "count")})
    return total


def test_a_server_that_shows_no_write_is_found_out(tmp_path: Path) -> None:
    with serving(frozen) as url:
        done = locust(tmp_path, url)
    found = counted(tmp_path)
    assert done.returncode == 3, done.stderr
    assert found["stale"] > 0
    assert (found["errors"], found["foreign"]) == (0, 0)


def test_a_server_that_shows_rows_of_others_is_found_out(tmp_path: Path) -> None:
    def leaking(method: str, path: str) -> tuple[int, Any]:
        status, content = frozen(method, path)
        return status, {**content, "title": OTHER}

    with serving(leaking) as url:
        done = locust(tmp_path, url, "--writes", "0")
    assert done.returncode == 3, done.stderr
    assert counted(tmp_path)["foreign"] > 0


def test_answers_that_do_not_come_are_errors(tmp_path: Path) -> None:
    asked = count()

    def dying(method: str, path: str) -> tuple[int, Any]:
        return frozen(method, path) if next(asked) < EXPLORED else (0, {})

    with serving(dying) as url:
        done = locust(tmp_path, url, "--writes", "0")
    assert done.returncode == 3, done.stderr
    assert counted(tmp_path)["errors"] == counted(tmp_path)["count"] > 30


def test_a_server_that_shows_what_it_should_passes(tmp_path: Path) -> None:
    with serving(frozen) as url:
        done = locust(tmp_path, url, "--writes", "0")
    assert done.returncode == 0, done.stderr
    assert counted(tmp_path)["count"] > 30


def test_a_run_of_what_has_ended_is_over_with_what_was_measured(tmp_path: Path) -> None:
    asked = count()

    def answer(method: str, path: str) -> tuple[int, Any]:
        next(asked)
        return frozen(method, path)

    def ended() -> list[str]:
        return ["server"] if next(asked) > 60 else []

    callers_of_alpha(tmp_path)
    nowhere = LocalServer("")
    with serving(answer) as url:
        results = generator.locust(
            World(tmp_path, nowhere, nowhere),
            url,
            Order("freshness", users=8, rate=60, seconds=50, warm_up=0),
            tmp_path / "cached",
            free_port(),
            ended,
        )
    counts = [request["count"] for stage in results["stages"] for request in stage["requests"]]
    assert 30 < sum(counts) < 1000
    assert (tmp_path / "cached.html").exists()


def no_risks(method: str, path: str) -> tuple[int, Any]:
    return 200, {"count": 0, "results": []}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda *_: (401, {}), r"does not accept a token of alpha \(401\)"),
        (lambda *_: (404, {}), r"answers 404: .* Is it an OpenRisk\?"),
        (lambda *_: (200, []), r"answers 200: \[\] Is it an OpenRisk\?"),
        (no_risks, r"alpha has no risks\. Import some"),
    ],
    ids=["wrong token", "something else", "nonsense", "no data"],
)
def test_what_cannot_be_put_under_load_is_said(tmp_path: Path, answer: Answer, words: str) -> None:
    with serving(answer) as url:
        done = locust(tmp_path, url)
    assert done.returncode == 1
    assert re.search(words, done.stderr), done.stderr


def test_a_target_that_is_down_is_said(tmp_path: Path) -> None:
    done = locust(tmp_path, f"http://{HOST}:{free_port()}")
    assert done.returncode == 1
    assert "does not answer" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"organizations": []}'])
def test_a_file_that_does_not_say_who_asks_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "callers.json"
    path.write_text(text)
    with pytest.raises(Unusable, match=r"callers\.json"):
        callers.read(str(path))


# --- The report ---------------------------------------------------------------------------------
def test_the_document_says_what_the_figures_say(tmp_path: Path) -> None:
    written = "\n".join(document.document(tmp_path)).rstrip() + "\n"
    assert written == document.DOCUMENT.read_text()
    shown = re.findall(r"\]\(images/performance/([^)]+)\)", written)
    assert {path.name for path in tmp_path.iterdir()} == set(shown)


def test_a_table_has_a_head_and_a_line_beneath_it() -> None:
    assert list(document.table(("a", "b"), [("1", "2")])) == [
        "| a | b |",
        "|---|---|",
        "| 1 | 2 |",
        "",
    ]


def phase(usage: Usage, errors: int = 0) -> dict[str, Any]:
    """Ten reads of two milliseconds each."""
    request = {
        "method": "GET", "count": 10, "cache": {"none": 10}, "times": {"2.0": 10}, "total_ms": 20,
        "errors": errors, "stale": 0, "foreign": 0,
    }  # fmt: skip
    stage = {"users": 5, "seconds": 10, "requests": [request]}
    locust = {"generator_cpu": 0.1, "stages": [stage]}
    return {"wanted_rate": 1, "locust": locust, "usage": usage}


SPENT = Usage(requests=100, cpu_seconds={"server": 0.75, "Valkey": 0.25}, queries=40)


def test_a_run_that_was_interrupted_while_it_warmed_is_judged_by_its_baseline() -> None:
    baseline = phase(SPENT)
    found = figures.of_run({"baseline": baseline, "cached": {}})
    assert (found["rate_kept"], found["mean_ms"]) == (1, 2)
    assert "cpu_less" not in found
    of_baseline = figures.of_phase(baseline)
    assert (of_baseline["cpu_ms"], of_baseline["queries"]) == (10, 0.4)


def test_what_a_server_that_ended_has_used_is_not_measured() -> None:
    found = figures.of_run({"baseline": phase(SPENT), "cached": phase(Usage(), errors=10)})
    assert found["errors"] == 10
    assert [found[name] for name in ("cpu_less", "queries_less", "connections")] == [None] * 3


def test_a_server_that_ended_under_load_is_said(tmp_path: Path) -> None:
    log = tmp_path / "cached.log"
    log.write_text("Killed worker 1")
    ended = subprocess.Popen(["true"])
    ended.wait()
    pids = {"server": ended.pid, "Valkey": os.getpid()}
    target = Serving(Installation.make(tmp_path), log, pids)
    words = r"^Ended under load: server \(.*\nKilled worker 1$"
    with pytest.raises(LoadFailed, match=words), target.expected_to_last():
        target.metrics()
    with pytest.raises(LoadFailed, match=words), target.expected_to_last():
        raise LoadFailed("nothing but socket errors")
    with pytest.raises(LoadFailed, match=words), target.expected_to_last():
        pass


def test_what_fails_while_all_parts_run_is_said_as_it_is(tmp_path: Path) -> None:
    target = Serving(Installation.make(tmp_path), tmp_path / "none.log", {"server": os.getpid()})
    with pytest.raises(LoadFailed, match=r"^There is no wrk"), target.expected_to_last():
        raise LoadFailed("There is no wrk")
    with target.expected_to_last() as same:
        assert same is target


# --- The command --------------------------------------------------------------------------------
def load(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "locustfiles.harness", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=patience(20),
        check=False,
    )


def test_an_unknown_scenario_is_refused() -> None:
    done = load("hurricane")
    assert done.returncode == 2
    assert "warm_cache" in done.stderr


@pytest.mark.parametrize(
    ("option", "port", "words"),
    [("0", "9646", "write a whole number, at least 1"), ("5", "none", "the number of a free port")],
)
def test_options_that_cannot_be_are_refused(option: str, port: str, words: str) -> None:
    done = load("soak", "--rate", option, LOCUST_METRICS_PORT=port)
    assert done.returncode == 2
    assert words in done.stderr


def test_a_port_in_use_is_said_before_anything_starts(tmp_path: Path) -> None:
    with serving(frozen) as url:
        port = url.rpartition(":")[2]
        done = load("warm_cache", LOCUST_METRICS_PORT=port, VAR_DIR=str(tmp_path))
    assert done.returncode == 1
    assert f"Port {port} is in use" in done.stderr
    assert list((tmp_path / "load").iterdir()) == []
