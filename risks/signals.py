"""Receivers around `migrate`, connected once from `RisksConfig.ready()`."""

from typing import Any

from django.apps import AppConfig, apps
from django.core.management.base import CommandError
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models.signals import post_migrate, pre_migrate

from risks.history import roles


def connect() -> None:
    app = apps.get_app_config("risks")
    pre_migrate.connect(require_owner, sender=app, dispatch_uid="risks.owner")
    pre_migrate.connect(allow_rebuilding, sender=app, dispatch_uid="risks.rebuilding")
    post_migrate.connect(forbid_rebuilding, sender=app, dispatch_uid="risks.rebuilt")


def require_owner(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Refuse to migrate as a role that does not own the tables, before anything is changed."""
    if using == DEFAULT_DB_ALIAS and not roles.is_owner():
        raise CommandError(
            "The role in DATABASE_URL does not own the tables. Run `manage.py migrate` with the "
            "DATABASE_URL of their owner, then `manage.py database_roles ROLE`."
        )


def allow_rebuilding(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Let SQLite rebuild tables.

    It makes a new table and gives it the old name, which it refuses while a trigger of another
    table writes to the one that is missing meanwhile.
    """
    if connections[using].vendor == "sqlite":
        with connections[using].cursor() as cursor:
            cursor.execute("PRAGMA legacy_alter_table = ON")


def forbid_rebuilding(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Set SQLite back to what it does by default."""
    if connections[using].vendor == "sqlite":
        with connections[using].cursor() as cursor:
            cursor.execute("PRAGMA legacy_alter_table = OFF")
