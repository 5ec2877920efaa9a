"""A database of the version whose model was `App` is upgraded, and nothing of it is lost.

`before_installed_app.sql.gz` is the dump of an SQLite file that the old version made. It has an app
with its history and an applied run, a pack, a group that may change apps, and an admin log.
"""

import gzip
import json
import os
import sqlite3
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

DUMP = Path(__file__).with_name("before_installed_app.sql.gz")
TABLES = ("marketplace_app", "marketplace_syncrun", "marketplace_packchange", "risks_change")
READ_BACK = """
import json
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from marketplace.models import InstalledApp, PackChange, SyncRun
from risks.history.reading import normalize_changes
from openrisk.database.labels import model_of_label
from risks.models import Change

app = InstalledApp.objects.get()
app.name = "Renamed"
app.save()
changes = Change.objects.filter(object_id=app.pk).order_by("id")
print(json.dumps({
    "run": SyncRun.objects.get(app=app).import_run.rows.filter(action="create").count(),
    "pack": PackChange.objects.get().import_run.status,
    "history": [model_of_label(change.model).__name__ for change in changes],
    "last": normalize_changes(changes.last().model, changes.last().changes)["name"],
    "permissions": list(Group.objects.get().permissions.values_list("codename", flat=True)),
    "log": LogEntry.objects.get().get_edited_object().name,
}))
"""


def read_rows(database):
    with sqlite3.connect(database) as connection:
        return {
            table: connection.execute(f"SELECT * FROM {table} ORDER BY id").fetchall()  # noqa: S608
            for table in TABLES
        }


@pytest.fixture
def manage(tmp_path):
    """`manage(*arguments)` on the old database; its output."""
    database = tmp_path / "old.sqlite3"
    with sqlite3.connect(database) as connection:
        connection.executescript(gzip.decompress(DUMP.read_bytes()).decode())
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "openrisk.settings",
        "DATABASE_URL": f"sqlite:///{database}",
        "VAR_DIR": str(tmp_path),
    }

    def run(*arguments):
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command,
            cwd=settings.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run.database = database
    return run


@pytest.mark.once
def test_an_old_database_keeps_its_apps_runs_and_history(manage):
    before = read_rows(manage.database)
    manage("migrate", "--verbosity=0")
    assert read_rows(manage.database) == before
    found = json.loads(manage("shell", "--verbosity=0", "--command", READ_BACK))
    assert found == {
        "run": 6,
        "pack": "applied",
        "history": ["InstalledApp"] * len(found["history"]),
        "last": ["Trivy", "Renamed"],
        "permissions": ["change_installedapp"],
        "log": "Renamed",
    }


def test_the_migration_changes_no_table(transactional_db):
    """Nodes of the version before work on while others are restarted."""
    output = StringIO()
    call_command("sqlmigrate", "marketplace", "0006_installed_app", stdout=output)
    lines = output.getvalue().splitlines()
    statements = [line for line in lines if line and not line.startswith("--")]
    assert [line for line in statements if line not in ("BEGIN;", "COMMIT;")] == []
