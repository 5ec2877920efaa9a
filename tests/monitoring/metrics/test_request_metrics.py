"""Requests are counted, exactly and with labels that callers cannot multiply."""

import threading

import pytest
from prometheus_client import REGISTRY

from monitoring.metrics import request_metrics
from monitoring.metrics.request_metrics import RequestMeter, flush_counts
from openrisk.request_state import ROUTE


def counted(name="openrisk_http_requests_total", **labels):
    flush_counts()
    return REGISTRY.get_sample_value(name, labels) or 0.0


def series():
    flush_counts()
    return {tuple(sorted(s.labels.items())) for s in request_metrics.requests.collect()[0].samples}


def ask(method="GET", route="risks-list", status="200 OK", cache=None):
    def application(environ, start_response):
        if route:
            environ[ROUTE] = route
        start_response(status, [("X-Cache", cache)] if cache else [])
        return [b""]

    return RequestMeter(application)({"REQUEST_METHOD": method, "PATH_INFO": "/"}, lambda *a: None)


def test_request_is_counted_by_route_and_result_of_the_cache():
    labels = {"route": "risks-list", "method": "GET", "status": "200", "cache": "hit"}
    before = counted(**labels)
    ask(cache="HIT front")
    assert counted(**labels) == before + 1


def test_time_of_a_request_falls_into_a_bucket():
    labels = {"route": "slow-route", "method": "GET"}
    ask(route="slow-route")
    assert counted("openrisk_http_request_duration_seconds_count", **labels) == 1
    assert counted("openrisk_http_request_duration_seconds_bucket", le="0.25", **labels) == 1
    assert counted("openrisk_http_request_duration_seconds_sum", **labels) > 0


def test_many_threads_lose_no_request():
    labels = {"route": "many-route", "method": "GET", "status": "200", "cache": "none"}

    def often():
        for _ in range(500):
            ask(route="many-route")

    threads = [threading.Thread(target=often) for _ in range(8)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        flush_counts()
    assert counted(**labels) == 4000


def test_invented_values_add_no_series():
    ask("BREW", route="", status="404 Not Found")
    before = series()
    for number in range(1000):
        ask(f"METHOD{number}", route="", status="404 Not Found", cache=f"invented {number}")
    assert series() == before


@pytest.mark.django_db
def test_unknown_paths_share_one_label(client, admin):
    client.force_login(admin)
    for number in range(3):
        response = client.get(f"/nowhere-{number}/")
        assert response.wsgi_request.META.get(ROUTE) is None
    assert client.get("/o/acme/").wsgi_request.META[ROUTE] == "home"
