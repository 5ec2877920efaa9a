"""django-prometheus's counters of models, fed by signals.

Its own way, a mixin, would have to be a base class of each model.
"""

from typing import Any

from django_prometheus.models import model_deletes, model_inserts, model_updates

from openrisk.database.labels import label_of_model


def count_save(sender: Any, created: bool, **kwargs: Any) -> None:
    (model_inserts if created else model_updates).labels(label_of_model(sender)).inc()


def count_delete(sender: Any, **kwargs: Any) -> None:
    model_deletes.labels(label_of_model(sender)).inc()
