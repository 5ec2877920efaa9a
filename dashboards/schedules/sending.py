"""Reports by e-mail: the message, and sending it exactly once for each time that is due."""

from datetime import datetime
from uuid import UUID

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from dashboards.figures.scope import FigureScope
from dashboards.models import Board, ReportSchedule
from dashboards.pages.executive import executive_figures
from dashboards.pages.query import PageQuery, parse_board_query
from dashboards.schedules.rights import allowed_recipients, end_schedule, reason_to_end
from openrisk.accounts.models import Organization, User
from openrisk.links import page_url
from risks.history import recorded

LONGEST_ERROR = 1000


def build_report_email(
    *,
    organization: Organization,
    period: str,
    recipients: list[str],
    board: Board | None = None,
    prepared_by: User | None = None,
) -> EmailMessage:
    """Build a message with the overview, or a board, as of now, as PDF."""
    from dashboards.report import board_report, executive_report  # noqa: PLC0415  20 MB, only here

    if board is not None:
        query = parse_board_query(board, {"period": period})
        text = f"The board {' '.join(board.name.split())} is attached."
        page = page_url("board", organization.slug, board.slug)
        name = board_report.board_report_name(board, query)
        content = board_report.draw_board_report(board, query, prepared_by)
    else:
        query = PageQuery(FigureScope(organization), period)
        figures = executive_figures(query)
        text = f"{figures['headline']}\n\nThe report is attached."
        page = page_url("home", organization.slug)
        name = executive_report.executive_report_name(query.scope)
        content = executive_report.draw_executive_report(query, figures, prepared_by)
    message = EmailMessage(
        f"Risk report of {' '.join(organization.name.split())}",
        f"{text}\n\n{page}\n",
        to=recipients,
    )
    message.attach(name, content, "application/pdf")
    return message


def send_to_person(schedule: ReportSchedule, person: User) -> None:
    """Send what the schedule sends to one person, now. The schedule stays as it is.

    Raises OSError if the mail server fails.
    """
    message = build_report_email(
        organization=schedule.organization,
        period=schedule.period,
        recipients=[person.email],
        board=schedule.board,
        prepared_by=person,
    )
    message.send()


def send_scheduled(pk: UUID, due: datetime) -> bool:
    """Send the report that was due then, unless it was sent already. Returns whether it was sent.

    Raises OSError if the mail server fails, and saves the error in the schedule.
    """
    schedule = (
        ReportSchedule.objects.filter(pk=pk)
        .select_related("organization", "author", "board__organization")
        .first()
    )
    if schedule is None or not schedule.is_waiting_for(due):
        return False
    if reason := reason_to_end(schedule):
        end_schedule(schedule, reason)
        return False
    message = build_report_email(
        organization=schedule.organization,
        period=schedule.period,
        recipients=allowed_recipients(schedule),
        board=schedule.board,
        prepared_by=schedule.author,
    )
    try:
        return send_once(pk, due, message)
    except OSError as error:  # includes all errors of smtplib
        ReportSchedule.objects.filter(pk=pk).update(last_error=str(error)[:LONGEST_ERROR])
        raise


def send_once(pk: UUID, due: datetime, message: EmailMessage) -> bool:
    """Send the message under a lock on the schedule, for which other workers wait.

    It is saved as sent only if the mail server accepted the message.
    """
    with transaction.atomic():
        locked = ReportSchedule.objects.select_for_update(of=("self",))
        schedule = locked.select_related("organization", "author", "board").filter(pk=pk).first()
        if schedule is None or not schedule.is_waiting_for(due) or reason_to_end(schedule):
            return False
        message.to = allowed_recipients(schedule)
        message.send()
        left_out = [address for address in schedule.recipients if address not in message.to]
        error = f"Not sent to {', '.join(left_out)}: no longer a member." if left_out else ""
        with recorded(actor=None, comment=f"Sent to {', '.join(message.to)}"):
            ReportSchedule.objects.filter(pk=schedule.pk).update(
                last_sent_at=timezone.now(),
                last_recipients=message.to,
                last_error=error[:LONGEST_ERROR],
            )
    return True
