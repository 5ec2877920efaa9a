"""The tables of a new SQLite database as one script, instead of all migrations one after another.

`make schema` writes `template.sql` (`python -m openrisk.database.template`), and a test compares it
with what the migrations make. It is used only where it holds exactly the migrations that are
installed: otherwise they run.
"""

import os
import re
import sys
import tempfile
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

PATH = Path(__file__).with_name("template.sql")
MIGRATION = re.compile(r"^-- migration (\w+) (\w+)$", re.MULTILINE)
HEAD = "-- Written by `make schema`. Do not edit by hand.\n"


def apply_template(connection: BaseDatabaseWrapper) -> bool:
    """Make the tables of an empty SQLite database, and record their migrations as applied."""
    if connection.vendor != "sqlite" or not PATH.exists():
        return False
    script = PATH.read_text()
    migrations = MIGRATION.findall(script)
    installed = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    if set(migrations) != set(installed):
        return False
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        if connection.introspection.table_names(cursor):
            return False
        for statement in script.split(";\n"):
            cursor.execute(statement)
        recorder = MigrationRecorder(connection)
        for app, name in migrations:
            recorder.record_applied(app, name)
    return True


def render_template(connection: BaseDatabaseWrapper) -> str:
    """Return the script that makes the tables and indexes of `connection`, without triggers."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND type <> 'trigger' "
            "AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
        )
        statements = [f"{row[0]};\n" for row in cursor.fetchall()]
    applied = sorted(MigrationRecorder(connection).applied_migrations())
    names = [f"-- migration {app} {name}\n" for app, name in applied]
    return "".join([HEAD, *names, *statements])


def write_template(path: Path) -> None:
    """Migrate an empty database step by step, and write the script that makes the same tables."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATABASE_URL"] = f"sqlite:///{folder}/empty.sqlite3"
        os.environ["DJANGO_SETTINGS_MODULE"] = "openrisk.settings"
        django.setup()
        call_command("migrate", verbosity=0, without_template=True)
        path.write_text(render_template(connections["default"]))


if __name__ == "__main__":
    write_template(Path(sys.argv[1]) if len(sys.argv) > 1 else PATH)
