"""The exporter: the page at METRICS_PORT with the metrics of all processes, added up.

It is a process of its own, because behind busy web workers a scrape would wait for its turn. It
runs on the same server as they do, because that of prometheus_client has a thread for each client
and waits for slow ones without end.
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

VALID_FOR = 1.0  # seconds, of the page

Application = Callable[..., Iterable[bytes]]


class ProcessCollector:
    """Collects what the processes count, without the gauges of processes that have ended."""

    def __init__(self) -> None:
        self.folder = Path(os.environ[metric_slots.FOLDER])
        self.files = MultiProcessCollector(None)

    def collect(self) -> Iterable[Metric]:
        metric_slots.forget_dead_gauges(self.folder)
        return self.files.collect()


class Exporter:
    """A WSGI application with one page, which is made at most once a second."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.lock = threading.Lock()
        self.page = b""
        self.valid_until = 0.0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        headers = [("Content-Type", CONTENT_TYPE_LATEST)]
        if environ["PATH_INFO"].rstrip("/") not in ("", "/metrics"):
            status, body = "404 Not Found", b"Metrics are at /metrics.\n"
        elif environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            status, body = "405 Method Not Allowed", b"Use GET.\n"
            headers.append(("Allow", "GET, HEAD"))
        else:
            status, body = "200 OK", self.current_page()
        headers.append(("Content-Length", str(len(body))))
        start_response(status, headers)
        return [body]

    def current_page(self) -> bytes:
        with self.lock:
            if time.monotonic() >= self.valid_until:
                self.page = generate_latest(self.registry)
                self.valid_until = time.monotonic() + VALID_FOR
            return self.page


def application() -> Application:
    """Return the exporter, for the process that serves it and does nothing else."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openrisk.settings")
    metric_slots.install_slots()
    import django  # noqa: PLC0415  after the environment is set

    django.setup()
    from monitoring.metrics.database_metrics import DatabaseCollector  # noqa: PLC0415  needs models

    registry = CollectorRegistry()
    registry.register(ProcessCollector())
    registry.register(DatabaseCollector())
    return Exporter(registry)
