import time
from argparse import ArgumentParser
from itertools import count
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder
from psycopg.errors import LockNotAvailable

from openrisk.caching.freshness import tag_versions
from openrisk.database import locks
from openrisk.database.template import apply_template

LOCK_SECONDS = 1  # writers wait behind who waits for a lock: shorter than their own patience
PAUSE_SECONDS = 3
ATTEMPTS = 600  # a transaction of an import may last for half an hour


class Command(migrate.Command):
    """One at a time over all machines, and patient with transactions that hold a table."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)  # type: ignore[arg-type]
        parser.add_argument(
            "--invalidate-cache",
            action="store_true",
            help="make every cached response stale, as after a write that no trigger saw",
        )
        parser.add_argument(
            "--without-template",
            action="store_true",
            help="run every migration on an empty SQLite database, instead of one script",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check_unapplied"] or options["plan"]:
            super().handle(*args, **options)
            return
        connection = connections[options["database"]]
        with locks.hold_lock(connection, locks.MIGRATE, on_wait=self._say_waiting):
            before = applied_migrations(connection)
            if not (before or options["app_label"] or options["without_template"]):
                apply_template(connection)
            self._migrate(connection, *args, **options)
            if options["invalidate_cache"] or applied_migrations(connection) != before:
                tag_versions.invalidate_everything(connection)

    def _migrate(self, connection: BaseDatabaseWrapper, *args: Any, **options: Any) -> None:
        """Again where it met a lock: what is done stays, and is not done again."""
        for attempt in count(1):
            limit_lock_waits(connection)
            try:
                super().handle(*args, **options)
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable):
                    raise
                if attempt == ATTEMPTS:
                    raise CommandError(
                        "A transaction holds a table that has to be changed, and does not end: "
                        "find it in pg_stat_activity, end it, then run migrate again."
                    ) from None
                self.stderr.write("A table is being written to; trying again in a moment.")
                time.sleep(PAUSE_SECONDS)
            else:
                return

    def _say_waiting(self) -> None:
        self.stderr.write("Another migrate is running; waiting for it to end.")


def applied_migrations(connection: BaseDatabaseWrapper) -> set[tuple[str, str]]:
    return set(MigrationRecorder(connection).applied_migrations())


def limit_lock_waits(connection: BaseDatabaseWrapper) -> None:
    """For the session; not behind a pooler, which would give the session to someone else."""
    if connection.vendor == "postgresql" and not settings.DATABASE_DIRECT_URL:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
