"""Scheduled reports as pages show them: recipients by name, and the last sendings."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from dashboards.models import ReportSchedule
from dashboards.schedules.rights import can_see
from openrisk.accounts.models import Membership, Role, User
from risks.models import Change, ChangeAction

MODEL = "dashboards.reportschedule"
MOST_SENDINGS = 20
NAMED = 2


@dataclass(frozen=True)
class ScheduleRow:
    """A schedule as one member sees it: the board of someone else has no name."""

    schedule: ReportSchedule
    recipients: list[str]
    is_visible: bool

    @property
    def name(self) -> str:
        board = self.schedule.board
        if board is None:
            return _("Executive report")
        return board.name if self.is_visible else _("A private board")

    @property
    def more(self) -> int:
        """Return how many recipients there are beyond those that a list names."""
        return max(0, len(self.recipients) - NAMED)

    @property
    def state(self) -> tuple[str, str]:
        """Return the words of its state, and their tone."""
        schedule = self.schedule
        if not schedule.active:
            return (_("Ended"), "error") if schedule.last_error else (_("Paused"), "warning")
        if schedule.last_error:
            return _("Problem"), "error"
        return (_("Sent"), "success") if schedule.last_sent_at else (_("Waiting"), "")


@dataclass(frozen=True)
class Sending:
    """One report that was sent, or that was not."""

    at: datetime
    is_sent: bool
    text: str


def build_rows(member: Membership, schedules: Iterable[Any]) -> list[ScheduleRow]:
    """Return the rows, with the names of all recipients by one query."""
    schedules = list(schedules)
    addresses = {str(one).lower() for row in schedules for one in row.recipients}
    members = User.objects.filter(memberships__organization=member.organization)
    names = {
        person.email.lower(): str(person)
        for person in (members.filter(email__in=addresses) if addresses else ())
    }
    return [
        ScheduleRow(
            schedule,
            [names.get(str(one).lower(), str(one)) for one in schedule.recipients],
            schedule.board is None or can_see(member.user, schedule.board),
        )
        for schedule in schedules
    ]


def load_sendings(schedule: ReportSchedule) -> list[Sending]:
    """Return the last sendings, the latest first, as the history has them."""
    outcomes = Q(changes__has_key="last_sent_at") | Q(changes__has_key="last_error")
    changes = Change.objects.for_organization(schedule.organization).filter(
        outcomes, model=MODEL, object_id=schedule.pk, action=ChangeAction.UPDATED
    )
    sendings = []
    for change in changes.order_by("-id")[:MOST_SENDINGS]:
        is_sent = "last_sent_at" in change.changes
        error = (change.changes.get("last_error") or ["", ""])[1] or ""
        if not is_sent and not error:
            continue  # an error was cleared
        text = " ".join(part for part in (change.comment, error) if part) if is_sent else error
        sendings.append(Sending(change.at, is_sent, text))
    return sendings


def may_manage(member: Membership) -> bool:
    return member.has_role(Role.MANAGER)
