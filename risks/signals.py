"""The receivers of this app, connected once from `RisksConfig.ready()`."""

from typing import Any

from django.apps import AppConfig, apps
from django.core.management.base import CommandError
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models.signals import post_migrate, pre_migrate

from risks.history import roles


def connect() -> None:
    app = apps.get_app_config("risks")
    pre_migrate.connect(require_owner, sender=app, dispatch_uid="risks.owner")
    pre_migrate.connect(allow_remaking, sender=app, dispatch_uid="risks.remaking")
    post_migrate.connect(forbid_remaking, sender=app, dispatch_uid="risks.remade")


def require_owner(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """In one sentence, before anything is changed."""
    if using == DEFAULT_DB_ALIAS and not roles.is_owner():
        raise CommandError(
            "The role in DATABASE_URL does not own the tables. Run `manage.py migrate` with the "
            "DATABASE_URL of their owner, then `manage.py database_roles ROLE`."
        )


def allow_remaking(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """SQLite changes a table by making another one and giving it the old name, which it refuses
    while the trigger of a third table writes to the one in between gone."""
    if connections[using].vendor == "sqlite":
        with connections[using].cursor() as cursor:
            cursor.execute("PRAGMA legacy_alter_table = ON")


def forbid_remaking(sender: AppConfig, using: str, **kwargs: Any) -> None:
    if connections[using].vendor == "sqlite":
        with connections[using].cursor() as cursor:
            cursor.execute("PRAGMA legacy_alter_table = OFF")
