"""What a scheduled report may show, and to whom it may go: what its author may see and send.

The author is who saved the schedule last. Managers send to members of the organization,
administrators to other addresses too. It is looked at when the schedule is saved and before each
report goes out: a right that is gone ends the schedule, with a notice.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db.models.functions import Lower

from dashboards.models import Board, ReportSchedule, validate_recipients
from openrisk.accounts.models import Organization, Role, User
from risks.history import recorded
from risks.services import rows


def check_rights(
    actor: User, organization: Organization, board: Board | None, recipients: Any
) -> None:
    """Raises ValidationError where `actor` may not see the board, or not send to an address."""
    if board is not None and not _is_visible(board, actor):
        raise rows.field_error("board", "Choose a board of your own, or one that is shared.")
    try:
        validate_recipients(recipients)
    except ValidationError:
        return  # the field says so better
    outside = _outside(organization, recipients)
    if outside and not _may(actor, organization, Role.ADMIN):
        raise rows.field_error(
            "recipients",
            f"{', '.join(map(str, outside))[:200]}: not a member of {organization}. Only "
            "administrators may send reports to other addresses.",
        )


def reason_to_end(schedule: ReportSchedule) -> str:
    """Why no report may go out any more; "" where it may."""
    author, board = schedule.author, schedule.board
    if author is not None and not _may(author, schedule.organization, Role.MANAGER):
        return f"{author} may no longer schedule reports of {schedule.organization}."
    if board is not None and not _is_visible(board, author):
        return "The board is not shared any more."
    if not allowed_recipients(schedule):
        return (
            "None of its recipients is a member of the organization. Let an administrator save the "
            "schedule, who may send to other addresses."
        )
    return ""


def allowed_recipients(schedule: ReportSchedule) -> list[str]:
    """Those of its recipients whom its author may send to now."""
    if schedule.author and _may(schedule.author, schedule.organization, Role.ADMIN):
        return list(schedule.recipients)
    outside = set(_outside(schedule.organization, schedule.recipients))
    return [address for address in schedule.recipients if address not in outside]


def end_schedule(schedule: ReportSchedule, reason: str) -> None:
    """Let it rest, and tell its author and the administrators why."""
    with recorded(actor=None, comment=f"Ended: {reason}"):
        rows.save_fields(rows.lock_for_update(schedule), {"active": False, "last_error": reason})
    people = User.objects.filter(is_active=True, memberships__organization=schedule.organization)
    told = set(people.filter(memberships__role=Role.ADMIN).values_list("email", flat=True))
    if schedule.author and schedule.author.is_active:
        told.add(schedule.author.email)
    which = schedule.board.name if schedule.board else schedule.get_dashboard_display()
    subject = f"A scheduled report of {' '.join(schedule.organization.name.split())} has ended"
    body = f"The report {' '.join(which.split())!r} goes out no more. {reason}\n"
    for address in sorted(told):  # each alone: who left need not learn who is there
        send_mail(subject, body, None, [address], fail_silently=True)


def _is_visible(board: Board, person: User | None) -> bool:
    return board.shared or (person is not None and board.owner_id == person.pk)


def _may(person: User, organization: Organization, role: Role) -> bool:
    if not person.is_active:
        return False
    membership = person.memberships.filter(organization=organization).first()
    return person.is_superuser or (membership is not None and membership.has_role(role))


def _outside(organization: Organization, recipients: list[Any]) -> list[Any]:
    """The addresses that are none of an active member's."""
    members = User.objects.filter(is_active=True, memberships__organization=organization)
    known = set(members.values_list(Lower("email"), flat=True))
    return [address for address in recipients if str(address).lower() not in known]
