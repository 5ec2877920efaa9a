"""The supervisor keeps children running and leaves none behind; `serve` as its user meets it."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from django.core.management import call_command
from pytest_django import Settings

from deployment.local.calibration import patience
from deployment.local.servers import free_port
from deployment.local.waiting import wait_until
from openrisk.management.commands import serve as command
from openrisk.server import supervisor as serving
from openrisk.server.supervisor import (
    LOCAL,
    Child,
    FolderUnusable,
    PortUnavailable,
    StartFailed,
    Supervisor,
    require_free,
    require_free_ports,
)

FOREVER = "import time; time.sleep(1000)"


def python(code: str) -> Child:
    return Child("child", [sys.executable, "-c", code])


def run_until_ready(child: Child, on_ready: Callable[[], object] = bool) -> None:
    """Supervise `child`; once ready, do `on_ready` and receive SIGTERM."""

    def ready() -> None:
        on_ready()
        os.kill(os.getpid(), signal.SIGTERM)

    Supervisor([child], is_ready=lambda: True, on_ready=ready).run()


def test_sigterm_ends_the_children() -> None:
    child, seen = python(FOREVER), []
    run_until_ready(child, lambda: seen.append(child.process))
    assert seen[0].returncode == -signal.SIGTERM
    assert child.process is None


def test_first_child_starts_before_what_is_done_meanwhile() -> None:
    child, seen = python(FOREVER), []
    supervisor = Supervisor(
        [child],
        is_ready=lambda: True,
        on_ready=lambda: supervisor._stop(signal.SIGTERM, None),
        while_starting=lambda: seen.append(child.process is not None),
    )
    supervisor.run()
    assert seen == [True]


def test_signal_handlers_are_given_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    run_until_ready(python(FOREVER))
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_child_deaf_to_sigterm_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("openrisk.server.supervisor.STOP_SECONDS", 0.2)
    deaf = tmp_path / "deaf"
    child, seen = (
        python(
            "import pathlib, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
            f"pathlib.Path({str(deaf)!r}).touch(); {FOREVER}"
        ),
        [],
    )
    child.keep_running()
    wait_until(deaf.exists, "the child ignores SIGTERM")
    run_until_ready(child, lambda: seen.append(child.process))
    assert seen[0].returncode == -signal.SIGKILL


def test_a_child_that_ends_starts_again_later_each_time() -> None:
    child, delays = python("raise SystemExit(3)"), []
    for _ in range(3):
        child.due = 0
        child.keep_running()
        wait_until(lambda: child.keep_running() or child.process is None, "the child has ended")
        delays.append(round(child.due - time.monotonic()))
    assert delays == [1, 2, 4]


def test_a_child_that_is_not_due_does_not_start() -> None:
    child = python(FOREVER)
    child.due = time.monotonic() + 100
    child.keep_running()
    assert child.process is None


def test_what_a_killed_child_started_is_killed_too(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    child = python(
        "import pathlib, subprocess;"
        "sleeper = subprocess.Popen(['sleep', '1000']);"
        f"pathlib.Path({str(file)!r}).write_text(str(sleeper.pid)); {FOREVER}"
    )
    child.keep_running()
    wait_until(lambda: file.exists() and file.read_text(), "the child has started another one")
    sleeper = psutil.Process(int(file.read_text()))
    child.process.kill()
    wait_until(lambda: child.keep_running() or child.process is None, "the child has ended")
    assert child.failures == 1
    wait_until(
        lambda: not sleeper.is_running() or sleeper.status() == psutil.STATUS_ZOMBIE,
        "the child of the child has ended",
    )


def test_a_first_child_that_never_got_ready_ends_it_all() -> None:
    failing, other = python("raise SystemExit(1)"), python(FOREVER)
    supervisor = Supervisor([failing, other], is_ready=lambda: False, on_ready=bool)
    with pytest.raises(StartFailed, match="did not start"):
        supervisor.run()
    assert other.process is None


def test_a_child_that_waits_starts_once_the_first_is_ready() -> None:
    first, other, answers, seen = python(FOREVER), python(FOREVER), iter([False, False, True]), []
    other.waits = True

    def ready() -> bool:
        seen.append(other.process is None)
        return next(answers)

    supervisor = Supervisor([first, other], is_ready=ready, on_ready=bool)
    stopper = threading.Thread(
        target=lambda: (
            wait_until(lambda: other.process, "the other started") and supervisor._stop(15, None)
        )
    )
    stopper.start()
    supervisor.run()
    stopper.join()
    assert seen == [True, True, True]


SIGNALLED_A_LOT = """
import os, signal, subprocess, sys
from openrisk.server.supervisor import Child, Supervisor
send = f"import os\\nfor _ in range(100_000): os.kill({os.getpid()}, {signal.SIGTERM:d})"
def ready():
    subprocess.Popen([sys.executable, "-c", send])
    return True
