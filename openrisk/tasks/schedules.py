"""Enqueues what is due by its schedule. Every worker does; each occurrence is enqueued once."""

import structlog
from django.db import transaction
from django.utils import timezone

from openrisk.tasks.declarations import next_occurrence, scheduled_tasks
from openrisk.tasks.models import Schedule

log = structlog.get_logger(__name__)


def synchronize() -> None:
    """Bring the table up to the code: add schedules, take over changed cron expressions.

    Rows that this code does not know stay: a newer version of it may run elsewhere.
    """
    now = timezone.now()
    known = {row.name: row.cron for row in Schedule.objects.all()}
    for name, declared in scheduled_tasks().items():
        if known.get(name) != declared.cron:
            Schedule.objects.update_or_create(
                name=name,
                defaults={
                    "cron": declared.cron,
                    "next_run_at": next_occurrence(declared.cron, now),
                },
            )


def enqueue_due() -> int:
    """Enqueue each schedule that is due once, however often it was missed; how many were due."""
    now = timezone.now()
    due = Schedule.objects.filter(name__in=scheduled_tasks(), next_run_at__lte=now)
    return sum(_enqueue(row) for row in due)


def _enqueue(row: Schedule) -> bool:
    now = timezone.now()
    with transaction.atomic():  # the row moves on only together with its task
        if not row.advance(now):
            return False
        result = scheduled_tasks()[row.name].task.enqueue()
    log.info("schedule_enqueued", schedule=row.name, task_id=result.id, due=row.next_run_at)
    return True
