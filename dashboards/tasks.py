"""Tasks that send scheduled reports."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from dashboards.models import ReportSchedule
from dashboards.schedules import sending
from openrisk.database import clock
from openrisk.tasks import for_organization, retrying, scheduled, task


@retrying(attempts=5, base=timedelta(minutes=5))
@task
def send_report(schedule: str, due: str) -> bool:
    """Send one report of a schedule. A second run for the same time sends nothing."""
    return sending.send_scheduled(UUID(schedule), datetime.fromisoformat(due))


@scheduled("* * * * *", name="dashboards.send_due_reports")
@task
def send_due_reports() -> int:
    """Queue the reports that are due, each as a task, so that none waits for retries of others."""
    now = clock.database_now()
    for schedule in ReportSchedule.objects.filter(active=True, next_run_at__gt=now):
        if schedule.timing.is_too_far(schedule.next_run_at, now):  # a clock was ahead
            schedule.move_to(schedule.timing.next_after(now))
    return sum(enqueue_report(schedule, now) for schedule in ReportSchedule.objects.due(now))


def enqueue_report(schedule: ReportSchedule, now: datetime) -> bool:
    """Queue the report, unless another worker did. The schedule advances only with its task."""
    with transaction.atomic():
        if not schedule.advance(now):
            return False
        send = for_organization(send_report, schedule.organization_id)
        send.enqueue(str(schedule.pk), schedule.next_run_at.isoformat())
    return True
