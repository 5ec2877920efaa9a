"""Installs all triggers after every migrate: those that differ from what the database has.

Models declare what their triggers do (`tracking`). Two sets of triggers are made of that, one for
the cache (`openrisk.caching.freshness.triggers`), one for history (`risks.history.triggers`).

To replace a trigger, PostgreSQL waits for every transaction that has written to its table, and all
later writers wait behind. So nothing is replaced without need, each table is done in a transaction
of its own, and `manage.py migrate` gives up waiting early and tries again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.apps import AppConfig
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

LOCK_SECONDS = 1

_POSTGRES_TRIGGERS = """
SELECT tgname, pg_get_triggerdef(t.oid, true), tgenabled = 'A', proname, prosrc,
       prosecdef || ' ' || EXISTS (
           SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) WHERE grantee = 0
       ) || coalesce(proconfig::text, '')
FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid JOIN pg_proc p ON p.oid = tgfoid
WHERE NOT tgisinternal AND tgenabled <> 'D' AND tgname LIKE 'openrisk\\_%'
    AND c.relnamespace = current_schema()::regnamespace
"""
_POSTGRES_STATES = """
SELECT tgname, tgenabled FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
WHERE NOT tgisinternal AND tgname LIKE 'openrisk\\_%'
    AND c.relnamespace = current_schema()::regnamespace
"""
_SQLITE_TRIGGERS = (
    "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'openrisk\\_%' "
    "ESCAPE '\\'"
)


@dataclass(frozen=True)
class Function:
    """A trigger function of PostgreSQL; `%1$I` in its text is the schema.

    It has its definer's rights: anyone who may write the table does what the trigger does, and
    needs no rights of their own on history or versions. Its path is fixed, with temporary tables
    last, and no one else may attach it to a table of theirs.
    """

    name: str
    body: str

    @property
    def create_statement(self) -> str:
        body = self.body.replace("%", "%%").replace("%%1$I", "%1$I")  # for format()
        return f"""DO $install$ BEGIN EXECUTE format($definition$
CREATE OR REPLACE FUNCTION %1$I.{self.name}() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, %1$I, pg_temp
AS $body${body}$body$;
REVOKE EXECUTE ON FUNCTION %1$I.{self.name}() FROM PUBLIC
$definition$, current_schema()); END $install$"""

    def catalogue_settings(self, schema: str) -> str:
        """Its rights and its path as the catalogue shows them."""
        return f'true false{{"search_path=pg_catalog, {schema}, pg_temp"}}'


@dataclass(frozen=True)
class Trigger:
    """A trigger of one table; `definition` follows its name in CREATE TRIGGER.

    With `always` it fires also while a restore writes.
    """

    name: str
    table: str
    definition: str
    function: Function | None = None
    always: bool = False


class TriggerSet:
    """The triggers of one purpose. Registered once, from `AppConfig.ready()`."""

    purpose: str

    def required_tables(self) -> set[str]:
        """Before all of these exist, none of its triggers is installed."""
        return set()

    def build(self, connection: BaseDatabaseWrapper) -> list[Trigger]:
        raise NotImplementedError

    def prepare(self, connection: BaseDatabaseWrapper) -> None:
        """Called before the triggers are installed, also where they are already."""

    def after_change(self, connection: BaseDatabaseWrapper) -> None:
        """Called in the transaction of each table in which one of its triggers is replaced."""


_trigger_sets: dict[str, TriggerSet] = {}


def register_trigger_set(trigger_set: TriggerSet) -> None:
    _trigger_sets[trigger_set.purpose] = trigger_set


def install_after_migrate(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Receive post_migrate: SQLite drops triggers when a migration rebuilds their table."""
    install_triggers(connections[using])


