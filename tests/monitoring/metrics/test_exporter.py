"""What METRICS_PORT answers, to whoever asks."""

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
    told = []
    body = exporter(
        {"PATH_INFO": path, "REQUEST_METHOD": method},
        lambda status, headers: told.append((status, dict(headers))),
    )
    status, headers = told[0]
    return int(status[:3]), headers, b"".join(body).decode()


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/"])
def test_metrics_are_told(exporter, path):
    status, headers, page = ask(exporter, path)
    assert (status, headers["Content-Length"]) == (200, str(len(page)))
    assert [family.name for family in text_string_to_metric_families(page)] == ["asked"]


def test_many_who_ask_at_once_cost_one_page(exporter, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("monitoring.metrics.exporter.time.monotonic", lambda: now[0])
    assert {ask(exporter)[2].splitlines()[-1] for _ in range(200)} == {"asked 1.0"}
    now[0] += 1.1
    assert ask(exporter)[2].splitlines()[-1] == "asked 2.0"


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/etc/passwd", "GET", 404), ("/metrics", "POST", 405), ("/metrics", "FOO", 405)],
)
def test_nothing_else_is_told(exporter, gauge, path, method, status):
    assert ask(exporter, path, method)[0] == status
    assert gauge._value.get() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/prometheus/metrics"])
def test_the_application_itself_tells_no_metrics(client, path):
    assert client.get(path).status_code == 404