Supervisor([Child("sleeper", ["sleep", "1000"])], is_ready=ready, on_ready=bool).run()
signal.signal(signal.SIGTERM, signal.SIG_IGN)
"""


def test_signals_on_signals_do_not_lock_it_up() -> None:
    """`make` passes on a SIGTERM that its whole process group has got already."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "openrisk.settings"}
    command = [sys.executable, "-c", SIGNALLED_A_LOT]
    finished = subprocess.run(command, check=False, env=environment, timeout=patience(20))
    assert finished.returncode in (0, -signal.SIGTERM)  # it comes back to its own default


@pytest.mark.django_db
def test_demo_is_made_while_the_web_server_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    done = []
    monkeypatch.setattr(serving, "serve", lambda **options: options["while_starting"]())
    monkeypatch.setattr(command, "call_command", lambda name, **options: done.append(name))
    monkeypatch.setattr(command.connections, "close_all", lambda: done.append("close"))
    call_command("serve", "--demo")
    assert done == ["migrate", "close", "demo_create", "close"]


@pytest.mark.django_db
def test_serve_alone_leaves_the_data_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    done = []
    monkeypatch.setattr(command.connections, "close_all", bool)
    monkeypatch.setattr(serving, "serve", lambda **options: done.append("serve"))
    monkeypatch.setattr(command, "call_command", lambda name, **options: done.append(name))
    call_command("serve")
    assert done == ["serve"]


def test_a_port_in_use_is_said_in_one_sentence() -> None:
    port = free_port()
    require_free("METRICS_PORT", port)
    said = rf"Port {port} of .* or set METRICS_PORT to another one"
    with socket.create_server((LOCAL, port)), pytest.raises(PortUnavailable, match=said):
        require_free("METRICS_PORT", port)


def test_one_port_for_both_is_refused(settings: Settings) -> None:
    settings.METRICS_PORT = settings.PORT = free_port()
    with pytest.raises(PortUnavailable, match="PORT and METRICS_PORT are both"):
        require_free_ports()


@pytest.mark.parametrize("host", ["nonsense.invalid", "192.0.2.1"])
def test_a_host_that_is_none_is_said(host: str, settings: Settings) -> None:
    settings.HOST = host
    with pytest.raises(PortUnavailable, match=f"HOST='{host}' is not an address of this machine"):
        require_free("PORT", free_port())


