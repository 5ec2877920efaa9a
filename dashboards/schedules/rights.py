"""The rights of a scheduled report: what its author may show, and to whom it may be sent.

The author is the person who saved the schedule last. Managers send to members of the organization,
administrators to other addresses too. The rights are checked when the schedule is saved and before
each report is sent: if one is gone, the schedule ends with a notice.
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
    """Raise ValidationError if `actor` may not see the board, or not send to an address."""
    if board is not None and not can_see(actor, board):
        raise rows.field_error("board", "Choose a board of your own, or one that is shared.")
    try:
        validate_recipients(recipients)
    except ValidationError:
        return  # the field reports it
    outside = outside_addresses(organization, recipients)
    if outside and not has_role(actor, organization, Role.ADMIN):
        addresses = ", ".join(map(str, outside))[:200]
        reason = (
            f"Not a member of {organization}: {addresses}. Only administrators may send reports to "
            "other addresses."
        )
        raise rows.field_error("recipients", reason)


def reason_to_end(schedule: ReportSchedule) -> str:
    """Return why no more reports may be sent, or an empty string."""
    author, board = schedule.author, schedule.board
    if author is not None and not has_role(author, schedule.organization, Role.MANAGER):
        return f"{author} may no longer schedule reports of {schedule.organization}."
    if board is not None and not can_see(author, board):
        return "The board is no longer shared."
    if not allowed_recipients(schedule):
        return (
            "None of its recipients is a member of the organization. Only administrators may send "
            "to other addresses: ask one to save the schedule."
        )
    return ""


def allowed_recipients(schedule: ReportSchedule) -> list[str]:
    """Return the recipients to whom the schedule's author may send now."""
    if schedule.author and has_role(schedule.author, schedule.organization, Role.ADMIN):
        return list(schedule.recipients)
    outside = set(outside_addresses(schedule.organization, schedule.recipients))
    return [address for address in schedule.recipients if address not in outside]


def end_schedule(schedule: ReportSchedule, reason: str) -> None:
    """Deactivate the schedule, and tell its author and the administrators why."""
    with recorded(actor=None, comment=f"Ended: {reason}"):
        rows.save_fields(rows.lock_for_update(schedule), {"active": False, "last_error": reason})
    members = User.objects.filter(is_active=True, memberships__organization=schedule.organization)
    administrators = members.filter(memberships__role=Role.ADMIN)
    addresses = set(administrators.values_list("email", flat=True))
    if schedule.author and schedule.author.is_active:
        addresses.add(schedule.author.email)
    report = schedule.board.name if schedule.board else schedule.get_dashboard_display()
    subject = f"A scheduled report of {' '.join(schedule.organization.name.split())} has ended"
    body = f"The report {' '.join(report.split())!r} is no longer sent. {reason}\n"
    # One message each: an author who has left must not learn who the administrators are.
    for address in sorted(addresses):
        send_mail(subject, body, None, [address], fail_silently=True)


def can_see(person: User | None, board: Board) -> bool:
    return board.shared or (person is not None and board.owner_id == person.pk)


def has_role(person: User, organization: Organization, role: Role) -> bool:
    if not person.is_active:
        return False
    membership = person.memberships.filter(organization=organization).first()
    return person.is_superuser or (membership is not None and membership.has_role(role))


def outside_addresses(organization: Organization, recipients: list[Any]) -> list[Any]:
    """Return the recipients that are not the address of an active member."""
    members = User.objects.filter(is_active=True, memberships__organization=organization)
    known = set(members.values_list(Lower("email"), flat=True))
    return [address for address in recipients if str(address).lower() not in known]
