"""What METRICS_PORT answers: the metrics of all processes of the installation, added up.

A process of its own, because behind busy web workers a scrape would wait for its turn. The same
server as theirs, because prometheus_client's has a thread for each caller and waits for slow ones
without end.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

from openrisk.telemetry import metric_slots

KEPT = 1.0  # seconds

Application = Callable[..., Iterable[bytes]]


class ProcessCollector:
    """What processes count, without the gauges of those that are gone."""

    def __init__(self) -> None:
        self.folder = Path(os.environ[metric_slots.FOLDER])
        self.files = MultiProcessCollector(None)

    def collect(self) -> Iterable[Metric]:
        metric_slots.forget_dead_gauges(self.folder)
        return self.files.collect()


class Exporter:
    """A WSGI application with one page, made at most once a second whoever asks."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.lock = threading.Lock()
        self.page = b""
        self.until = 0.0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"].rstrip("/") not in ("", "/metrics"):
            return _answer(start_response, "404 Not Found", b"Metrics are at /metrics.\n")
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return _answer(start_response, "405 Method Not Allowed", b"Use GET.\n")
        return _answer(start_response, "200 OK", self._current())

    def _current(self) -> bytes:
        with self.lock:
            if time.monotonic() >= self.until:
                self.page = generate_latest(self.registry)
                self.until = time.monotonic() + KEPT
            return self.page


def _answer(start_response: Any, status: str, body: bytes) -> list[bytes]:
    headers = [("Content-Type", CONTENT_TYPE_LATEST), ("Content-Length", str(len(body)))]
    if status.startswith("405"):
        headers.append(("Allow", "GET, HEAD"))
    start_response(status, headers)
    return [body]


def application() -> Application:
    """For the process that serves it and does nothing else."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openrisk.settings")
    metric_slots.install_slots()
    import django  # noqa: PLC0415  after the environment is known

    django.setup()
    from monitoring.metrics.database_metrics import DatabaseCollector  # noqa: PLC0415  models are there only now

    registry = CollectorRegistry()
    registry.register(ProcessCollector())
    registry.register(DatabaseCollector())
    return Exporter(registry)
