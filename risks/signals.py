"""The receivers of this app, connected once from `RisksConfig.ready()`."""

from typing import Any

from django.apps import AppConfig, apps
from django.db import connections
from django.db.models.signals import post_migrate

from risks.history import triggers


def connect() -> None:
    post_migrate.connect(
        install_history, sender=apps.get_app_config("risks"), dispatch_uid="risks.history"
    )


def install_history(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """SQLite drops triggers when a migration rebuilds a table, so they are put back each time."""
    triggers.install(connections[using])
