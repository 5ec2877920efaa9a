"""The names of models in history, cache tags and metrics."""

import pytest
from django.apps import apps

from openrisk.database.labels import label_of_model, model_of_label
from risks.models import Risk

RENAMED = {
    "marketplace.installedapp": "marketplace.app"
}  # label of the class -> label of its table


def test_a_label_is_that_of_the_class_unless_the_class_was_renamed():
    labels = {model._meta.label_lower: label_of_model(model) for model in apps.get_models()}
    assert {name: label for name, label in labels.items() if name != label} == RENAMED


def test_a_model_is_found_by_its_label():
    assert label_of_model(Risk) == "risks.risk"
    assert model_of_label("risks.risk") is Risk
    with pytest.raises(LookupError, match=r"risks\.nothing"):
        model_of_label("risks.nothing")
