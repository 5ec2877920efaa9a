"""Signals: on commit, reports the tags that writes through Django's ORM have moved.

Triggers make the cache right, signals make it fast: if every signal were lost, answers would still
be exact.
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
    """Called once, when every app has declared its models."""
    tracked = {model.model for model in tracked_models()}
    for model in tracked:
        post_save.connect(report_change, sender=model, dispatch_uid="cache.save")
        post_delete.connect(report_change, sender=model, dispatch_uid="cache.delete")
    through = {
        field.remote_field.through for model in tracked for field in model._meta.many_to_many
    }
    for link in through:
        m2m_changed.connect(report_link, sender=link, dispatch_uid="cache.m2m")


def report_change(
    sender: type[models.Model], instance: models.Model, using: str, **kwargs: Any
) -> None:
    report_on_commit(instance, using)


def report_link(
    sender: Any, instance: models.Model, action: str, using: str, **kwargs: Any
) -> None:
    if action.startswith("post_"):
        report_on_commit(instance, using)


def report_on_commit(instance: models.Model, using: str) -> None:
    """Report the change after the commit, or at once if there is no transaction."""
    label, tags = tracked_model(type(instance)).label, tags_changed_by(instance)

    def report() -> None:
        metrics.invalidations.labels(label).inc()
        notifications.record_own_change(tags)
        cache_invalidated.send(sender=None, tags=tags, models={label})

    transaction.on_commit(report, using=using, robust=True)
