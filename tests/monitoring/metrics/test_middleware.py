"""Metrics of django-prometheus: requests, statements, models; labels that cannot be multiplied."""

import pytest
from django.db import connection
from django.test import Client
from prometheus_client import REGISTRY

from tests.risks.factories import make_risk

LATENCY = "django_http_requests_latency_seconds_by_view_method"


def value(name, **labels):
    return REGISTRY.get_sample_value(name, labels) or 0.0


def series(prefix):
    return {
        (sample.name, *sorted(sample.labels.items()))
        for metric in REGISTRY.collect()
        if metric.name.startswith(prefix)
        for sample in metric.samples
    }


def test_a_request_that_reaches_django_is_timed():
    before = value(f"{LATENCY}_count", view="login", method="GET")
    Client().get("/login/")
    assert value(f"{LATENCY}_count", view="login", method="GET") == before + 1


def test_invented_methods_and_paths_add_no_series():
    client = Client()
    client.generic("WALK", "/nowhere/")
    before = series("django_http")
    for number in range(20):
        client.generic(f"WALK{number}", f"/nowhere/{number}/")
    assert series("django_http") == before
    assert value(f"{LATENCY}_count", view="<unnamed view>", method="<invalid method>") > 20


@pytest.mark.django_db
def test_statements_are_counted():
    labels = {"alias": "default", "vendor": connection.vendor}
    before = value("django_db_execute_total", **labels)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert value("django_db_execute_total", **labels) == before + 1


def test_saves_and_deletes_of_models_are_counted(organization):
    before = value("django_model_inserts_total", model="risks.risk")
    risk = make_risk(organization)
    assert value("django_model_inserts_total", model="risks.risk") == before + 1
    deleted = value("django_model_deletes_total", model="risks.risk")
    risk.delete()
    assert value("django_model_deletes_total", model="risks.risk") == deleted + 1
