"""The metrics process: `python -m monitoring.exporter HOST PORT`.

It adds up what all processes of the installation have counted in PROMETHEUS_MULTIPROC_DIR, and asks
the database for what no process counts. A process of its own, because behind busy web workers a
scrape would wait for its turn.
"""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

from openrisk import slots


class Counted:
    """What processes count, without the gauges of those that are gone."""

    def __init__(self) -> None:
        self.folder = Path(os.environ[slots.FOLDER])
        self.files = MultiProcessCollector(None)

    def collect(self) -> Iterable[Metric]:
        slots.forget_the_dead(self.folder)
        return self.files.collect()


def main(host: str, port: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openrisk.settings")
    slots.install()
    import django  # noqa: PLC0415  after the environment is known

    django.setup()
    from monitoring.collectors import Asked  # noqa: PLC0415  models are there only now

    registry = CollectorRegistry()
    registry.register(Counted())
    registry.register(Asked())
    try:
        _, thread = start_http_server(port, host, registry)
    except OSError as error:
        sys.exit(
            f"Metrics cannot be served on port {port} ({error.strerror}): set METRICS_PORT to "
            "another one. The application runs without them."
        )
    thread.join()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
