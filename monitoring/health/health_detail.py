"""The health of the installation, part by part: for `/health/detail` and the page /monitoring/."""

from typing import Any

from django.conf import settings
from prometheus_client.multiprocess import MultiProcessCollector

from monitoring import alerts
from monitoring.health import queue_status
from monitoring.health.probes import check_readiness
from monitoring.models import HEARTBEAT, Alert
from openrisk.caching.inspection import statistics
from openrisk.database.checks import connection_demand

POOL_METRICS = "openrisk_database_pool_"


def collect_health_detail() -> dict[str, Any]:
    """Return the readiness, and the state of pool, cache, queue, connectors and monitoring."""
    queue = queue_status.read_queue_status()
    outcomes = queue_status.count_connector_outcomes()
    return {
        **check_readiness().as_dict(),
        "pool": pool_health(),
        "cache": cache_health(),
        "queue": {
            "tasks": queue.tasks,
            "oldest_seconds": queue.oldest_seconds,
            "failed_recently": queue_status.count_recent_failures(),
        },
        "connectors": [
            {"connector": connector, "outcome": outcome, "apps": count}
            for (connector, outcome), count in sorted(outcomes.items())
        ],
        "monitoring": monitoring_health(),
    }


def pool_health() -> dict[str, Any]:
    """Return the connections of all processes of `manage.py serve`; None while it does not run."""
    folder = statistics.metrics_folder()
    metrics = MultiProcessCollector(None, path=str(folder)).collect() if folder else ()
    connections = {
        metric.name.removeprefix(POOL_METRICS): metric.samples[0].value
        for metric in metrics
        if metric.name.startswith(POOL_METRICS) and metric.samples
    }
    return {
        "profile": settings.POOL_PROFILE,
        "mode": "pool" if settings.DATABASE_POOL else "persistent",
        "budget": settings.DATABASE_BUDGET,
        "demand": connection_demand().total,
        **dict.fromkeys(("size", "in_use", "idle", "waiting")),
        **connections,
    }


def cache_health() -> dict[str, Any]:
    counters, store = statistics.read_counters(), statistics.store_state()
    return {
        "state": {True: "ok", False: "degraded", None: "none"}[store.reachable],
        "backend": store.backend,
        "detail": store.detail,
        "consistency": settings.CACHE_CONSISTENCY,
        "breaker_open": counters.breaker_open,
        "hit_rate": counters.hit_rate,
    }


def monitoring_health() -> dict[str, Any]:
    silence = alerts.heartbeat_silence()
    state = "ok" if silence is not None and silence <= alerts.SILENT_AFTER else "silent"
    return {
        "state": state if settings.ALERTS_TOKEN else "none",
        "silent_seconds": None if silence is None else round(silence.total_seconds()),
        "firing": Alert.objects.firing().exclude(name=HEARTBEAT).count(),
    }
