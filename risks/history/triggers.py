"""Installs the triggers that write history, and says whether they are in place.

PostgreSQL has one statement-level trigger per event with transition tables, so a statement that
changes 100,000 rows costs one set-based insert. SQLite has row triggers. Both are generated from
`risks.history.tracked`; installing is idempotent and runs after every `migrate`.
"""

from django.db.backends.base.base import BaseDatabaseWrapper

from risks.history import postgresql, sqlite
from risks.history.tracked import LEDGERS, TRACKED


def _statements(connection: BaseDatabaseWrapper) -> list[str]:
    dialect = postgresql if connection.vendor == "postgresql" else sqlite
    statements = [dialect.PREPARE]
    for tracked in TRACKED:
        statements += dialect.change_triggers(tracked)
    for ledger in LEDGERS:
        statements += dialect.ledger_triggers(ledger)
    return statements


def install(connection: BaseDatabaseWrapper) -> None:
    """Create or replace every trigger. Does nothing before the tables exist."""
    tables = set(connection.introspection.table_names())
    if not {tracked.model_class._meta.db_table for tracked in TRACKED} <= tables:
        return
    with connection.cursor() as cursor:
        for statement in _statements(connection):
            if connection.vendor == "sqlite":
                cursor.connection.executescript(statement)
            else:
                cursor.execute(statement)


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of the triggers that are absent or disabled; empty when history is complete."""
    dialect = postgresql if connection.vendor == "postgresql" else sqlite
    with connection.cursor() as cursor:
        cursor.execute(dialect.ENABLED_TRIGGERS)
        present = {row[0] for row in cursor.fetchall()}
    return sorted(dialect.trigger_names() - present)
