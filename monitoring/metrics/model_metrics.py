"""django-prometheus's counters of models, fed by signals.

Its mixin would be a base of each model instead.
"""

from typing import Any

from django_prometheus.models import model_deletes, model_inserts, model_updates


def count_save(sender: Any, created: bool, **kwargs: Any) -> None:
    (model_inserts if created else model_updates).labels(sender._meta.label_lower).inc()


def count_delete(sender: Any, **kwargs: Any) -> None:
    model_deletes.labels(sender._meta.label_lower).inc()
