"""Installs the triggers that differ from what the database has, and leaves the others alone.

To replace a trigger, PostgreSQL waits for every transaction that has written to its table, and all
later writers wait behind. So nothing is replaced without need, each table is done in a transaction
of its own, and who migrates gives up waiting early and tries again (`manage.py migrate`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.db import transaction
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
_SQLITE_TRIGGERS = (
    "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'openrisk\\_%' "
    "ESCAPE '\\'"
)


@dataclass(frozen=True)
class Function:
    """A trigger function of PostgreSQL; `%1$I` in its text is the schema.

    It has its definer's rights: whoever may write the table does what the trigger does, and needs
    no rights of their own on history or tokens. Its path is fixed, with temporary tables last, and
    nobody else may attach it to a table of theirs.
    """

    name: str
    body: str

    @property
    def create(self) -> str:
        return f"""DO $install$ BEGIN EXECUTE format($definition$
CREATE OR REPLACE FUNCTION %1$I.{self.name}() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, %1$I, pg_temp
AS $body${_escaped(self.body)}$body$;
REVOKE EXECUTE ON FUNCTION %1$I.{self.name}() FROM PUBLIC
$definition$, current_schema()); END $install$"""

    def settings(self, schema: str) -> str:
        """As the catalogue shows them."""
        return f'true false{{"search_path=pg_catalog, {schema}, pg_temp"}}'


@dataclass(frozen=True)
class Trigger:
    """What follows CREATE TRIGGER, for one table. `always`: also while a restore writes."""

    name: str
    table: str
    definition: str
    function: Function | None = None
    always: bool = False


def install(
    connection: BaseDatabaseWrapper,
    triggers: Sequence[Trigger],
    *,
    after_change: Callable[[], object] = lambda: None,
) -> list[str]:
    """Create what is missing or different; the names of that.

    `after_change` is called in the transaction of each table that changes.
    """
    different = sorted(differing(connection, triggers), key=lambda trigger: trigger.table)
    for _, of_table in groupby(different, key=lambda trigger: trigger.table):
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            for trigger in of_table:
                for statement in _statements(connection, trigger):
                    cursor.execute(statement)
            after_change()
    return [trigger.name for trigger in different]


def differing(connection: BaseDatabaseWrapper, triggers: Iterable[Trigger]) -> list[Trigger]:
    """Those that are missing, or are not what they should be."""
    find = _postgres_installed if connection.vendor == "postgresql" else _sqlite_installed
    is_installed = find(connection)
    return [trigger for trigger in triggers if not is_installed(trigger)]


def _postgres_installed(connection: BaseDatabaseWrapper) -> Callable[[Trigger], bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        schema = cursor.fetchone()[0]
        cursor.execute(_POSTGRES_TRIGGERS)
        found = {row[0]: row[1:] for row in cursor.fetchall()}

    def is_installed(trigger: Trigger) -> bool:
        assert trigger.function is not None  # noqa: S101  there is no other on PostgreSQL
        definition, always, name, body, settings = found.get(trigger.name, ("", "", "", "", ""))
        return (
            _plain(definition) == _plain(f"CREATE TRIGGER {trigger.name} {trigger.definition}")
            and bool(always) == trigger.always
            and name == trigger.function.name
            and body == trigger.function.body.replace("%1$I", schema)
            and settings == trigger.function.settings(schema)
        )

    return is_installed


def _sqlite_installed(connection: BaseDatabaseWrapper) -> Callable[[Trigger], bool]:
    with connection.cursor() as cursor:
        cursor.execute(_SQLITE_TRIGGERS)
        found = dict(cursor.fetchall())
    return lambda trigger: (
        _plain(found.get(trigger.name, ""))
        == _plain(f"CREATE TRIGGER {trigger.name} {trigger.definition}")
    )


def _statements(connection: BaseDatabaseWrapper, trigger: Trigger) -> list[str]:
    if connection.vendor == "sqlite":
        return [
            f"DROP TRIGGER IF EXISTS {trigger.name}",
            f"CREATE TRIGGER {trigger.name} {trigger.definition}",
        ]
    assert trigger.function is not None  # noqa: S101  there is no other on PostgreSQL
    state = "ENABLE ALWAYS" if trigger.always else "ENABLE"
    return [
        f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'",  # writers wait behind who waits
        # First the lock: it waits until nobody writes, and then nobody fires the old function.
        f'LOCK TABLE "{trigger.table}" IN SHARE ROW EXCLUSIVE MODE',
        trigger.function.create,
        f"CREATE OR REPLACE TRIGGER {trigger.name} {trigger.definition}",
        f'ALTER TABLE "{trigger.table}" {state} TRIGGER {trigger.name}',
    ]


def _escaped(body: str) -> str:
    """For format(): every % but that of the schema is itself."""
    return body.replace("%", "%%").replace("%%1$I", "%1$I")


def _plain(definition: str) -> str:
    """Without quotes and line breaks, which the server writes in its own way."""
    return " ".join(definition.replace('"', "").split())
