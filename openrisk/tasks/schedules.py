"""Enqueues what is due by its schedule. Every worker does; each occurrence is enqueued once."""

from datetime import datetime

import structlog
from django.db import transaction

from openrisk.database import clock
from openrisk.tasks.declarations import is_too_far, late_seconds, next_occurrence, scheduled_tasks
from openrisk.tasks.models import Schedule

log = structlog.get_logger(__name__)


def synchronize_schedules() -> None:
    """Bring the table up to the code: add schedules, take over changed cron expressions.

    Rows that this code does not know stay: a newer version of it may run elsewhere.
    """
    now = clock.database_now()
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
    now = clock.database_now()
    rows = list(Schedule.objects.filter(name__in=scheduled_tasks()))
    for row in rows:
        if is_too_far(row.cron, row.next_run_at, now):  # by a clock that was ahead
            log.warning("schedule_brought_back", schedule=row.name, was_due=row.next_run_at)
            far = Schedule.objects.filter(pk=row.pk, next_run_at=row.next_run_at)
            far.update(next_run_at=next_occurrence(row.cron, now))
    return sum(enqueue_occurrence(row, now) for row in rows if row.next_run_at <= now)


def schedule_lateness() -> dict[str, float]:
    """By how many seconds each schedule is late, by its name."""
    now = clock.database_now()
    rows = Schedule.objects.filter(name__in=scheduled_tasks())
    return {row.name: late_seconds(row.cron, row.next_run_at, now) for row in rows}


def enqueue_occurrence(row: Schedule, now: datetime) -> bool:
    with transaction.atomic():  # the row moves on only together with its task
        if not row.advance(now):
            return False
        result = scheduled_tasks()[row.name].task.enqueue()
    log.debug("schedule_enqueued", schedule=row.name, task_id=result.id, due=row.next_run_at)
    return True