def install_triggers(connection: BaseDatabaseWrapper) -> list[str]:
    """Create every trigger that is missing or differs; returns their names. Idempotent."""
    existing = set(connection.introspection.table_names())
    ready = [one for one in _trigger_sets.values() if one.required_tables() <= existing]
    for trigger_set in ready:
        trigger_set.prepare(connection)
    built = [(trigger, one) for one in ready for trigger in one.build(connection)]
    is_installed = _installed_check(connection)
    changes = [
        (trigger, trigger_set)
        for trigger, trigger_set in built
        if trigger.table in existing and not is_installed(trigger)
    ]
    changes.sort(key=lambda change: change[0].table)
    for _, of_table in groupby(changes, key=lambda change: change[0].table):
        with transaction.atomic(using=connection.alias):
            changed_sets = []
            for trigger, trigger_set in of_table:
                _create(connection, trigger)
                if trigger_set not in changed_sets:
                    changed_sets.append(trigger_set)
            for trigger_set in changed_sets:
                trigger_set.after_change(connection)
    return [trigger.name for trigger, _ in changes]


def differing_triggers(connection: BaseDatabaseWrapper, purpose: str) -> list[str]:
    """The names of those that are missing, disabled, or not what this version would install."""
    is_installed = _installed_check(connection)
    triggers = _trigger_sets[purpose].build(connection)
    return [trigger.name for trigger in triggers if not is_installed(trigger)]


def missing_triggers(connection: BaseDatabaseWrapper, purpose: str) -> list[str]:
    """The names of those that are missing or disabled, whatever the others do. Asks for names."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRES_STATES)
            states = dict(cursor.fetchall())
        else:
            cursor.execute(_SQLITE_TRIGGERS)
            states = {name: "A" for name, _ in cursor.fetchall()}
    return sorted(
        trigger.name
        for trigger in _trigger_sets[purpose].build(connection)
        if states.get(trigger.name, "D") not in ("A" if trigger.always else "AO")
    )


def _installed_check(connection: BaseDatabaseWrapper) -> Callable[[Trigger], bool]:
    """A function that says whether a trigger is installed exactly as it should be."""
    return (
        _postgres_check(connection)
        if connection.vendor == "postgresql"
        else _sqlite_check(connection)
    )


def _postgres_check(connection: BaseDatabaseWrapper) -> Callable[[Trigger], bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        schema = cursor.fetchone()[0]
        cursor.execute(_POSTGRES_TRIGGERS)
        installed = {row[0]: row[1:] for row in cursor.fetchall()}

    def is_installed(trigger: Trigger) -> bool:
        assert trigger.function is not None  # noqa: S101  there is no other on PostgreSQL
        definition, always, name, body, settings = installed.get(trigger.name, ("", "", "", "", ""))
        return (
            _plain(definition) == _plain(f"CREATE TRIGGER {trigger.name} {trigger.definition}")
            and bool(always) == trigger.always
            and name == trigger.function.name
            and body == trigger.function.body.replace("%1$I", schema)
            and settings == trigger.function.catalogue_settings(schema)
        )

    return is_installed


def _sqlite_check(connection: BaseDatabaseWrapper) -> Callable[[Trigger], bool]:
    with connection.cursor() as cursor:
        cursor.execute(_SQLITE_TRIGGERS)
        installed = dict(cursor.fetchall())
    return lambda trigger: (
        _plain(installed.get(trigger.name, ""))
        == _plain(f"CREATE TRIGGER {trigger.name} {trigger.definition}")
    )


def _create(connection: BaseDatabaseWrapper, trigger: Trigger) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"DROP TRIGGER IF EXISTS {trigger.name}")
            cursor.execute(f"CREATE TRIGGER {trigger.name} {trigger.definition}")
            return
        assert trigger.function is not None  # noqa: S101  there is no other on PostgreSQL
        table, state = f'"{trigger.table}"', "ENABLE ALWAYS" if trigger.always else "ENABLE"
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")  # writers wait behind this
        # First the lock: once no one is writing, no one fires the old function.
        cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(trigger.function.create_statement)
        cursor.execute(f"CREATE OR REPLACE TRIGGER {trigger.name} {trigger.definition}")
        cursor.execute(f"ALTER TABLE {table} {state} TRIGGER {trigger.name}")


def _plain(definition: str) -> str:
    """Without quotes and line breaks, which the server writes in its own way."""
    return " ".join(definition.replace('"', "").split())
