"""Reports that go out by the clock."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from dashboards.models import ReportSchedule
from dashboards.schedules import sending
from openrisk.database import clock
from openrisk.tasks import for_organization, retrying, scheduled, task
from openrisk.tasks.declarations import is_too_far, next_occurrence


@retrying(attempts=5, base=timedelta(minutes=5))
@task
def send_report(schedule: str, due: str) -> bool:
    """One report of a schedule. A second run for the same time sends nothing."""
    return sending.send_scheduled(UUID(schedule), datetime.fromisoformat(due))


@scheduled("* * * * *", name="dashboards.send_due_reports")
@task
def send_due_reports() -> int:
    """Queue the reports that are due, each on its own, so that none waits for another's retries."""
    now = clock.database_now()
    for row in ReportSchedule.objects.filter(active=True, next_run_at__gt=now):
        if is_too_far(row.cron, row.next_run_at, now):  # a clock was ahead
            row.move_to(next_occurrence(row.cron, now))
    return sum(_enqueue(row, now) for row in ReportSchedule.objects.due(now))


def _enqueue(row: ReportSchedule, now: datetime) -> bool:
    with transaction.atomic():  # the row moves on only together with its task
        if not row.advance(now):
            return False
        send = for_organization(send_report, row.organization_id)
        send.enqueue(str(row.pk), row.next_run_at.isoformat())
    return True
