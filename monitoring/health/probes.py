"""Probes: whether this process is alive and ready. For container platforms, proxies and people.

They are answered before Django: for any host header, without a session, never from the cache.

- `/health/live`: this process answers. No input or output.
- `/health/ready`: requests can be served. A primary database answers within two seconds, all
  migrations are applied, all triggers are installed, and the server is not about to stop. Without
  its cache server OpenRisk works, only slower, so it stays ready.

The database is asked at most once a second and by one thread at a time, however many probes come.
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

DATABASE_TIMEOUT = 2  # seconds: a database that is merely slow must not take a node out
VALID_FOR = 1.0  # seconds, of an answer of the database
LIVE, READY = PATHS = ("/health/live", "/health/ready")
METHODS = ("GET", "HEAD")

Application = Callable[..., Iterable[bytes]]
Answer = tuple[str, list[tuple[str, str]], bytes]  # status, headers, body


class HealthProbes:
    """A WSGI application that answers probes, and leaves all other requests to `application`."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"].rstrip("/")
        if path not in PATHS:
            return self.application(environ, start_response)
        asks_database = path == READY and environ["REQUEST_METHOD"] in METHODS
        readiness = check_readiness() if asks_database else None
        status, headers, body = build_answer(environ, readiness)
        start_response(status, headers)
        return [body]


async def answer_probe_async(environ: dict[str, Any]) -> Answer | None:
    """Answer a probe on an event loop, without one of the threads that answer requests."""
    path = environ["PATH_INFO"].rstrip("/")
    if path not in PATHS:
        return None
    if path == READY and environ["REQUEST_METHOD"] in METHODS:
        return build_answer(environ, await readiness_probe.check_async())
    return build_answer(environ, None)


@dataclass(frozen=True)
class Readiness:
    """The reason why each part is not ready, or an empty string."""

    database: str
    migrations: str
    triggers: str
    draining: bool
    cache: str  # ok, degraded, or none

    @property
    def is_ready(self) -> bool:
        return not (self.database or self.migrations or self.triggers or self.draining)

    def as_dict(self) -> dict[str, Any]:
        parts = {name: getattr(self, name) for name in ("database", "migrations", "triggers")}
        return {
            "status": "ready" if self.is_ready else "draining" if self.draining else "not ready",
            **{name: reason or "ok" for name, reason in parts.items()},
            "cache": self.cache,
        }


def build_answer(environ: dict[str, Any], readiness: Readiness | None) -> Answer:
    if environ["REQUEST_METHOD"] not in METHODS:
        status, content = "405 Method Not Allowed", {"detail": "Use GET."}
    elif readiness is None:
        status, content = "200 OK", {"status": "ok"}
    else:
        status = "200 OK" if readiness.is_ready else "503 Service Unavailable"
        content = readiness.as_dict()
    body = json.dumps(content).encode()
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
    ]
    if status.startswith("503"):
        headers.append(("Retry-After", "1"))
    return status, headers, body


def check_readiness() -> Readiness:
    """Return whether requests can be served, as of the last second."""
    return readiness_probe.check()


class ReadinessProbe:
    """The last readiness of this process, and the one thread that asks the database for it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.database_check: DatabaseCheck | None = None
        self.readiness: Readiness | None = None
        self.valid_until = 0.0
        self.running: asyncio.Future[Readiness] | None = None

    def check(self) -> Readiness:
        if settings.DRAIN_FILE.exists():  # reported at once: the server is about to stop
            return Readiness("", "", "", draining=True, cache="ok")
        with self.lock:
            if self.readiness is None or time.monotonic() >= self.valid_until:
                self.readiness = self.check_now()
                self.valid_until = time.monotonic() + VALID_FOR
            return self.readiness

    async def check_async(self) -> Readiness:
        """Check in a thread of the event loop; callers that come meanwhile wait for the same."""
        if self.running is None:
            self.running = asyncio.get_running_loop().run_in_executor(None, self.check)
            self.running.add_done_callback(self.forget_running)
        return await self.running

    def forget_running(self, running: asyncio.Future[Readiness]) -> None:
        self.running = None

    def check_now(self) -> Readiness:
        if self.database_check is None or not self.database_check.is_alive():
            self.database_check = DatabaseCheck()
            self.database_check.start()
        check = self.database_check
        check.join(DATABASE_TIMEOUT)
        timeout = f"It did not answer within {DATABASE_TIMEOUT:g} seconds."
        database, migrations, missing_triggers = check.reasons or (timeout, "", "")
        return Readiness(
            database, migrations, missing_triggers, draining=False, cache=check_cache()
        )


readiness_probe = ReadinessProbe()


class DatabaseCheck(threading.Thread):
    """Asks the database on a connection of its own, which may hang without delaying anyone.

    Without the pool, which would hide a wrong password behind its own timeout.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True, name="readiness")
        self.reasons: tuple[str, str, str] | None = None  # of database, migrations and triggers

    def run(self) -> None:
        try:
            if read_only := read_only_reason():
                self.reasons = (read_only, "", "")
            else:
                self.reasons = ("", check_migrations(), check_triggers())
        except (Error, psycopg.Error) as error:
            self.reasons = (f"It does not answer: {type(error).__name__}.", "", "")
        finally:
            connection.close()


# --- The parts: each returns a reason, or an empty string -----------------------------------------
def read_only_reason() -> str:
    """Return why the database cannot be written to; an empty string for a primary."""
    if connection.vendor != "postgresql":
        return ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool"
        )
        is_read_only = cursor.fetchone()[0]
    if not is_read_only:
        return ""
    return (
        "It is read-only (a standby?): name the primary, or add ?target_session_attrs=read-write."
    )


def check_migrations() -> str:
    applied = set(MigrationRecorder(connection).applied_migrations())
    missing = sorted(known_migrations() - applied)
    if not missing:
        return ""
    return f"{len(missing)} are not applied, first {'.'.join(missing[0])}: run manage.py migrate."


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """Return the migrations that the code has, without those that others replace."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.nodes)


def check_triggers() -> str:
    missing = [
        name
        for purpose in ("history", "cache")
        for name in triggers.missing_triggers(connection, purpose)
    ]
    if not missing:
        return ""
    return f"{len(missing)} are missing or disabled, first {missing[0]}: run manage.py migrate."


def check_cache() -> str:
    if snapshots.is_failing():
        return "degraded"
    reachable = store_state().reachable
    return {True: "ok", False: "degraded", None: "none"}[reachable]
