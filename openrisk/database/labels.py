"""The label of a model in history, cache tags and metrics: `risks.risk` for the table risks_risk.

It follows the table and not the class. A class that is renamed keeps its table, so history that was
written before stays readable, and nodes of two versions mean the same during an upgrade.
"""

from functools import cache

from django.apps import apps
from django.db import models


@cache
def label_of_model(model: type[models.Model]) -> str:
    app, table = model._meta.app_label, model._meta.db_table
    if model._meta.proxy or not table.startswith(f"{app}_"):
        return model._meta.label_lower
    return f"{app}.{table.removeprefix(f'{app}_')}"


@cache
def model_of_label(label: str) -> type[models.Model]:
    """Raises LookupError where no model has this label."""
    for model in apps.get_models():
        if label_of_model(model) == label:
            return model
    raise LookupError(f"No model has the label {label}.")
