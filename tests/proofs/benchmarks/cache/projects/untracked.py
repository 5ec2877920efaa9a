"""OpenRisk without the signals of its cache; the database it is given has no token triggers."""

from django.db.models.signals import m2m_changed, post_delete, post_save

from openrisk.caching.freshness.registry import tracked_models
from openrisk.rsgi import application

__all__ = ["application"]

for _model in {tracked.model for tracked in tracked_models()}:
    assert post_save.disconnect(sender=_model, dispatch_uid="cache.save")
    assert post_delete.disconnect(sender=_model, dispatch_uid="cache.delete")
    for _field in _model._meta.many_to_many:
        m2m_changed.disconnect(sender=_field.remote_field.through, dispatch_uid="cache.m2m")