def test_no_room_for_metrics_stops_the_start(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VAR_DIR = tmp_path
    assert list(serving.make_metrics_folder().iterdir()) == []
    monkeypatch.setattr(serving, "METRICS_BYTES", 10**15)
    with pytest.raises(FolderUnusable, match=r"cannot be kept in .* free some space there"):
        serving.make_metrics_folder()


def test_a_disk_that_cannot_say_it_drains_stops_in_order(
    settings: Settings, tmp_path: Path
) -> None:
    settings.DRAIN_FILE = tmp_path / "no folder" / "draining"
    child = python(FOREVER)
    run_until_ready(child)
    assert child.process is None


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An installation of its own: other ports, another folder, an empty database."""
    folder = tmp_path_factory.mktemp("installation")
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "openrisk.settings",
        "VAR_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/openrisk.sqlite3",
        "PORT": str(free_port()),
        "METRICS_PORT": str(free_port()),
        "WORKERS": "1",
    }


def serve(environment: dict[str, str]) -> subprocess.Popen[str]:
    buffered = {name: value for name, value in environment.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--no-worker"],
        cwd=settings.BASE_DIR,
        env=buffered,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def serving_without_tables(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """`manage.py serve`, once it has said where it runs."""
    process = serve(environment)
    try:
        line = process.stdout.readline()
        assert line.startswith(f"OpenRisk runs at http://{LOCAL}:{environment['PORT']}/, but is")
        assert "run manage.py migrate" in line
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=patience(20))


@pytest.fixture(scope="module")
def served(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """One for all tests that leave it running."""
    with serving_without_tables(environment) as process:
        yield process


@pytest.fixture
def own(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The environment of one that a test ends."""
    ports = {"PORT": str(free_port()), "METRICS_PORT": str(free_port())}
    database = f"sqlite:///{tmp_path}/openrisk.sqlite3"
    return environment | ports | {"VAR_DIR": str(tmp_path), "DATABASE_URL": database}


@pytest.fixture
def ending(own: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    with serving_without_tables(own) as process:
        yield process


def status(port: str, path: str) -> int:
    try:
        return urllib.request.urlopen(f"http://{LOCAL}:{port}{path}", timeout=patience(10)).status
    except urllib.error.HTTPError as error:
        return error.code


def test_serve_answers_and_ends_without_orphans(
    ending: subprocess.Popen[str], own: dict[str, str]
) -> None:
    assert status(own["PORT"], "/static/admin/css/base.css") == 200
    wait_until(lambda: answers(own["METRICS_PORT"]), "metrics answer")
    family = psutil.Process(ending.pid).children(recursive=True)
    ending.terminate()
    assert ending.wait(patience(20)) == 0
    assert len(family) >= 3
    assert not any(process.is_running() for process in family)


def test_callers_who_never_finish_keep_no_scrape_waiting(
    served: subprocess.Popen[str], environment: dict[str, str]
) -> None:
    port = environment["METRICS_PORT"]
    wait_until(lambda: answers(port), "metrics answer")
    with ExitStack() as stack:
        slow = [
            stack.enter_context(socket.create_connection((LOCAL, int(port)), timeout=patience(10)))
            for _ in range(300)
        ]
        for one in slow:
            one.sendall(b"GET /metrics HTTP/1.1\r\nX-Slow: ")
        assert status(port, "/metrics") == 200
        assert slow[0].recv(1000) == b""  # after two seconds


def test_a_second_serve_on_the_port_fails_in_one_line(
    served: subprocess.Popen[str], environment: dict[str, str]
) -> None:
    second = serve(environment)
    output, errors = second.communicate(timeout=patience(20))
    assert (second.returncode, output) == (1, "")
    assert errors.startswith(f"CommandError: Port {environment['PORT']}")
    assert errors.count("\n") == 1


def test_a_port_of_metrics_in_use_fails_in_one_line(environment: dict[str, str]) -> None:
    port = free_port()
    with socket.create_server((LOCAL, port)):
        refused = serve({**environment, "PORT": str(free_port()), "METRICS_PORT": str(port)})
        output, errors = refused.communicate(timeout=patience(20))
    assert (refused.returncode, output) == (1, "")
    assert errors.startswith(f"CommandError: Port {port}")


def test_without_its_database_it_runs_and_says_so(environment: dict[str, str]) -> None:
    there = {"PORT": str(free_port()), "METRICS_PORT": str(free_port())}
    there["DATABASE_URL"] = f"sqlite:///{environment['VAR_DIR']}/no/folder.sqlite3"
    process = serve(environment | there)
    try:
        assert "is not ready: It does not answer" in process.stdout.readline()
        assert status(there["PORT"], "/health/ready") == 503
    finally:
        process.terminate()
        _, errors = process.communicate(timeout=patience(20))
    assert "The database cannot be used: unable to open database file." in errors


def test_the_web_server_comes_back_after_a_kill(
    served: subprocess.Popen[str], environment: dict[str, str]
) -> None:
    web = next(
        child for child in psutil.Process(served.pid).children() if "granian" in child.cmdline()
    )
    web.kill()
    wait_until(lambda: not web.is_running(), "the web server is gone")
    wait_until(lambda: answers(environment["PORT"]), "the web server is back")
    assert status(environment["PORT"], "/static/admin/css/base.css") == 200


def answers(port: str) -> bool:
    try:
        return bool(status(port, "/"))
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's parent-death signal")
def test_a_killed_supervisor_leaves_no_orphans(
    ending: subprocess.Popen[str], own: dict[str, str]
) -> None:
    wait_until(lambda: answers(own["METRICS_PORT"]), "metrics answer")
    family = psutil.Process(ending.pid).children(recursive=True)
    ending.kill()
    _, alive = psutil.wait_procs(family, timeout=patience(15))
    assert len(family) >= 3
    assert alive == []
