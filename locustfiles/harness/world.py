"""What is put under load: PostgreSQL and Valkey, filled, and a server as in production."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import httpx
import psutil
import psycopg
import redis

from deployment.local.files import ROOT
from deployment.local.installation import Installation
from deployment.local.servers import LocalServer, postgres, stops_on_sigterm, valkey
from locustfiles.harness.http_load import LoadFailed

PROCESSES = 2
LOST = (httpx.HTTPError, psutil.Error, psycopg.Error, redis.RedisError)  # of who asks what ended


class NotSeeded(Exception):
    """What the seeding printed."""


class Ended(LoadFailed):
    """What is asked ended under load; says which part, and what the server said last."""


@dataclass(frozen=True)
class Serving:
    """A server that answers, and the processes that work for it."""

    installation: Installation
    log: Path  # of the server
    pids: dict[str, int]  # of the server, of PostgreSQL, of Valkey: the parents of each part's

    @property
    def url(self) -> str:
        return self.installation.url

    def metrics(self) -> str:
        """What its own metrics say. Raises httpx.HTTPError."""
        return httpx.get(self.installation.metrics_url, timeout=10).text

    def ended(self) -> list[str]:
        """The parts that no longer run."""
        return [part for part, pid in self.pids.items() if not _is_running(pid)]

    @contextmanager
    def expected_to_last(self) -> Iterator[Self]:
        """Raises Ended if one of the parts has ended in the block, or does not answer."""
        try:
            yield self
        except LoadFailed as error:
            if isinstance(error, Ended) or not self.ended():
                raise
            raise Ended(self._obituary(error)) from error
        except LOST as error:
            raise Ended(self._obituary(error)) from error
        if self.ended():
            raise Ended(self._obituary("found afterwards"))

    def _obituary(self, reason: Exception | str) -> str:
        ended = " and ".join(self.ended()) or "one that cannot be told"
        return (
            f"Ended under load: {ended} ({reason}). Look whether the machine ran out of memory, "
            "and start again. The server said last:\n"
            f"{self.log.read_text(errors='replace')[-2000:]}"
        )

    def resident_bytes(self) -> int:
        """Of the processes that answer requests, together."""
        children = psutil.Process(self.pids["server"]).children(recursive=True)
        workers = [one for one in children if "granian" in " ".join(one.cmdline())]
        # granian's own process, the parent of the others, keeps nothing of ours.
        return sum(one.memory_info().rss for one in workers)


@dataclass(frozen=True)
class World:
    folder: Path
    database: LocalServer
    cache: LocalServer

    @property
    def callers(self) -> Path:
        return self.folder / "callers.json"

    @property
    def statistics_url(self) -> str:
        """Of PostgreSQL's administrator, in a database that no figure is about."""
        return self.database.url.replace("://openrisk:", "://postgres:").rpartition("/")[0] + (
            "/template1"  # where pg_stat_statements is installed
        )

    @contextmanager
    def serving(self, name: str, *options: str, **settings: str) -> Iterator[Serving]:
        """The profile prod, two processes; `settings` may say otherwise.

        Raises NotStarted, Ended.
        """
        installation = self._installation(name, settings)
        with installation.serving(*options, name=name) as running:
            pids = {
                "server": running.pid,
                "PostgreSQL": self.database.pid,
                "Valkey": self.cache.pid,
            }
            serving = Serving(installation, self.folder / f"{name}.log", pids)
            with serving.expected_to_last():
                yield serving

    def environment(self, name: str, **settings: str) -> dict[str, str]:
        """Of a program that uses the same servers."""
        return self._installation(name, settings).environment

    def seed(self, risks: int, organizations: int, **settings: str) -> None:
        """Raises NotSeeded."""
        environment = self.environment("seeding", **settings)
        command = [
            sys.executable,
            "-m",
            "locustfiles.harness.seeding",
            str(risks),
            str(organizations),
        ]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise NotSeeded(f"The database could not be filled:\n{done.stderr[-2000:]}")
        self.callers.write_text(done.stdout)

    def _installation(self, name: str, settings: dict[str, str]) -> Installation:
        given = {
            "DATABASE_URL": self.database.url,
            "REDIS_URL": self.cache.url,
            "CACHE_BACKEND": "redis",
            "CACHE_CONSISTENCY": "strict",
            "WORKERS": str(PROCESSES),
            "POOL_PROFILE": "prod",
            "SECRET_KEY": "of a server that nobody else reaches",
            "ENCRYPTION_KEY": "of a server that nobody else reaches",
            "VAR_DIR": str(self.folder / name),
        }
        return Installation.make(self.folder, **(given | settings))


def _is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """Empty yet. Raises ServerUnavailable."""
    with stops_on_sigterm(), postgres() as database, valkey() as cache:
        yield World(folder, database, cache)
