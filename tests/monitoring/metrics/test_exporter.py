"""The page at METRICS_PORT."""

import pytest
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.parser import text_string_to_metric_families

from monitoring.metrics.exporter import Exporter


@pytest.fixture
def gauge():
    return Gauge("asked", "How often", registry=None)


@pytest.fixture
def exporter(gauge):
    """Counts how often its page is made."""

    class Counting:
        def describe(self):
            return []

        def collect(self):
            gauge.inc()
            return gauge.collect()

    registry = CollectorRegistry()
    registry.register(Counting())
    return Exporter(registry)


def ask(exporter, path="/metrics", method="GET"):
    answers = []
    body = exporter(
        {"PATH_INFO": path, "REQUEST_METHOD": method},
        lambda status, headers: answers.append((status, dict(headers))),
    )
    status, headers = answers[0]
    return int(status[:3]), headers, b"".join(body).decode()


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/"])
def test_metrics_are_served(exporter, path):
    status, headers, page = ask(exporter, path)
    assert (status, headers["Content-Length"]) == (200, str(len(page)))
    assert [family.name for family in text_string_to_metric_families(page)] == ["asked"]


def test_page_is_made_once_a_second(exporter, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("monitoring.metrics.exporter.time.monotonic", lambda: now[0])
    assert {ask(exporter)[2].splitlines()[-1] for _ in range(200)} == {"asked 1.0"}
    now[0] += 1.1
    assert ask(exporter)[2].splitlines()[-1] == "asked 2.0"


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/etc/passwd", "GET", 404), ("/metrics", "POST", 405), ("/metrics", "FOO", 405)],
)
def test_nothing_else_is_served(exporter, gauge, path, method, status):
    assert ask(exporter, path, method)[0] == status
    assert gauge._value.get() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/prometheus/metrics"])
def test_application_itself_serves_no_metrics(client, path):
    assert client.get(path).status_code == 404
