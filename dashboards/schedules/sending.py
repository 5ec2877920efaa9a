"""Reports by e-mail, and when they go out."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from dashboards.figures.scope import FigureScope
from dashboards.models import Board, ReportSchedule
from dashboards.pages.executive import executive_figures
from dashboards.pages.query import PageQuery
from dashboards.schedules.rights import (
    allowed_recipients,
    check_rights,
    end_schedule,
    reason_to_end,
)
from openrisk.accounts.models import Organization, User
from openrisk.links import page_url
from openrisk.tasks.declarations import next_occurrence
from risks.history import recorded
from risks.services import rows

LONGEST_ERROR = 1000


def build_report_email(
    *, organization: Organization, period: str, recipients: list[str], board: Board | None = None
) -> EmailMessage:
    """The overview, or a board, as of now, as PDF; the overview with its headline as text."""
    from dashboards.report import board_report, executive_report  # noqa: PLC0415  20 MB, only here

    if board is not None:
        wanted = board_report.asked_of(board, period=period)
        said = f"The board {' '.join(board.name.split())} is attached."
        page = page_url("board", organization.slug, board.slug)
        name = board_report.board_report_name(board, wanted)
        content = board_report.draw_board_report(board, wanted)
    else:
        wanted = PageQuery(FigureScope(organization), period)
        figures = executive_figures(wanted)
        said = f"{figures['headline']}\n\nThe report is attached."
        page = page_url("home", organization.slug)
        name = executive_report.executive_report_name(wanted.scope)
        content = executive_report.draw_executive_report(wanted, figures)
    message = EmailMessage(
        f"Risk report of {' '.join(organization.name.split())}",
        f"{said}\n\n{page}\n",
        to=recipients,
    )
    message.attach(name, content, "application/pdf")
    return message


# --- Schedules ------------------------------------------------------------------------------------
def create_schedule(
    *, actor: User | None, organization: Organization, **fields: Any
) -> ReportSchedule:
    fields["next_run_at"] = _next(fields["cron"])
    if actor is not None:
        check_rights(actor, organization, fields.get("board"), fields.get("recipients"))
        fields["author"] = actor
    return rows.create(ReportSchedule, actor=actor, organization=organization, **fields)


def update_schedule(
    *, actor: User | None, instance: ReportSchedule, version: int | None = None, **fields: Any
) -> ReportSchedule:
    """Another time, or being active again, makes up for nothing that was missed.

    Who changes it is its author from then on, and has to be allowed all of it.
    """
    if not fields.keys().isdisjoint(("cron", "active")):
        fields["next_run_at"] = _next(fields.get("cron", instance.cron))
    if actor is not None:
        board = fields.get("board", instance.board)
        recipients = fields.get("recipients", instance.recipients)
        check_rights(actor, instance.organization, board, recipients)
        fields["author"] = actor
    return rows.update(actor=actor, instance=instance, version=version, **fields)


def _next(cron: str) -> datetime:
    try:
        return next_occurrence(cron, timezone.now())
    except ValueError as reason:
        raise rows.field_error("cron", str(reason)) from None


def send_scheduled(pk: UUID, due: datetime) -> bool:
    """Send the report that was due then, unless that is done; whether it was sent.

    OSError where the mail server fails; it is noted in the schedule.
    """
    schedule = (
        ReportSchedule.objects.filter(pk=pk)
        .select_related("organization", "author", "board__organization")
        .first()
    )
    if schedule is None or not _waits(schedule, due):
        return False
    if reason := reason_to_end(schedule):
        end_schedule(schedule, reason)
        return False
    message = build_report_email(
        organization=schedule.organization,
        period=schedule.period,
        recipients=allowed_recipients(schedule),
        board=schedule.board,
    )
    try:
        return _send_once(pk, due, message)
    except OSError as error:  # all that smtplib raises is one
        ReportSchedule.objects.filter(pk=pk).update(last_error=str(error)[:LONGEST_ERROR])
        raise


def _note_sent(schedule: ReportSchedule, recipients: list[str]) -> None:
    """In the schedule and, with whom it went to, in its history."""
    left_out = [address for address in schedule.recipients if address not in recipients]
    error = f"Not sent to {', '.join(left_out)}: no member any more." if left_out else ""
    with recorded(actor=None, comment=f"Sent to {', '.join(recipients)}"):
        ReportSchedule.objects.filter(pk=schedule.pk).update(
            last_sent_at=timezone.now(),
            last_recipients=recipients,
            last_error=error[:LONGEST_ERROR],
        )


def _waits(schedule: ReportSchedule, due: datetime) -> bool:
    return schedule.active and (schedule.last_sent_at is None or schedule.last_sent_at < due)


def _send_once(pk: UUID, due: datetime, message: EmailMessage) -> bool:
    """It is noted as sent only if the mail server took the message; another worker waits."""
    with transaction.atomic():
        locked = ReportSchedule.objects.select_for_update(of=("self",))
        schedule = locked.select_related("organization", "author", "board").filter(pk=pk).first()
        if schedule is None or not _waits(schedule, due) or reason_to_end(schedule):
            return False
        message.to = allowed_recipients(schedule)
        message.send()
        _note_sent(schedule, message.to)
    return True
