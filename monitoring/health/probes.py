"""Whether this process lives and is ready: asked by container platforms, proxies and people.

Answered before Django, whatever the host header says, without a session, and never from the cache.

- `/health/live`: this process answers. No input or output.
- `/health/ready`: requests can be served. A primary answers within two seconds, all migrations
  are applied, all triggers stand, and the server is not about to stop. Without its cache server
  OpenRisk works, only slower, so that is no reason.

The database is asked at most once a second and by one thread at a time, however many ask here.
"""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import psycopg
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from openrisk.caching.freshness import snapshots
from openrisk.caching.inspection.statistics import store_state
from openrisk.database import triggers

PATIENCE = 2  # seconds for the database to answer: one that is merely slow takes no node out
KEPT = 1.0  # seconds that an answer of the database counts
PATHS = ("/health/live", "/health/ready")
METHODS = ("GET", "HEAD")

Application = Callable[..., Iterable[bytes]]
Answer = tuple[str, list[tuple[str, str]], bytes]  # status, headers, body


class HealthProbes:
    """A WSGI application that answers for the process, and asks `application` the rest."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"].rstrip("/")
        if path not in PATHS:
            return self.application(environ, start_response)
        is_ready = path == PATHS[1] and environ["REQUEST_METHOD"] in METHODS
        status, headers, body = _answer(environ, check_readiness() if is_ready else None)
        start_response(status, headers)
        return [body]


async def answer_probe_async(environ: dict[str, Any]) -> Answer | None:
    """The same on an event loop, without one of the threads that answer requests."""
    path = environ["PATH_INFO"].rstrip("/")
    if path not in PATHS:
        return None
    if path == PATHS[1] and environ["REQUEST_METHOD"] in METHODS:
        return _answer(environ, await _probe.readiness_soon())
    return _answer(environ, None)


def _answer(environ: dict[str, Any], found: "Readiness | None") -> Answer:
    if environ["REQUEST_METHOD"] not in METHODS:
        status, told = "405 Method Not Allowed", {"detail": "Use GET."}
    elif found is None:
        status, told = "200 OK", {"status": "ok"}
    else:
        status, told = "200 OK" if found.is_ready else "503 Service Unavailable", found.told()
    body = json.dumps(told).encode()
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
    ]
    if status.startswith("503"):
        headers.append(("Retry-After", "1"))
    return status, headers, body


@dataclass(frozen=True)
class Readiness:
    """What stands in the way, by part; "" where nothing does."""

    database: str
    migrations: str
    triggers: str
    draining: bool
    cache: str  # ok, degraded, or none

    @property
    def is_ready(self) -> bool:
        return not (self.database or self.migrations or self.triggers or self.draining)

    def told(self) -> dict[str, Any]:
        parts = {name: getattr(self, name) for name in ("database", "migrations", "triggers")}
        return {
            "status": "ready" if self.is_ready else "draining" if self.draining else "not ready",
            **{name: text or "ok" for name, text in parts.items()},
            "cache": self.cache,
        }


def check_readiness() -> Readiness:
    """Whether requests can be served, as of the last second."""
    return _probe.readiness()


class _Probe:
    """What this process found out last, and the one thread that is finding out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: _Asked | None = None
        self._kept: Readiness | None = None
        self._until = 0.0
        self._waiting: asyncio.Future[Readiness] | None = None

    def readiness(self) -> Readiness:
        if settings.DRAIN_FILE.exists():  # said at once: the server is about to stop
            return Readiness("", "", "", draining=True, cache="ok")
        with self._lock:
            if self._kept is None or time.monotonic() >= self._until:
                self._kept = self._ask()
                self._until = time.monotonic() + KEPT
            return self._kept

    async def readiness_soon(self) -> Readiness:
        """All who ask meanwhile wait for one thread that is not of the requests."""
        if self._waiting is None:
            self._waiting = asyncio.get_running_loop().run_in_executor(None, self.readiness)
            self._waiting.add_done_callback(self._forget)
        return await self._waiting

    def _forget(self, waiting: asyncio.Future[Readiness]) -> None:
        self._waiting = None

    def _ask(self) -> Readiness:
        if self._asked is None or not self._asked.is_alive():
            self._asked = _Asked()
            self._asked.start()
        asked = self._asked
        asked.join(PATIENCE)
        silent = f"It did not answer within {PATIENCE:g} seconds."
        database, migrations, missing = asked.found or (silent, "", "")
        return Readiness(database, migrations, missing, draining=False, cache=_cache())


_probe = _Probe()


def _cache() -> str:
    if snapshots.is_failing():
        return "degraded"
    reachable = store_state().reachable
    return {True: "ok", False: "degraded", None: "none"}[reachable]


class _Asked(threading.Thread):
    """Asks the database on a connection of its own, which may hang without holding anybody up.

    Directly: a pool would hide a wrong password behind its own timeout.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True, name="readiness")
        self.found: tuple[str, str, str] | None = None

    def run(self) -> None:
        try:
            read_only = read_only_reason()
            self.found = (read_only, "", "") if read_only else ("", _migrations(), _triggers())
        except (Error, psycopg.Error) as error:
            self.found = (f"It does not answer: {type(error).__name__}.", "", "")
        finally:
            connection.close()


def read_only_reason() -> str:
    """Why nothing can be written there; "" for a primary."""
    if connection.vendor != "postgresql":
        return ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool"
        )
        read_only = cursor.fetchone()[0]
    if not read_only:
        return ""
    return (
        "It is read-only (a standby?): name the primary, or add ?target_session_attrs=read-write."
    )


@cache
def _known() -> frozenset[tuple[str, str]]:
    """The migrations that the code has, replaced ones aside."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.nodes)


def _migrations() -> str:
    applied = set(MigrationRecorder(connection).applied_migrations())
    missing = sorted(_known() - applied)
    if not missing:
        return ""
    return f"{len(missing)} are not applied, first {'.'.join(missing[0])}: run manage.py migrate."


def _triggers() -> str:
    missing = [
        name
        for purpose in ("history", "cache")
        for name in triggers.missing_triggers(connection, purpose)
    ]
    if not missing:
        return ""
    return f"{len(missing)} are missing or disabled, first {missing[0]}: run manage.py migrate."
