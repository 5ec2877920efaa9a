"""The connections of this process, by how they are kept."""

import weakref
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from prometheus_client import Counter, Gauge

size = Gauge(
    "openrisk_database_pool_size",
    "Connections that are open for requests and tasks, in all processes",
    multiprocess_mode="livesum",
)
in_use = Gauge(
    "openrisk_database_pool_in_use",
    "Those of them that a request is using",
    multiprocess_mode="livesum",
)
idle = Gauge("openrisk_database_pool_idle", "Those that wait for one", multiprocess_mode="livesum")
waiting = Gauge(
    "openrisk_database_pool_waiting",
    "Requests that wait for a connection of the pool",
    multiprocess_mode="livesum",
)
wait_seconds = Counter(
    "openrisk_database_pool_wait_seconds_total", "For how long requests have waited for one"
)
errors = Counter(
    "openrisk_database_pool_errors_total", "Requests that got none, or connections that failed"
)
_open: "weakref.WeakSet[BaseDatabaseWrapper]" = weakref.WeakSet()
_before: dict[str, float] = {}


def connect_signals() -> None:
    connection_created.connect(remember_connection, dispatch_uid="openrisk.database.metrics")


def remember_connection(sender: Any, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    _open.add(connection)


def observe_connections(busy: int) -> None:
    """Set the gauges; `busy` is how many requests are being answered. Called once a second."""
    pool = getattr(connection, "pool", None) if connection.vendor == "postgresql" else None
    if pool is None:
        opened = sum(wrapper.connection is not None for wrapper in list(_open))
        free, queued = opened - min(busy, opened), 0
    else:  # psycopg's pool counts from its start, in milliseconds
        stats = pool.get_stats()
        opened, free = stats.get("pool_size", 0), stats.get("pool_available", 0)
        queued = stats.get("requests_waiting", 0)
        failed = stats.get("requests_errors", 0) + stats.get("connections_errors", 0)
        _count_up_to("wait", wait_seconds, stats.get("requests_wait_ms", 0) / 1000)
        _count_up_to("errors", errors, failed)
    size.set(opened)
    in_use.set(opened - free)
    idle.set(free)
    waiting.set(queued)


def _count_up_to(name: str, counter: Counter, total: float) -> None:
    counter.inc(max(0.0, total - _before.get(name, 0.0)))
    _before[name] = total
