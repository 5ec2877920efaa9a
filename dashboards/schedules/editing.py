"""Creating and changing scheduled reports."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from dashboards.models import ReportSchedule
from dashboards.schedules.rights import check_rights
from dashboards.schedules.timing import Timing
from openrisk.accounts.models import Organization, User
from risks.services import rows

TIMING_FIELDS = ("cron", "first_working_day", "active")  # a change of these starts it from now


def create_schedule(
    *, actor: User | None, organization: Organization, **fields: Any
) -> ReportSchedule:
    timing = Timing(fields["cron"], fields.get("first_working_day", False))
    fields["next_run_at"] = next_run(timing)
    if actor is not None:
        check_rights(actor, organization, fields.get("board"), fields.get("recipients"))
        fields["author"] = actor
    return rows.create(ReportSchedule, actor=actor, organization=organization, **fields)


def update_schedule(
    *, actor: User | None, instance: ReportSchedule, version: int | None = None, **fields: Any
) -> ReportSchedule:
    """Change a schedule. The person who changes it becomes its author, and needs the rights.

    With other times, or when it becomes active again, it starts from now: times that
    were missed are not made up for.
    """
    if not fields.keys().isdisjoint(TIMING_FIELDS):
        timing = Timing(
            fields.get("cron", instance.cron),
            fields.get("first_working_day", instance.first_working_day),
        )
        fields["next_run_at"] = next_run(timing)
    if actor is not None:
        board = fields.get("board", instance.board)
        recipients = fields.get("recipients", instance.recipients)
        check_rights(actor, instance.organization, board, recipients)
        fields["author"] = actor
    return rows.update(actor=actor, instance=instance, version=version, **fields)


def pause_schedule(
    *, actor: User, instance: ReportSchedule, version: int | None = None
) -> ReportSchedule:
    """Send nothing until someone resumes it. Its author stays, so no rights are needed for that."""
    return rows.update(actor=actor, instance=instance, version=version, active=False)


def wait_for_next_run(schedules: list[Any]) -> list[str]:
    """Let restored schedules go on from now: times that were missed are not made up for."""
    for schedule in schedules:
        schedule.next_run_at = next_run(schedule.timing)
    return []


def next_run(timing: Timing) -> datetime:
    try:
        return timing.next_after(timezone.now())
    except ValueError as reason:
        raise rows.field_error("cron", str(reason)) from None
