"""Empties the tables behind a test that commits, cheaper than Django does.

Django truncates every table and then says that it has migrated, so that content types and
permissions are made anew and every trigger is installed again: on PostgreSQL a quarter of a second
each time. Few tables have rows after a test; here those alone lose them, and what migrating
has written stays.
"""

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

WRITTEN_BY_MIGRATE = {"django_content_type", "auth_permission"}


def empty_after(test: TransactionTestCase) -> None:
    """In place of `TransactionTestCase._fixture_teardown`.

    Who takes triggers away puts them back: nobody else does.
    """
    for alias in test._databases_names(include_mirrors=False):  # type: ignore[attr-defined]
        connection = connections[alias]
        assert not connection.in_atomic_block, "nothing it committed would last"
        names = set(connection.introspection.django_table_names()) - WRITTEN_BY_MIGRATE
        with transaction.atomic(alias), connection.cursor() as cursor:
            # Again, because a trigger writes to the history that a row is gone. References are
            # looked at when the transaction ends.
            while filled := _filled(connection, sorted(names)):
                for name in filled:
                    cursor.execute(f"DELETE FROM {connection.ops.quote_name(name)}")  # noqa: S608


def _filled(connection: BaseDatabaseWrapper, names: list[str]) -> list[str]:
    """Those of the tables that have rows."""
    quoted = connection.ops.quote_name
    parts = (
        f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {quoted(name)})"  # noqa: S608  our own names
        for name in names
    )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return [row[0] for row in cursor.fetchall()]
