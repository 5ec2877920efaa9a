"""Backup, restore and rollback, as documented, while the cache keeps its entries."""

import subprocess
from pathlib import Path

import psycopg
import pytest
import redis

from deployment.local.installation import CommandFailed
from deployment.local.servers import valkey


@pytest.fixture(scope="module")
def cache():
    with valkey() as server:
        yield server


@pytest.fixture(scope="module")
def installation(install, database, cache, tmp_path_factory):
    folder = tmp_path_factory.mktemp("openrisk")
    return install(folder, DATABASE_URL=database.url, REDIS_URL=cache.url)


def program(database, name):
    """Of the same version as the server."""
    return Path(database.command[0]).with_name(name)


def dump(database, file):
    subprocess.run(
        [program(database, "pg_dump"), "--format=custom", "--file", file, database.url], check=True
    )


def restore(database, file):
    admin = database.url.replace("/openrisk", "/postgres").replace("//openrisk:", "//postgres:")
    with psycopg.connect(admin.rpartition("/")[0] + "/postgres", autocommit=True) as connection:
        connection.execute("DROP DATABASE openrisk")
        connection.execute("CREATE DATABASE openrisk OWNER openrisk")
    command = [program(database, "pg_restore"), "--no-owner", "--dbname", database.url, file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # An extension that is there already belongs to the server's administrator.
    errors = [line for line in done.stderr.splitlines() if "error:" in line]
    assert [line for line in errors if "extension pg_stat_statements" not in line] == []


def counts(database):
    """Rows of each table, in order."""
    with psycopg.connect(database.url) as connection:
        tables = connection.execute(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
            " AND tablename NOT IN ('cache_token', 'django_session') ORDER BY 1"
        ).fetchall()
        return {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            for (table,) in tables
        }


def titles(client):
    return [risk["title"] for risk in client.get("/api/v1/risks/?page_size=3").json()["results"]]


def test_what_was_written_after_the_backup_is_gone_and_no_cache_brings_it_back(
    installation, database, cache, tmp_path
):
    file = tmp_path / "openrisk.dump"
    with installation.serving("--no-worker"), installation.client() as client:
        before = titles(client)
        dump(database, file)
        rows = counts(database)
        client.post("/api/v1/risks/", json={"title": "Written after the backup"})
        assert titles(client)[0] == "Written after the backup"
    entries = redis.from_url(cache.url).dbsize()
    restore(database, file)
    assert counts(database) == rows
    with installation.serving("--migrate", "--no-worker"), installation.client() as client:
        assert titles(client) == before
        assert redis.from_url(cache.url).dbsize() >= entries > 0
        client.post("/api/v1/risks/", json={"title": "Written after the restore"})
        assert titles(client)[0] == "Written after the restore"
        risk = client.get("/api/v1/risks/?page_size=1").json()["results"][0]
        history = client.get(f"/api/v1/risks/{risk['id']}/history/").json()["results"]
        assert len(history) == 1  # by its trigger, which came back with the rest


BEFORE = (
    ("monitoring", "zero"),
    ("dashboards", "0002"),
    ("marketplace", "0005"),
    ("risks", "0025"),
)


def test_the_last_migrations_are_undone_and_made_again_without_loss(installation, database):
    rows = counts(database)
    for app, name in BEFORE:
        installation.manage("migrate", app, name)
    earlier = counts(database)
    with pytest.raises(CommandFailed, match=r"\d not applied"):
        installation.manage("doctor")
    installation.manage("migrate")
    # Tables that came with these migrations have lost their rows; all others have them.
    now = counts(database)
    assert {name: now[name] for name in earlier} == {name: rows[name] for name in earlier}
    assert "all applied" in installation.manage("doctor")
