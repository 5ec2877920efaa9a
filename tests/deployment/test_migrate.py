"""Every container migrates when it starts: ten at once, while others write and are asked."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psycopg
import pytest

from deployment.local.files import ROOT
from deployment.local.installation import Installation
from deployment.local.servers import postgres

AT_ONCE = 10


@pytest.fixture(scope="module")
def installation(install, database, tmp_path_factory):
    return install(tmp_path_factory.mktemp("openrisk"), DATABASE_URL=database.url, WORKERS="1")


def migrate_at_once(installation: Installation) -> list[tuple[int, str]]:
    """Exit codes, and what went to stderr."""
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    started = [
        subprocess.Popen(
            command, cwd=ROOT, env=installation.environment, stderr=subprocess.PIPE, text=True
        )
        for _ in range(AT_ONCE)
    ]
    return [(process.wait(), process.stderr.read()) for process in started]


def epochs(database) -> list[tuple[int]]:
    with psycopg.connect(database.url) as connection:
        return connection.execute(
            "SELECT token FROM cache_token WHERE tag = 'epoch' ORDER BY token"
        ).fetchall()


@contextmanager
def writing_and_asking(installation: Installation) -> Iterator[list[int]]:
    """Writes risks and asks whether the node is ready until the block ends; all statuses."""
    statuses: list[int] = []
    over = threading.Event()

    def work(ask) -> None:
        with installation.client() as client:
            while not over.is_set():
                statuses.append(ask(client).status_code)

    asks = (
        lambda client: client.post("/api/v1/risks/", json={"title": "Written meanwhile"}),
        lambda client: httpx.get(f"{installation.url}/health/ready", timeout=20),
    )
    threads = [threading.Thread(target=work, args=(ask,)) for ask in asks]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_ten_migrate_an_empty_database_at_once(tmp_path):
    with postgres() as empty:
        new = Installation.make(tmp_path, DATABASE_URL=empty.url)
        assert [code for code, _ in migrate_at_once(new)] == [0] * AT_ONCE
        new.manage("migrate", "--check")


def test_ten_migrate_while_a_client_writes_and_other_nodes_stay_ready(installation, database):
    with installation.serving("--no-worker"):
        before = epochs(database)
        with writing_and_asking(installation) as statuses:
            codes = [code for code, _ in migrate_at_once(installation)]
    assert codes == [0] * AT_ONCE
    assert len(statuses) > 20
    assert set(statuses) == {200, 201}
    assert epochs(database) == before  # no cache starts cold


def test_an_open_transaction_keeps_neither_writers_nor_migrate_for_ever(installation, database):
    """A trigger has to be repaired while a transaction that wrote stays open."""
    with installation.serving("--no-worker"), psycopg.connect(database.url) as holder:
        with psycopg.connect(database.url) as breaker:
            breaker.execute(
                "ALTER TABLE risks_risk DISABLE TRIGGER openrisk_token_risks_risk_truncate"
            )
        holder.execute("UPDATE risks_risk SET title = title")
        migrating = subprocess.Popen(
            [sys.executable, "manage.py", "migrate", "--verbosity=0"],
            cwd=ROOT,
            env=installation.environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert "trying again" in migrating.stderr.readline()
        with installation.client() as client:
            written = client.post("/api/v1/risks/", json={"title": "Written meanwhile"})
        assert written.status_code == 201
        holder.rollback()
        assert migrating.wait() == 0
        assert "openrisk_token_risks_risk_truncate" not in installation.manage("doctor")
