"""Everything the measurements need: databases, rows, and one server process for each candidate."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from locustfiles.harness.http_load import Answer, Request, ask
from tests.proofs.benchmarks.cache import data
from tests.proofs.benchmarks.cache.processes import OURS, ROOT, Running, ServerFailed, running

LIST = "/api/v1/risks/"
PROJECTS = "tests.proofs.benchmarks.cache.projects"
OTHERS = ("cacheops", "cachalot")


@dataclass
class World:
    databases: dict[str, str]  # name -> URL
    cache_url: str
    folder: Path
    rows: data.Rows
    stack: ExitStack
    servers: dict[str, Running] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def start(self, name: str, application: str = OURS, **environment: str) -> Running:
        """A server of its own process, with an own Redis database unless it names another."""
        redis = f"{self.cache_url.rpartition('/')[0]}/{len(self.servers) % 16}"
        given = {
            "DATABASE_URL": self.databases["openrisk"],
            "REDIS_URL": redis,
            "CACHE_BACKEND": "redis",
            "CACHE_CONSISTENCY": "strict",
            "CACHE_TTL_RISKS": "3600",  # nothing expires while it is measured
            "DJANGO_SETTINGS_MODULE": "openrisk.settings",
            **environment,
        }
        server = self.stack.enter_context(running(name, application, given, self.folder))
        self.servers[name] = server
        return server

    def first_page(self) -> Request:
        return Request(LIST, self.rows.large.headers)


@contextmanager
def world(database_url: str, cache_url: str, folder: Path, risks: int) -> Iterator[World]:
    """Migrated and filled, with nothing started yet."""
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    call_command("migrate", verbosity=0)
    rows = data.fill()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    connection.close()  # one copies a database to which nobody is connected
    databases = {"openrisk": database_url}
    databases |= {name: data.copy(database_url, name) for name in data.COPIES}
    data.untrack(databases["untracked"])
    data.grow(databases["million"], rows.large, risks)
    install_push()
    with ExitStack() as stack:
        yield World(databases, cache_url, folder, rows, stack)


def install_push() -> None:
    """Triggers that notify, in the default database: they serve `strict` just as well."""
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env={**os.environ, "CACHE_CONSISTENCY": "push"},
        check=True,
    )


def start_candidates(world: World) -> None:
    """Each answers the first page of the risk list, warm."""
    world.start("strict")
    world.start("push", CACHE_CONSISTENCY="push")
    world.start("million", DATABASE_URL=world.databases["million"])
    world.start("uncached", CACHE_BACKEND="none")
    page = warm(world.servers["uncached"], world.first_page())
    body = world.folder / "body"
    body.write_bytes(page.body)
    world.start(
        "bare",
        f"{PROJECTS}.wsgi",
        DJANGO_SETTINGS_MODULE=f"{PROJECTS}.bare",
        BODY=str(body),
    )
    for name in ("usual", *OTHERS):
        _start_other(world, name, len(page.body))
    for name in ("strict", "push", "million"):
        answer = warm(world.servers[name], world.first_page())
        if answer.header("X-Cache") != "HIT":
            raise ServerFailed(f"{name} does not answer from the cache:\n{answer.head.decode()}")


def _start_other(world: World, name: str, size: int) -> None:
    """Libraries may not get along with these versions: then the report says how they failed."""
    settings = f"{PROJECTS}.{name}_settings"
    try:
        server = world.start(name, f"{PROJECTS}.wsgi", DJANGO_SETTINGS_MODULE=settings)
        answer = warm(server, world.first_page())
        # The same but for the port in the link to the next page.
        if answer.status != 200 or abs(len(answer.body) - size) > 2:
            raise ServerFailed(f"{answer.status} {answer.body[:200]!r}\n{server.log_end()}")
    except ServerFailed as failure:
        if name not in OTHERS:
            raise
        world.failures[name] = last_line(str(failure))


def warm(server: Running, request: Request, times: int = 3) -> Answer:
    return [ask(server.port, request) for _ in range(times)][-1]


def last_line(text: str) -> str:
    """Of a traceback: what went wrong."""
    lines = [line.strip() for line in text.splitlines() if "Error" in line or "Exception" in line]
    return (lines or [text.strip()])[-1][:300]
