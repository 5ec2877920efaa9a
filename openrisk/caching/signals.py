"""What a developer sees: on commit, the tags that Django's own writes have touched.

Triggers make the cache right, these make it fast: if every signal were lost, answers would still be
exact.
"""

import threading
from typing import Any

from django.apps import AppConfig
from django.db import connections, models, transaction
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.dispatch import Signal

from openrisk.caching import metrics
from openrisk.caching.tokens import install
from openrisk.caching.tracked import all_tracked, tracked

# Sent on commit with `tags`, a set, and `models`, their labels.
cache_invalidated = Signal()

_pending = threading.local()


def connect() -> None:
    """Called once, when every app has declared what it tracks."""
    for declared in all_tracked():
        post_save.connect(_changed, sender=declared.model, dispatch_uid="cache.save")
        post_delete.connect(_changed, sender=declared.model, dispatch_uid="cache.delete")
    through = {
        field.remote_field.through
        for declared in all_tracked()
        for field in declared.model._meta.many_to_many
    }
    for model in through:
        m2m_changed.connect(_linked, sender=model, dispatch_uid="cache.m2m")


def install_triggers(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """After every migrate: SQLite drops triggers when a migration rebuilds a table."""
    install(connections[using])


def _changed(sender: type[models.Model], instance: models.Model, using: str, **kwargs: Any) -> None:
    declared = tracked(sender)
    _collect(declared.label, declared.tags_of(instance), using)


def _linked(sender: Any, instance: models.Model, action: str, using: str, **kwargs: Any) -> None:
    if action.startswith("post_"):
        declared = tracked(type(instance))
        _collect(declared.label, declared.tags_of(instance), using)


def _collect(label: str, tags: set[str], using: str) -> None:
    """Tell once a transaction, after it; a rollback forgets."""
    connection = transaction.get_connection(using)
    pending = {"tags": tags, "models": {label}}
    if not connection.in_atomic_block:
        _tell(pending)
        return
    transaction.on_commit(lambda: _tell(pending), using=using, robust=True)


def _tell(pending: dict[str, set[str]]) -> None:
    from openrisk.caching import views  # noqa: PLC0415  views need the registry of apps

    for label in pending["models"]:
        metrics.invalidations.labels(label).inc()
    views.forget(pending["tags"])
    cache_invalidated.send(sender=None, **pending)
