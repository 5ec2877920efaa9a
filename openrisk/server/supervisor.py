"""Runs one installation: the web server, the task worker and the metrics process.

Each is a child process. A child that ends is started again, later each time; when the supervisor
ends, however it ends, no child stays behind.
"""

import ctypes
import errno
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType

import structlog
from django.conf import settings

from openrisk.server.limits import IDLE_SECONDS
from openrisk.telemetry import metric_files

LOCAL = "127.0.0.1"
STOP_SECONDS = 8  # container platforms kill 10 s after SIGTERM: be done before
REQUEST_SECONDS = 5  # of these, the time that a running request may still take
STEADY_SECONDS = 60  # a child that ran this long starts again with the shortest delay
LONGEST_DELAY = 60
TICK_SECONDS = 0.2
START_TICK_SECONDS = 0.05
METRICS_BYTES = 1024 * 1024  # room for the metrics of one process, at start; some 400 kB are used
BACKLOG = 2048  # connections waiting; granian also divides it by WORKERS to limit each worker

log = structlog.get_logger(__name__)


class PortUnavailable(Exception):
    """The port cannot be listened on; the message says what to do."""


class FolderUnusable(Exception):
    """Processes cannot count there; the message says what to do."""


class StartFailed(Exception):
    """The web server ended before it ever answered."""


REFUSALS = (PortUnavailable, FolderUnusable, StartFailed)


@dataclass
class Child:
    """A process to keep running, leader of a process group of its own."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    waits: bool = False  # for the first child to be ready, so as not to slow that down
    process: subprocess.Popen[bytes] | None = None
    started: float = 0
    due: float = 0
    failures: int = 0

    def keep_running(self) -> None:
        """Start it if it is due; note it if it has ended."""
        if self.process is None:
            if time.monotonic() >= self.due:
                self._start()
        elif (exit_code := self.process.poll()) is not None:
            self._ended(exit_code)

    def terminate(self) -> None:
        if self.process:
            self.process.terminate()

    def reap(self, deadline: float) -> None:
        """Wait for its end until `deadline` (monotonic seconds), then kill what is left of it."""
        if self.process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0, deadline - time.monotonic()))
        if self.process.poll() is None:
            log.warning("process_killed", process=self.name, after_seconds=STOP_SECONDS)
        self._kill_group()
        self.process.wait()
        self.process = None

    def _start(self) -> None:
        self.process = subprocess.Popen(  # noqa: S603  commands written below
            self.command,
            cwd=settings.BASE_DIR,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            process_group=0,  # Ctrl-C in a terminal reaches the supervisor alone
            preexec_fn=partial(die_with_parent, signal.SIGTERM),  # noqa: PLW1509  no threads here
        )
        self.started = time.monotonic()
        log.info("process_started", process=self.name, pid=self.process.pid)

    def _ended(self, exit_code: int) -> None:
        self._kill_group()
        now = time.monotonic()
        self.failures = 0 if now - self.started >= STEADY_SECONDS else self.failures + 1
        delay = min(2**self.failures / 2, LONGEST_DELAY)
        self.process, self.due = None, now + delay
        log.error(
            "process_ended", process=self.name, exit_code=exit_code, starts_again_in_seconds=delay
        )

    def _kill_group(self) -> None:
        """Its own children, if it left any: a killed granian leaves workers on the port."""
        if self.process:
            with suppress(ProcessLookupError, PermissionError):  # macOS says the latter of zombies
                os.killpg(self.process.pid, signal.SIGKILL)


class Supervisor:
    """Keeps `children` running until SIGTERM or SIGINT.

    The first child is the one people wait for: `while_starting` is called once while it starts,
    `on_ready` once `is_ready` says so, and StartFailed is raised if it ends before.
    """

    def __init__(
        self,
        children: Sequence[Child],
        *,
        is_ready: Callable[[], bool],
        on_ready: Callable[[], object],
        while_starting: Callable[[], object] = bool,
    ) -> None:
        self.children = children
        self.while_starting = while_starting
        self.is_ready = is_ready
        self.on_ready = on_ready
        # Not an Event: a signal that arrives while this thread holds its lock would wait for ever.
        self.stopping = False

    def run(self) -> None:
        previous = {
            number: signal.signal(number, self._stop) for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            self._loop()
            self._drain()
        finally:
            for child in self.children:
                child.terminate()
            deadline = time.monotonic() + STOP_SECONDS
            for child in self.children:
                child.reap(deadline)
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _loop(self) -> None:
        ready = False
        self.children[0].keep_running()
        self.while_starting()
        while not self.stopping:
            for child in self.children:
                if ready or not child.waits:
                    child.keep_running()
            if not ready:
                if self.children[0].failures:
                    raise StartFailed("The web server did not start: its messages stand above.")
                if ready := self.is_ready():
                    self.on_ready()
            time.sleep(TICK_SECONDS if ready else START_TICK_SECONDS)

    def _drain(self) -> None:
        """Answer on, but as not ready; a second signal ends the wait."""
        try:
            settings.DRAIN_FILE.touch()
        except OSError as error:  # a full disk, say, must not make it end like a crash
            log.error("draining_not_told", file=str(settings.DRAIN_FILE), error=error.strerror)
        self.stopping = False
        until = time.monotonic() + settings.DRAIN_SECONDS
        while time.monotonic() < until and not self.stopping:
            time.sleep(TICK_SECONDS)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True


def serve(
    *, worker: bool, on_ready: Callable[[], object], while_starting: Callable[[], object] = bool
) -> None:
    """Run everything until SIGTERM or SIGINT; `on_ready` is called once it answers.

    Raises PortUnavailable, FolderUnusable and StartFailed.
    """
    require_free_ports()
    metrics = str(make_metrics_folder())
    settings.DRAIN_FILE.unlink(missing_ok=True)
    environment = {"PROMETHEUS_MULTIPROC_DIR": metrics, "DATABASE_TIMEOUTS": "1"}
    children = [Child("web", _web_command(), environment)]
    if worker:
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker"]
        children.append(Child("worker", command, environment, waits=True))
    children.append(Child("metrics", _metrics_command(), environment, waits=True))
    supervisor = Supervisor(
        children, is_ready=is_answering, on_ready=on_ready, while_starting=while_starting
    )
    supervisor.run()


def local_url() -> str:
    """The address of this installation on its own machine."""
    return f"http://{settings.LOCAL_HOST}:{settings.PORT}/"


def require_free_ports() -> None:
    """Raise now: the web server would fail with a stack trace, the exporter again and again."""
    if settings.METRICS_PORT == settings.PORT:
        raise PortUnavailable(
            f"PORT and METRICS_PORT are both {settings.PORT}: set one of them to another one."
        )
    require_free("PORT", settings.PORT)
    require_free("METRICS_PORT", settings.METRICS_PORT)


def require_free(name: str, port: int) -> None:
    """Raises PortUnavailable; `name` is that of the setting."""
    family = socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET
    try:
        socket.create_server((settings.HOST, port), family=family).close()
    except OSError as error:
        number = error.errno or 0  # below 0: of the resolver, not of the system
        if number < 0 or number == errno.EADDRNOTAVAIL:
            raise PortUnavailable(
                f"HOST={settings.HOST!r} is not an address of this machine: write 127.0.0.1, or "
                "0.0.0.0 to listen for others too."
            ) from None
        raise PortUnavailable(
            f"Port {port} of {settings.HOST} cannot be used ({os.strerror(number)}): "
            f"stop what listens there, or set {name} to another one."
        ) from None


def die_with_parent(number: signal.Signals) -> None:
    """On Linux, ask for signal `number` when the parent is gone: for `preexec_fn`.

    It means the thread that starts the process, so start processes from the main thread.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, number)  # 1 is PR_SET_PDEATHSIG


