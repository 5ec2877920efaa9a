"""A queue with its own clock, and an installation that other processes can work on."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import time_machine
from django.conf import settings
from django_tasks_db.models import DBTaskResult
from psycopg import sql

from deployment.local.calibration import patience
from openrisk.tasks import declarations, queue
from tests.openrisk.tasks import process

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DEADLINE_SECONDS = patience(20)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Stands at NOON until it is moved."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def schedules(monkeypatch: pytest.MonkeyPatch) -> dict[str, declarations.ScheduledTask]:
    """The declared schedules: none, until a test declares one."""
    declared: dict[str, declarations.ScheduledTask] = {}
    monkeypatch.setattr(declarations, "_scheduled", declared)
    return declared


def claim(worker_id: str = "worker") -> DBTaskResult:
    """The next task that is due, claimed; there is one."""
    result = queue.claim_next(worker_id)
    assert result is not None
    return result


@dataclass
class Installation:
    """A database of its own that several processes use at once."""

    environment: dict[str, str]

    def start(self, *arguments: str, later: timedelta = timedelta(0)) -> subprocess.Popen[str]:
        """Start `manage.py ARGUMENTS` in a process whose clock is `later` than ours."""
        return subprocess.Popen(
            [sys.executable, "-m", process.__name__, str(later.total_seconds()), *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, later: timedelta = timedelta(0)) -> str:
        """What the command writes to stdout; raises if it fails."""
        started = self.start(*arguments, later=later)
        output, _ = started.communicate(timeout=DEADLINE_SECONDS)
        assert started.returncode == 0, output
        return output

    def call(self, function: Callable[..., object], *arguments: object) -> str:
        """Call a function of a module there; what it prints."""
        name = function.__qualname__
        code = f"import {function.__module__} as m; m.{name}(*{arguments!r})"
        return self.run("shell", "--no-imports", "--command", code)

    def tasks(self) -> list[tuple[str, int]]:
        """Status and attempts of each task, read without a process of its own."""
        url = self.environment["TEST_DATABASE_URL"]
        query = "SELECT status, CAST(worker_ids AS text) FROM django_tasks_database_dbtaskresult"
        connect = sqlite3.connect if url.startswith("sqlite") else psycopg.connect
        with closing(connect(url.removeprefix("sqlite:///"))) as connection:
            rows = connection.cursor().execute(query).fetchall()
        return [(status, len(json.loads(worker_ids))) for status, worker_ids in rows]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a migrated database without tasks, of the kind the tests run on."""
    if name := os.environ.get("TEST_DATABASE_TEMPLATE"):
        yield f"{os.environ['TEST_DATABASE_URL'].rpartition('/')[0]}/{name}"
        return
    with _database(tmp_path_factory.mktemp("template")) as url:
        Installation(_environment(url)).call(process.migrate)
        yield url


@pytest.fixture
def installation(template: str, tmp_path: Path) -> Iterator[Installation]:
    with _database(tmp_path, template) as url:
        yield Installation(_environment(url))


@contextmanager
def _database(directory: Path, template: str = "") -> Iterator[str]:
    """A new database, with the contents of `template` if that is given."""
    if "sqlite" in settings.DATABASES["default"]["ENGINE"]:
        file = directory / "tasks.sqlite3"
        if template:
            shutil.copy(template.removeprefix("sqlite:///"), file)
        yield f"sqlite:///{file}"
        return
    url, name = os.environ["TEST_DATABASE_URL"], f"tasks_{uuid4().hex}"
    original = template.rsplit("/", 1)[-1] or "template1"
    with psycopg.connect(url, autocommit=True) as connection:
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(original)))
        yield f"{url.rsplit('/', 1)[0]}/{name}"
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
        connection.execute(drop.format(sql.Identifier(name)))


def _environment(url: str) -> dict[str, str]:
    return {**os.environ, "TEST_DATABASE_URL": url}
