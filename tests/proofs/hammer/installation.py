"""One installation on this machine: PostgreSQL, Valkey and several server processes."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from deployment.local.calibration import patience
from deployment.local.servers import LocalServer, free_port, postgres, valkey
from openrisk.server.supervisor import die_with_parent
from tests.proofs.hammer.proxy import HOST, Proxy

ROOT = Path(__file__).resolve().parents[3]
START_SECONDS = patience(80)
THREADS = 4


class NotStarted(Exception):
    """A server process did not answer in time; the message holds the end of its log."""


@dataclass
class Web:
    """A server process of the real application on a port of its own."""

    environment: dict[str, str]
    log: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        command = [
            sys.executable, "-m", "granian", "--interface", "rsgi", "--http", "1", "--no-ws",
            "--loop", "uvloop", "--host", HOST, "--port", str(self.port), "--workers", "1",
            "--backlog", "2048", "--log-level", "warning", "openrisk.rsgi:application",
        ]  # fmt: skip
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**self.environment, "THREADS": str(THREADS)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
                preexec_fn=partial(die_with_parent, signal.SIGTERM),  # noqa: PLW1509  main thread
            )

    def await_answer(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline or (self.process and self.process.poll() is not None):
                raise NotStarted(f"No answer on port {self.port}:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL for the server and its worker, as the kernel does when memory is short."""
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=patience(5))
        try:
            connection.request("GET", "/api/v1/risks/", headers={"Host": "localhost"})
            return connection.getresponse().status == 401
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@dataclass
class Installation:
    database: LocalServer
    valkey: LocalServer
    proxy: Proxy  # between the first server process and Valkey
    webs: list[Web]
    plan: dict[str, Any]
    environment: dict[str, str]

    @property
    def ports(self) -> list[int]:
        return [web.port for web in self.webs]

    def execute(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(
            self.database.url, autocommit=True, application_name="hammer"
        ) as connection:
            return connection.execute(sql, parameters).fetchall()

    def restart(self, consistency: str) -> None:
        """All processes anew, with another CACHE_CONSISTENCY."""
        setting = {"CACHE_CONSISTENCY": consistency}
        _manage(self.environment | setting, "migrate", "--verbosity", "0")
        for web in self.webs:
            web.kill()
            web.environment |= setting
            web.begin()
        for web in self.webs:
            web.await_answer()


@contextmanager
def installed(folder: Path, *, processes: int, risks: int) -> Iterator[Installation]:
    """A migrated, filled and running installation; nothing of it is left behind."""
    with ExitStack() as stack:
        database = stack.enter_context(postgres(fsync=True))
        cache = stack.enter_context(valkey())
        proxy = Proxy(urlsplit(cache.url).port or 6379)
        stack.callback(proxy.close)
        environment = _environment(database.url, cache.url, folder)
        webs = [Web(dict(environment), folder / f"web-{n}.log") for n in range(processes)]
        webs[0].environment["REDIS_URL"] = cache.url.replace(str(proxy.target), str(proxy.port))
        plan = _seeded(environment, risks)
        for web in webs:
            stack.callback(web.kill)
            web.begin()
        for web in webs:
            web.await_answer()
        yield Installation(database, cache, proxy, webs, plan, environment)


def _environment(database: str, cache: str, folder: Path) -> dict[str, str]:
    metrics = folder / "metrics"
    metrics.mkdir(parents=True, exist_ok=True)
    return os.environ | {
        "DATABASE_URL": database,
        "REDIS_URL": cache,
        "VAR_DIR": str(folder),
        "SECRET_KEY": "hammer" * 10,
        "CACHE_BACKEND": "redis",
        "CACHE_CONSISTENCY": "strict",
        "DJANGO_SETTINGS_MODULE": "openrisk.settings",
        "PROMETHEUS_MULTIPROC_DIR": str(metrics),
    }


def _seeded(environment: dict[str, str], risks: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.proofs.hammer.seed", str(risks)]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def _manage(environment: dict[str, str], *arguments: str) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, check=True)
