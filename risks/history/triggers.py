"""Installs the triggers that write history, and says whether they are in place.

PostgreSQL has one statement-level trigger per event with transition tables, so a statement that
changes 100,000 rows costs one set-based insert. SQLite has row triggers. Both are generated from
`risks.history.tracked`; installing is idempotent and runs after every `migrate`.
"""

from django.db.backends.base.base import BaseDatabaseWrapper

from openrisk.database import triggers as database_triggers
from openrisk.database.triggers import Trigger
from risks.history import postgresql, sqlite
from risks.history.tracked import LEDGERS, TRACKED


def install(connection: BaseDatabaseWrapper) -> list[str]:
    """Create every trigger that is missing or differs; their names.

    Does nothing before the tables exist.
    """
    tables = set(connection.introspection.table_names())
    if not {tracked.model_class._meta.db_table for tracked in TRACKED} <= tables:
        return []
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(sqlite.PREPARE)
    return database_triggers.install(connection, _triggers(connection))


def differing(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of the triggers that are not those of this version of the code."""
    different = database_triggers.differing(connection, _triggers(connection))
    return [trigger.name for trigger in different]


def _triggers(connection: BaseDatabaseWrapper) -> list[Trigger]:
    dialect = postgresql if connection.vendor == "postgresql" else sqlite
    result: list[Trigger] = []
    for tracked in TRACKED:
        result += dialect.change_triggers(tracked)
    for ledger in LEDGERS:
        result += dialect.ledger_triggers(ledger)
    return result


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of the triggers that are absent or disabled; empty when history is complete."""
    dialect = postgresql if connection.vendor == "postgresql" else sqlite
    with connection.cursor() as cursor:
        cursor.execute(dialect.ENABLED_TRIGGERS)
        present = {row[0] for row in cursor.fetchall()}
    return sorted(dialect.trigger_names() - present)
