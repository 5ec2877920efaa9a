"""Django's backend for SQLite, counted by django-prometheus: with folded text for searches, and a
file that no one else may read."""

from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from django_prometheus.db.backends.sqlite3 import base
from django_prometheus.db.common import ExportingCursorWrapper

from openrisk.text.folding import fold_text

KEPT_BESIDE = ("", "-wal", "-shm", "-journal")


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: Any) -> Any:
        if not self.is_in_memory_db():
            keep_private(Path(self.settings_dict["NAME"]))
        connection = super().get_new_connection(conn_params)
        connection.create_function("openrisk_fold", 1, fold_text, deterministic=True)
        return connection

    @cached_property
    def counting_cursor_class(self) -> type:
        """Made once a connection: django-prometheus makes a class for every query."""
        return ExportingCursorWrapper(self.CURSOR_CLASS, self.alias, self.vendor)

    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=self.counting_cursor_class)


def keep_private(file: Path) -> None:
    """Give the file, made if it is missing, and those that SQLite keeps beside it mode 0600.

    SQLite gives new files beside it the mode of the file itself. What cannot be done here, on
    someone else's file or a full disk, is left to the first use of the file to report.
    """
    for ending in KEPT_BESIDE:
        path = file.with_name(file.name + ending)
        with suppress(OSError):
            if not ending:
                path.touch(mode=0o600)
            if path.stat().st_mode & 0o077:
                path.chmod(0o600)