def make_metrics_folder() -> Path:
    """A new folder for the files of metrics: those of processes long gone must not be added up."""
    folder = settings.VAR_DIR / "metrics" / str(settings.PORT)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            metric_files.reserve_space(file.fileno(), METRICS_BYTES * (settings.WORKERS + 2))
    except OSError as error:
        raise FolderUnusable(
            f"Metrics cannot be kept in {folder} ({os.strerror(error.errno or 0)}): free "
            "some space there and let its owner write, or set VAR_DIR to another folder."
        ) from None
    return folder


def _web_command() -> list[str]:
    """Its threads are the application's own: the event loop is all that granian has to call."""
    more = ["--loop", "uvloop", "--http1-header-read-timeout", str(IDLE_SECONDS * 1000)]
    target = "openrisk.rsgi:application"
    return _granian(target, settings.PORT, "rsgi", *more, workers=settings.WORKERS)


def _metrics_command() -> list[str]:
    """Two seconds for the lines of a request: Prometheus takes less."""
    more = ["--factory", "--http1-header-read-timeout", "2000"]
    target = "monitoring.metrics.exporter:application"
    return _granian(target, settings.METRICS_PORT, "wsgi", *more, workers=1)


def _granian(target: str, port: int, interface: str, *more: str, workers: int) -> list[str]:
    options = {
        "--interface": interface,
        "--http": 1,
        "--host": settings.HOST,
        "--port": port,
        "--workers": workers,
        "--blocking-threads": 1,
        "--backlog": BACKLOG,
        "--workers-kill-timeout": REQUEST_SECONDS,
        "--log-level": "warning",
        "--log-config": Path(__file__).with_name("log.json"),
    }
    flags = ["--respawn-failed-workers", "--no-ws", *more]
    arguments = [part for pair in options.items() for part in pair]
    return [sys.executable, "-m", "granian", *map(str, arguments), *flags, target]


def is_answering() -> bool:
    """Whether the web server answers a request, with any status."""
    connection = http.client.HTTPConnection(settings.LOCAL_HOST, settings.PORT, timeout=1)
    try:
        connection.request("GET", "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True
