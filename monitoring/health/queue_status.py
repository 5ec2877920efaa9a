"""The state of background work, tasks and connectors: for metrics, pages and health."""

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
    """Tasks by status, and the seconds for which the oldest task that could run has waited."""

    tasks: dict[str, int]
    oldest_seconds: float


def read_queue_status() -> QueueStatus:
    counts = dict(DBTaskResult.objects.order_by().values_list("status").annotate(count=Count("pk")))
    now = timezone.now()
    runnable = DBTaskResult.objects.filter(
        Q(run_after__isnull=True) | Q(run_after__lte=now), status=TaskResultStatus.READY
    )
    oldest = runnable.aggregate(oldest=Min("enqueued_at"))["oldest"]
    return QueueStatus(
        {str(status).lower(): counts.get(status, 0) for status in TaskResultStatus.values},
        max(0.0, (now - oldest).total_seconds()) if oldest else 0.0,
    )


def count_recent_failures() -> dict[str, int]:
    """Count the tasks that failed for good within RECENT, by path, on any worker."""
    failed = DBTaskResult.objects.filter(
        status=TaskResultStatus.FAILED, finished_at__gt=timezone.now() - RECENT
    )
    return dict(failed.order_by().values_list("task_path").annotate(count=Count("pk")))


def count_connector_outcomes() -> Counter[tuple[str, str]]:
    """Count the apps in use by connector and last outcome, as the apps' pages show it."""
    in_use = InstalledApp.objects.exclude(state__in=(AppState.DISABLED, AppState.UNINSTALLED))
    return Counter((app.connector, derive_health(app)["outcome"]["state"]) for app in in_use)
