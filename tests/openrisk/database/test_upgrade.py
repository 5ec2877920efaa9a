"""A database of the version before the models were renamed is migrated, and loses nothing.

`dumps/` holds it as SQL, for each database: two organizations with some rows of most tables, made
by the commands and services of that version (commit 93ca072).
"""

import gzip
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from pytest_django import DjangoDbBlocker

from dashboards.models import Board
from marketplace.models import InstalledApp
from openrisk.accounts.models import Membership
from openrisk.database import template
from openrisk.database.triggers import differing_triggers
from risks.history.reading import changes_of
from risks.models import Category, Mitigation, Risk, RiskTag, ScoreChange

ROOT = Path(__file__).resolve().parents[3]
DUMPS = Path(__file__).with_name("dumps")
ALIAS = "upgraded"
GROWING = {"django_migrations", "django_content_type", "auth_permission", "cache_token"}

pytestmark = pytest.mark.database


def create_database(folder: Path) -> str:
    """Load the dump into a new database; returns its URL."""
    script = gzip.decompress((DUMPS / f"{connection.vendor}.sql.gz").read_bytes()).decode()
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(folder / "old.sqlite3")) as file:
            file.executescript(script)
        return f"sqlite:///{folder}/old.sqlite3"
    server = os.environ["TEST_DATABASE_URL"].rpartition("/")[0]
    name = f"upgrade_{os.getpid()}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    with psycopg.connect(f"{server}/{name}", autocommit=True) as old:
        old.execute(script)
    return f"{server}/{name}"


def add_twins() -> None:
    """Names that were two before and are one now."""
    postgresql = connection.vendor == "postgresql"
    new_id = "gen_random_uuid()" if postgresql else "lower(hex(randomblob(16)))"
    categories = f"""
        INSERT INTO risks_category (id, organization_id, name, description, version, created_at, updated_at)
        SELECT {new_id}, id, %s, '', 1, created_at, created_at
        FROM accounts_organization WHERE slug = 'acme'
    """  # noqa: E501, S608
    tags = f"""
        INSERT INTO risks_risktag (id, organization_id, risk_id, name)
        SELECT {new_id}, organization_id, id, %s FROM risks_risk WHERE reference <> 'R-0001'
    """  # noqa: S608
    with connections[ALIAS].cursor() as cursor:
        for name in ("Gebäude", "GEBÄUDE", "gebäude"):
            cursor.execute(categories, [name])
        for name in ("Cloud", "cloud"):
            cursor.execute(tags, [name])


def count_rows() -> dict[str, int]:
    with connections[ALIAS].cursor() as cursor:
        names = set(connections[ALIAS].introspection.table_names(cursor)) - GROWING
        counts = {}
        for name in names:
            cursor.execute(f'SELECT count(*) FROM "{name}"')  # noqa: S608  names of our own tables
            counts[name] = cursor.fetchone()[0]
    return counts


@pytest.fixture(scope="module")
def lost(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[dict[str, tuple[int, int]]]:
    """Migrates the old database; returns tables whose number of rows changed, before and after."""
    folder = tmp_path_factory.mktemp("upgrade")
    url = create_database(folder)
    name = (
        url.removeprefix("sqlite:///") if connection.vendor == "sqlite" else url.rpartition("/")[2]
    )
    connections.settings[ALIAS] = connections.settings["default"] | {"NAME": name}
    with django_db_blocker.unblock():
        add_twins()
        before = count_rows()
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            cwd=ROOT,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "openrisk.settings",  # the tests' take another database
                "DATABASE_URL": url,
                "VAR_DIR": str(folder),
            },
            check=True,
        )
        after = count_rows()
        yield {
            name: (count, after.get(name, 0))
            for name, count in before.items()
            if after.get(name) != count
        }
        connections[ALIAS].close()
    del connections[ALIAS], connections.settings[ALIAS]
    if connection.vendor == "postgresql":
        server = url.rpartition("/")[0]
        with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def risk(lost: dict[str, tuple[int, int]]) -> Risk:
    return Risk.objects.using(ALIAS).get(organization__slug="acme", reference="R-0001")


def test_every_migration_is_applied(lost: dict[str, tuple[int, int]]) -> None:
    executor = MigrationExecutor(connections[ALIAS])
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []


def test_every_table_has_the_rows_that_it_had(lost: dict[str, tuple[int, int]]) -> None:
    risks = Risk.objects.using(ALIAS).exclude(reference="R-0001").count()
    assert risks
    before, after = lost.pop("risks_risktag")
    assert before - after == risks  # "Cloud" and "cloud" are one tag now
    before, after = lost.pop("risks_change")
    assert after - before == risks  # and the history says so
    assert lost == {}


def test_names_that_were_two_stay_apart(lost: dict[str, tuple[int, int]]) -> None:
    twins = Category.objects.using(ALIAS).filter(name_key__startswith="gebäude")
    keys = list(twins.order_by("name_key").values_list("name_key", flat=True))
    assert keys == ["gebäude", "gebäude\x1f2", "gebäude\x1f3"]
    tags = RiskTag.objects.using(ALIAS).filter(name_key="cloud").values_list("name", flat=True)
    assert len(set(tags)) == 1


def test_a_risk_says_what_it_said(risk: Risk) -> None:
    assert (risk.title, risk.description, risk.status, risk.version) == (
        "Ransomware encrypts the file server",
        "Seen twice in March.",
        "in_treatment",
        2,
    )
    mitigation = Mitigation.objects.using(ALIAS).get(risk=risk)
    assert mitigation.title == "Keep backups offline and restore one every quarter"


def test_the_history_of_a_risk_can_be_read(risk: Risk) -> None:
    latest = changes_of(risk.pk).using(ALIAS).order_by("-id")[0]
    assert latest.actor.email == "ada@acme.test"
    assert latest.changes["description"] == ["", "Seen twice in March."]
    standing = ScoreChange.objects.using(ALIAS).get(risk=risk)
    assert (standing.status, standing.registered_at) == ("in_treatment", standing.at)


def test_people_apps_and_boards_are_there(lost: dict[str, tuple[int, int]]) -> None:
    member = Membership.objects.using(ALIAS).get(user__email="ada@acme.test")
    assert (member.role, member.organization.name) == ("admin", "Acme Ltd")
    apps = InstalledApp.objects.using(ALIAS).values_list("name", "connector", "state")
    assert set(apps) == {
        ("Chat", "slack-webhook", "not_configured"),
        ("Trivy", "trivy", "configured"),
    }
    assert Board.objects.using(ALIAS).get().name == "Morning"


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="the script is for SQLite")
def test_the_script_of_a_new_database_makes_the_same_tables(
    lost: dict[str, tuple[int, int]],
) -> None:
    script, upgraded = template.PATH.read_text(), template.render_template(connections[ALIAS])
    # The order differs: an old table is older than it would be in a new database.
    assert sorted(upgraded.splitlines()) == sorted(script.splitlines()), "run `make schema`"


def test_every_trigger_is_the_one_of_this_version(lost: dict[str, tuple[int, int]]) -> None:
    upgraded = connections[ALIAS]
    assert [*differing_triggers(upgraded, "cache"), *differing_triggers(upgraded, "history")] == []
