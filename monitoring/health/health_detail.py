"""How the installation does, part by part: `/health/detail` and the page /monitoring/."""

from typing import Any

from django.conf import settings
from prometheus_client.multiprocess import MultiProcessCollector

from monitoring import alerts
from monitoring.health import queue_status
from monitoring.health.probes import check_readiness
from monitoring.models import HEARTBEAT, Alert
from openrisk.caching.inspection import statistics
from openrisk.database.checks import connection_demand

POOL = "openrisk_database_pool_"


def collect_health_detail() -> dict[str, Any]:
    """Readiness, and the state of pool, cache, queue, connectors and monitoring."""
    return {
        **check_readiness().told(),
        "pool": _pool(),
        "cache": _cache(),
        "queue": _queue(),
        "connectors": [
            {"connector": connector, "outcome": outcome, "apps": count}
            for (connector, outcome), count in sorted(
                queue_status.count_connector_outcomes().items()
            )
        ],
        "monitoring": _monitoring(),
    }


def _pool() -> dict[str, Any]:
    """Connections of all processes of `manage.py serve`, None where it does not run."""
    return {
        "profile": settings.POOL_PROFILE,
        "mode": "pool" if settings.DATABASE_POOL else "persistent",
        "budget": settings.DATABASE_BUDGET,
        "demand": connection_demand().total,
        **dict.fromkeys(("size", "in_use", "idle", "waiting")),
        **_counted_connections(),
    }


def _counted_connections() -> dict[str, float]:
    folder = statistics.metrics_folder()
    if folder is None:
        return {}
    return {
        metric.name.removeprefix(POOL): metric.samples[0].value
        for metric in MultiProcessCollector(None, path=str(folder)).collect()
        if metric.name.startswith(POOL) and metric.samples
    }


def _cache() -> dict[str, Any]:
    counted, store = statistics.read_counters(), statistics.store_state()
    return {
        "state": {True: "ok", False: "degraded", None: "none"}[store.reachable],
        "backend": store.backend,
        "detail": store.detail,
        "consistency": settings.CACHE_CONSISTENCY,
        "breaker_open": counted.breaker_open,
        "hit_rate": counted.hit_rate,
    }


def _queue() -> dict[str, Any]:
    found = queue_status.read_queue_status()
    return {
        "tasks": found.tasks,
        "oldest_seconds": found.oldest_seconds,
        "failed_recently": queue_status.count_recent_failures(),
    }


def _monitoring() -> dict[str, Any]:
    silence = alerts.heartbeat_silence()
    seconds = None if silence is None else round(silence.total_seconds())
    state = "ok" if silence is not None and silence <= alerts.SILENT_AFTER else "silent"
    return {
        "state": state if settings.ALERTS_TOKEN else "none",
        "silent_seconds": seconds,
        "firing": Alert.objects.firing().exclude(name=HEARTBEAT).count(),
    }
