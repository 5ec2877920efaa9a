"""How background work stands: the task queue, and the connectors. For metrics, pages and health."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Min, Q
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from marketplace.installations.health import derive_health
from marketplace.models import AppState, InstalledApp

RECENT = timedelta(minutes=15)


@dataclass(frozen=True)
class QueueStatus:
    """Tasks by status, and for how many seconds the oldest that could run has waited."""

    tasks: dict[str, int]
    oldest_seconds: float


def read_queue_status() -> QueueStatus:
    counts = dict(DBTaskResult.objects.order_by().values_list("status").annotate(count=Count("pk")))
    now = timezone.now()
    due = DBTaskResult.objects.filter(status=TaskResultStatus.READY).filter(
        Q(run_after__isnull=True) | Q(run_after__lte=now)
    )
    oldest = due.aggregate(oldest=Min("enqueued_at"))["oldest"]
    return QueueStatus(
        {str(status).lower(): counts.get(status, 0) for status in TaskResultStatus.values},
        max(0.0, (now - oldest).total_seconds()) if oldest else 0.0,
    )


def count_recent_failures() -> dict[str, int]:
    """How many tasks failed for good within RECENT, by path, wherever the worker ran."""
    rows = DBTaskResult.objects.filter(
        status=TaskResultStatus.FAILED, finished_at__gt=timezone.now() - RECENT
    )
    return dict(rows.order_by().values_list("task_path").annotate(count=Count("pk")))


def count_connector_outcomes() -> Counter[tuple[str, str]]:
    """Apps in use by connector and the outcome of what they did last, as their pages show it."""
    return Counter(
        (app.connector, derive_health(app)["outcome"]["state"])
        for app in InstalledApp.objects.exclude(state__in=(AppState.DISABLED, AppState.UNINSTALLED))
    )
