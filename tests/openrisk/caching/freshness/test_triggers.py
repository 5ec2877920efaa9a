"""Triggers are installed where they are missing or differ, and nothing else is touched."""

import psycopg
import pytest
from django.core.management import call_command
from django.db import OperationalError, connection

from openrisk.accounts.models import Organization
from openrisk.caching.freshness.registry import EPOCH, tracked_models
from openrisk.database.triggers import differing_triggers, install_triggers, missing_triggers
from risks.models import Asset
from tests.openrisk.caching.tags import execute, moved_by, tags_of
from tests.risks.factories import make_asset


def test_nothing_is_missing_after_migrate(db):
    assert missing_triggers(connection, "cache") == []
    assert len(tracked_models()) > 15


def test_dropped_trigger_is_missing(db):
    name = "openrisk_token_risks_asset_update"
    execute(f"DROP TRIGGER {name}" + " ON risks_asset" * (connection.vendor == "postgresql"))
    assert missing_triggers(connection, "cache") == [name]


@pytest.mark.postgres
@pytest.mark.parametrize("state", ["DISABLE", "ENABLE"], ids=["disabled", "not-always"])
def test_trigger_that_does_not_always_fire_is_missing(db, state):
    name = "openrisk_token_risks_asset_truncate"
    execute(f"ALTER TABLE risks_asset {state} TRIGGER {name}")
    assert missing_triggers(connection, "cache") == [name]


@pytest.mark.django_db(transaction=True)
def test_installing_again_repairs_and_makes_everything_stale():
    execute(
        "DROP TRIGGER openrisk_token_risks_asset_insert"
        + " ON risks_asset" * (connection.vendor == "postgresql")
    )
    assert missing_triggers(connection, "cache")
    assert moved_by(lambda: install_triggers(connection)) == {EPOCH}
    assert missing_triggers(connection, "cache") == []
    organization = Organization.objects.create(name="Acme", slug="acme")
    assert moved_by(lambda: make_asset(organization)) == tags_of(Asset.objects.get())


@pytest.mark.django_db(transaction=True)
def test_installing_what_is_there_changes_nothing():
    """It would make writers wait, and every cache start cold, at each start of a container."""
    assert (
        differing_triggers(connection, "cache") == differing_triggers(connection, "history") == []
    )
    assert moved_by(lambda: install_triggers(connection)) == set()
    assert install_triggers(connection) == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE risks_asset DISABLE TRIGGER {name}",
        "ALTER TABLE risks_asset ENABLE TRIGGER {name}",
        "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger AS 'BEGIN END' LANGUAGE plpgsql",
        "ALTER FUNCTION {name}() SECURITY INVOKER",
        "ALTER FUNCTION {name}() RESET ALL",
    ],
)
def test_what_differs_from_the_code_is_installed_again(change):
    name = "openrisk_token_risks_asset_insert"
    execute(change.format(name=name))
    assert differing_triggers(connection, "cache") == [name]
    assert moved_by(lambda: install_triggers(connection)) == {EPOCH}
    assert differing_triggers(connection, "cache") == []


@pytest.mark.django_db(transaction=True)
def test_migrate_makes_everything_stale_only_when_asked_or_needed():
    assert moved_by(lambda: call_command("migrate", verbosity=0)) == set()
    assert moved_by(lambda: call_command("migrate", verbosity=0, invalidate_cache=True)) == {EPOCH}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_table_that_is_being_written_to_is_not_waited_for_by_writers(organization):
    """Whoever waits for a lock makes others wait: it gives up early, and tries again."""
    name = "openrisk_token_risks_asset_insert"
    execute(f"ALTER TABLE risks_asset DISABLE TRIGGER {name}")
    with psycopg.connect(**connection.get_connection_params()) as writer:
        writer.execute("UPDATE risks_asset SET name = name")
        with pytest.raises(OperationalError, match="lock timeout"):
            install_triggers(connection)
    assert install_triggers(connection) == [name]


@pytest.mark.postgres
def test_replication_role_writes_leave_tokens(organization):
    """A restore switches ordinary triggers off; only a superuser may, so here by the trigger."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT tgenabled, proconfig::text, prosecdef FROM pg_trigger "
            "JOIN pg_proc ON pg_proc.oid = tgfoid WHERE tgname LIKE 'openrisk\\_token\\_%'"
        )
        [[enabled, configuration, definer]] = cursor.fetchall()
    assert (enabled, definer) == ("A", True)
    assert configuration.startswith('{"search_path=pg_catalog')
