"""A new SQLite database comes from one script, which makes what all migrations would have made.

That it makes the same is seen in `test_upgrade.py`, where the migrations run anyway.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connections
from pytest_django import DjangoDbBlocker

from openrisk.database import template


@pytest.fixture
def empty(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The alias of an empty SQLite file."""
    settings = connections.settings["default"] | {
        "ENGINE": "openrisk.database.sqlite3",
        "NAME": str(tmp_path / "empty.sqlite3"),
        "OPTIONS": {},
    }
    connections.settings["empty"] = settings
    with django_db_blocker.unblock():
        yield "empty"
        connections["empty"].close()
    del connections["empty"], connections.settings["empty"]


def tables(alias: str) -> set[str]:
    return set(connections[alias].introspection.table_names())


def test_the_tables_and_the_applied_migrations_are_there_at_once(empty: str) -> None:
    assert template.apply_template(connections[empty])
    assert {"risks_risk", "django_migrations"} <= tables(empty)
    call_command("migrate", database=empty, check_unapplied=True, verbosity=0)


def test_a_database_with_tables_is_left_alone(empty: str) -> None:
    with connections[empty].cursor() as cursor:
        cursor.execute("CREATE TABLE mine (id integer)")
    assert not template.apply_template(connections[empty])
    assert tables(empty) == {"mine"}


def test_a_script_without_a_migration_that_is_installed_is_not_used(
    empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outdated = tmp_path / "template.sql"
    outdated.write_text(template.PATH.read_text().replace("-- migration risks 0002", "-- 0002"))
    monkeypatch.setattr(template, "PATH", outdated)
    assert not template.apply_template(connections[empty])
    assert tables(empty) == set()
