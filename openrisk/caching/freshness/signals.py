"""What a developer sees: on commit, the tags that Django's own writes have touched.

Triggers make the cache right, these make it fast: if every signal were lost, answers would still be
exact.
"""

from typing import Any

from django.db import models, transaction
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.dispatch import Signal

from openrisk.caching import metrics
from openrisk.caching.freshness import notifications
from openrisk.caching.freshness.registry import tags_changed_by, tracked_model, tracked_models

# Sent on commit with `tags`, a set, and `models`, their labels.
cache_invalidated = Signal()


def connect_receivers() -> None:
    """Called once, when every app has declared what it tracks."""
    for declared in tracked_models():
        post_save.connect(_changed, sender=declared.model, dispatch_uid="cache.save")
        post_delete.connect(_changed, sender=declared.model, dispatch_uid="cache.delete")
    through = {
        field.remote_field.through
        for declared in tracked_models()
        for field in declared.model._meta.many_to_many
    }
    for model in through:
        m2m_changed.connect(_linked, sender=model, dispatch_uid="cache.m2m")


def _changed(sender: type[models.Model], instance: models.Model, using: str, **kwargs: Any) -> None:
    _collect(tracked_model(sender).label, tags_changed_by(instance), using)


def _linked(sender: Any, instance: models.Model, action: str, using: str, **kwargs: Any) -> None:
    if action.startswith("post_"):
        _collect(tracked_model(type(instance)).label, tags_changed_by(instance), using)


def _collect(label: str, tags: set[str], using: str) -> None:
    """Tell after the commit, at once where there is no transaction; what is rolled back, never."""

    def tell() -> None:
        metrics.invalidations.labels(label).inc()
        notifications.record_own_change(tags)
        cache_invalidated.send(sender=None, tags=tags, models={label})

    transaction.on_commit(tell, using=using, robust=True)
