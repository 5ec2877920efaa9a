"""Database roles on PostgreSQL: only the owner of the tables may write history.

The owner migrates. The application connects as a role of its own, which `grant` gives what it needs
and no more: all rows of all tables, but history and ledgers only to read, and the history of
accounts, which no trigger writes, only to read and to add to. Triggers write the others with
the rights of their owner, so that a change cannot be kept out of them, nor put in without one.
"""

from django.apps import apps
from django.db import connection, transaction
from psycopg import sql

from risks.history.recorded_models import interval_tables

OWN_TABLES = """
SELECT relname, pg_get_userbyid(relowner) FROM pg_class WHERE relkind IN ('r', 'p')
AND relnamespace = current_schema()::regnamespace AND pg_has_role(relowner, 'USAGE')
"""
# The owner of a table may drop its triggers; so may a member of that role, or a role that sets this
# parameter.
EXCESS = """
SELECT 'it is a superuser' FROM pg_roles WHERE rolname = current_user AND rolsuper
UNION ALL
SELECT 'it may switch triggers off (session_replication_role)'
WHERE has_parameter_privilege('session_replication_role', 'SET')
UNION ALL
SELECT CASE WHEN pg_has_role(relowner, 'MEMBER') THEN 'it owns ' ELSE 'it may write ' END || relname
FROM pg_class WHERE relname = ANY(%s) AND relnamespace = current_schema()::regnamespace
AND (pg_has_role(relowner, 'MEMBER')
     OR has_table_privilege(oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')
     OR has_any_column_privilege(oid, 'INSERT, UPDATE'))
UNION ALL
SELECT CASE WHEN pg_has_role(relowner, 'MEMBER') THEN 'it owns ' ELSE 'it may edit ' END || relname
FROM pg_class WHERE relname = ANY(%s) AND relnamespace = current_schema()::regnamespace
AND (pg_has_role(relowner, 'MEMBER')
     OR has_table_privilege(oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER')
     OR has_any_column_privilege(oid, 'UPDATE'))
"""
UNREADABLE = """
SELECT relname FROM pg_class WHERE relname = ANY(%s) AND relkind IN ('r', 'p')
AND relnamespace = current_schema()::regnamespace AND NOT has_table_privilege(oid, 'SELECT')
ORDER BY relname
"""
IS_OWNER = """
SELECT pg_has_role(relowner, 'USAGE') FROM pg_class
WHERE relname = 'django_migrations' AND relnamespace = current_schema()::regnamespace
"""


class RoleRefused(Exception):
    """This role cannot be the application's; the message says why and what to do."""


def history_tables() -> list[str]:
    change = apps.get_model("risks.Change")._meta.db_table
    return [change, *(intervals.interval_table for intervals in interval_tables())]


def appended_tables() -> list[str]:
    """History that the application writes itself: it adds rows, and changes none."""
    return [apps.get_model("accounts.AccountEvent")._meta.db_table]


def grant_rights(role: str) -> None:
    """Give `role` exactly what the application needs. Idempotent; repeat it after each `migrate`.

    Raises RoleRefused.
    """
    check_ordinary_role(role)
    rights = dict.fromkeys((*history_tables(), "django_migrations"), "SELECT")
    rights |= dict.fromkeys(appended_tables(), "SELECT, INSERT")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_schema(), current_database()")
        schema, database = map(sql.Identifier, cursor.fetchone())
        cursor.execute(OWN_TABLES)
        tables = [name for name, _ in cursor.fetchall()]
        name = sql.Identifier(role)
        statements = [
            sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(database, name),
            sql.SQL("REVOKE CREATE ON SCHEMA {} FROM PUBLIC, {}").format(schema, name),
            sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, name),
            sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA {} TO {}").format(schema, name),
        ]
        for table in tables:
            given = sql.SQL(rights.get(table, "SELECT, INSERT, UPDATE, DELETE"))
            target = sql.Identifier(table)
            statements += [
                sql.SQL("REVOKE ALL ON {} FROM PUBLIC, {}").format(target, name),
                sql.SQL("GRANT {} ON {} TO {}").format(given, target, name),
            ]
        for statement in statements:
            cursor.execute(statement.as_string(cursor.connection))


def check_ordinary_role(role: str) -> None:
    if connection.vendor != "postgresql":
        raise RoleRefused(
            "SQLite has no roles: anyone who can write its file can rewrite history. "
            "Use PostgreSQL."
        )
    if not is_owner():
        raise RoleRefused(
            "Only the owner of the tables can grant rights on them. Run `manage.py migrate` and "
            "this command with the DATABASE_URL of the owner."
        )
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = %s", [role])
        row = cursor.fetchone()
        if row is None:
            raise RoleRefused(
                f"There is no role {role}. As an administrator of the server: "
                f"CREATE ROLE {role} LOGIN PASSWORD '...';"
            )
        cursor.execute("SELECT pg_has_role(%s, current_user, 'MEMBER')", [role])
        if row[0] or cursor.fetchone()[0]:
            raise RoleRefused(
                f"{role} is a superuser or can act as the owner of the tables, and could rewrite "
                "history. Name a role of its own for the application."
            )


def is_owner() -> bool:
    """Whether this connection may migrate: its role owns the tables, or there are none yet."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute(IS_OWNER)
        row = cursor.fetchone()
    return row is None or row[0]


def ways_to_alter_history() -> list[str]:
    """Rights by which the role of this connection could alter history; empty if it has none."""
    with connection.cursor() as cursor:
        cursor.execute(EXCESS, [history_tables(), appended_tables()])
        return [row[0] for row in cursor.fetchall()]


def unreadable_tables() -> list[str]:
    """Tables of models on which the role of this connection has no rights."""
    tables = [model._meta.db_table for model in apps.get_models(include_auto_created=True)]
    with connection.cursor() as cursor:
        cursor.execute(UNREADABLE, [tables])
        return [row[0] for row in cursor.fetchall()]
