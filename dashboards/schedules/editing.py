"""Creating and changing scheduled reports."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from dashboards.models import ReportSchedule
from dashboards.schedules.rights import check_rights
from openrisk.accounts.models import Organization, User
from openrisk.tasks.declarations import next_occurrence
from risks.services import rows


def create_schedule(
    *, actor: User | None, organization: Organization, **fields: Any
) -> ReportSchedule:
    fields["next_run_at"] = next_run(fields["cron"])
    if actor is not None:
        check_rights(actor, organization, fields.get("board"), fields.get("recipients"))
        fields["author"] = actor
    return rows.create(ReportSchedule, actor=actor, organization=organization, **fields)


def update_schedule(
    *, actor: User | None, instance: ReportSchedule, version: int | None = None, **fields: Any
) -> ReportSchedule:
    """Change a schedule. The person who changes it becomes its author, and needs the rights.

    With another cron expression, or when it becomes active again, it starts from now: times that
    were missed are not made up for.
    """
    if not fields.keys().isdisjoint(("cron", "active")):
        fields["next_run_at"] = next_run(fields.get("cron", instance.cron))
    if actor is not None:
        board = fields.get("board", instance.board)
        recipients = fields.get("recipients", instance.recipients)
        check_rights(actor, instance.organization, board, recipients)
        fields["author"] = actor
    return rows.update(actor=actor, instance=instance, version=version, **fields)


def wait_for_next_run(schedules: list[Any]) -> list[str]:
    """Let restored schedules go on from now: times that were missed are not made up for."""
    for schedule in schedules:
        schedule.next_run_at = next_run(schedule.cron)
    return []


def next_run(cron: str) -> datetime:
    try:
        return next_occurrence(cron, timezone.now())
    except ValueError as reason:
        raise rows.field_error("cron", str(reason)) from None
