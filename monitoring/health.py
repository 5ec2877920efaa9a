"""Whether this process lives and is ready: asked by container platforms, proxies and people.

Answered before Django, whatever the host header says, without a session, and never from the cache.

- `/health/live`: this process answers. No input or output.
- `/health/ready`: requests can be served. A primary answers within two seconds, all migrations
  are applied, all triggers stand, and the server is not about to stop. Without its cache server
  OpenRisk works, only slower, so that is no reason.
"""

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import psycopg
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from openrisk.caching import tokens
from openrisk.caching.statistics import store_state
from risks.history import triggers

PATIENCE = 2  # seconds for the database to answer: one that is merely slow takes no node out
PATHS = ("/health/live", "/health/ready")

Application = Callable[..., Iterable[bytes]]


class Health:
    """A WSGI application that answers for the process, and asks `application` the rest."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"].rstrip("/")
        if path not in PATHS:
            return self.application(environ, start_response)
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return _answer(start_response, "405 Method Not Allowed", {"detail": "Use GET."})
        if path == PATHS[0]:
            return _answer(start_response, "200 OK", {"status": "ok"})
        found = readiness()
        status = "200 OK" if found.is_ready else "503 Service Unavailable"
        return _answer(start_response, status, found.told())


def _answer(start_response: Any, status: str, told: dict[str, Any]) -> list[bytes]:
    body = json.dumps(told).encode()
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
    ]
    if status.startswith("503"):
        headers.append(("Retry-After", "1"))
    start_response(status, headers)
    return [body]


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


def readiness() -> Readiness:
    if settings.DRAIN_FILE.exists():
        return Readiness("", "", "", draining=True, cache="ok")
    asked = _Asked()
    asked.start()
    asked.join(PATIENCE)
    silent = f"It did not answer within {PATIENCE} seconds."
    database, migrations, missing = asked.found or (silent, "", "")
    return Readiness(database, migrations, missing, draining=False, cache=_cache())


def _cache() -> str:
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
            read_only = standby()
            self.found = (read_only, "", "") if read_only else ("", _migrations(), _triggers())
        except (Error, psycopg.Error) as error:
            self.found = (f"It does not answer: {type(error).__name__}.", "", "")
        finally:
            connection.close()


def standby() -> str:
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
    applied = set(MigrationRecorder.Migration.objects.values_list("app", "name"))
    missing = sorted(_known() - applied)
    if not missing:
        return ""
    return f"{len(missing)} are not applied, first {'.'.join(missing[0])}: run manage.py migrate."


def _triggers() -> str:
    missing = [*triggers.missing(connection), *tokens.missing(connection)]
    if not missing:
        return ""
    return f"{len(missing)} are missing or disabled, first {missing[0]}: run manage.py migrate."
