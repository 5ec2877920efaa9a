"""The queue's own recurring task."""

from datetime import timedelta

from django.core.management import call_command
from django.utils import timezone

from openrisk.tasks import scheduled, task
from openrisk.tasks.models import Lease, Turn

DAYS_SUCCESSES_ARE_KEPT = 14
DAYS_FAILURES_ARE_KEPT = 90


@scheduled("23 3 * * *", name="tasks.prune")
@task
def prune() -> None:
    """Delete results of tasks that finished long ago, and what is left of workers and turns."""
    call_command(
        "prune_db_task_results",
        queue_name="*",
        min_age_days=DAYS_SUCCESSES_ARE_KEPT,
        failed_min_age_days=DAYS_FAILURES_ARE_KEPT,
    )
    Lease.objects.filter(expires_at__lt=timezone.now() - timedelta(days=1)).delete()
    long_ago = timezone.now() - timedelta(days=DAYS_FAILURES_ARE_KEPT)
    Turn.objects.filter(taken_at__lt=long_ago).delete()
