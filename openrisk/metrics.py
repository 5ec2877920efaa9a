"""The metrics process: `python -m openrisk.metrics HOST PORT`.

It adds up what all processes of the installation have counted in PROMETHEUS_MULTIPROC_DIR. A
process of its own, because behind busy web workers a scrape would wait for its turn.
"""

import sys

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector


def main(host: str, port: int) -> None:
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
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
