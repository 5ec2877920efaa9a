"""Invitations: how people become members of an organization, by their own consent.

A link with a random secret goes to the address and to no one else. Who opens it has shown that the
address is theirs: a new person chooses a name and a password, a person with an account logs in.
"""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from openrisk.accounts import history
from openrisk.accounts.fields import fold_address
from openrisk.accounts.history import Kind
from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.models import (
    AccountEvent,
    Invitation,
    InvitationStatus,
    Membership,
    Organization,
    Role,
    User,
)
from openrisk.links import page_url

LIFETIME = timedelta(days=7)
# OpenRisk does not send bulk mail.
MOST_A_DAY = 200  # invitations and renewals of an organization
RENEWED_AFTER = timedelta(minutes=10)
CONSOLE = "django.core.mail.backends.console.EmailBackend"


class InvitationRefused(ValueError):
    """The message says why, and what to do."""


def can_mail() -> bool:
    return settings.EMAIL_BACKEND != CONSOLE


@transaction.atomic
def create_invitation(
    *, organization: Organization, address: str, role: Role | str, actor: User | None
) -> Invitation:
    """A pending invitation without a link, which is made when it is mailed or asked for.

    Raises InvitationRefused.
    """
    check_invitation(organization, address)
    try:
        with transaction.atomic():
            invitation = Invitation.objects.create(
                organization=organization,
                address=fold_address(address),
                role=Role(role),
                invited_by=actor,
                expires_at=timezone.now() + LIFETIME,
            )
    except IntegrityError:  # another request was first
        raise InvitationRefused(_already_invited(address)) from None
    _record(Kind.INVITED, invitation, actor=actor)
    return invitation


def check_invitation(organization: Organization, address: str) -> None:
    """Raises InvitationRefused for what the organization knows; never for who has an account."""
    try:
        Invitation._meta.get_field("address").run_validators(address)
    except ValidationError as error:
        raise InvitationRefused(" ".join(error.messages)) from None
    if Membership.objects.filter(organization=organization, user__email=address).exists():
        raise InvitationRefused(f"{address} is a member already. Change the role there.")
    pending = organization.invitations.filter(status=InvitationStatus.PENDING)
    if pending.filter(address=address).exists():
        raise InvitationRefused(_already_invited(address))
    _check_daily_limit(organization)


def _check_daily_limit(organization: Organization) -> None:
    """Each invitation and each renewal is a mail. Raises InvitationRefused."""
    events = AccountEvent.objects.filter(
        organization=organization,
        kind__in=(Kind.INVITED, Kind.INVITATION_RENEWED),
        at__gt=timezone.now() - timedelta(days=1),
    )
    if events.count() >= MOST_A_DAY:
        raise InvitationRefused(
            f"An organization sends at most {MOST_A_DAY} invitations a day. Try again tomorrow."
        )


def _already_invited(address: str) -> str:
    return f"{address} is invited already. Renew that invitation, or revoke it first."


@transaction.atomic
def renew_invitation(invitation: Invitation, *, actor: User | None) -> None:
    """Let the invitation begin again; a link from before ends. Raises InvitationRefused."""
    invitation = _lock_pending(invitation)
    began = invitation.expires_at - LIFETIME
    if actor is not None:
        if timezone.now() < began + RENEWED_AFTER:
            raise InvitationRefused("It was sent a moment ago. Wait ten minutes.")
        _check_daily_limit(invitation.organization)
    invitation.digest = None
    invitation.expires_at = timezone.now() + LIFETIME
    invitation.save()
    _record(Kind.INVITATION_RENEWED, invitation, actor=actor)


@transaction.atomic
def revoke_invitation(invitation: Invitation, *, actor: User | None) -> None:
    """Raises InvitationRefused."""
    _close(_lock_pending(invitation), InvitationStatus.REVOKED)
    _record(Kind.INVITATION_REVOKED, invitation, actor=actor)


@transaction.atomic
def make_link(invitation: Invitation) -> str:
    """The link that accepts it, which cannot be read again; one from before ends.

    Its holder can become the owner of the address here: it goes to the address, or to an operator,
    and never to the administrator who invites. Raises InvitationRefused.
    """
    invitation = _lock_pending(invitation)
    secret = secrets.token_urlsafe(32)
    invitation.digest = _digest(secret)
    invitation.save(update_fields=["digest"])
    return page_url("invitation", secret)


def mail_invitation(pk: UUID) -> bool:
    """Mail a new link to the address; False where the invitation is closed by now."""
    invitation = Invitation.objects.select_related("organization", "invited_by").get(pk=pk)
    if not invitation.is_open:
        return False
    host = invitation.invited_by or "An operator of OpenRisk"
    role = invitation.get_role_display().lower()
    send_mail(
        f"Invitation to {invitation.organization} on OpenRisk",
        f"{host} invites you to {invitation.organization} on OpenRisk, with the role {role}.\n\n"
        f"Accept or decline until {invitation.expires_at:%Y-%m-%d %H:%M} UTC:\n\n"
        f"{make_link(invitation)}\n\n"
        "The link is for you alone: do not pass it on. If you do not know what this is about, "
        "ignore it, and nothing happens.\n",
        settings.DEFAULT_FROM_EMAIL,
        [invitation.address],
    )
    return True


def find_invitation(secret: str) -> Invitation | None:
    """The open invitation that the link is for."""
    rows = Invitation.objects.filter(digest=_digest(secret)).select_related("organization")
    invitation = rows.first()
    return invitation if invitation and invitation.is_open else None


@transaction.atomic
def accept_invitation(invitation: Invitation, user: User) -> Membership:
    """Make the owner of the address a member. Raises InvitationRefused."""
    invitation = _lock_pending(invitation)
    if not invitation.is_open or not user.is_active or user.email != invitation.address:
        raise InvitationRefused("This invitation is not valid for you, or not any more.")
    membership = set_role(user=user, organization=invitation.organization, role=invitation.role)
    _close(invitation, InvitationStatus.ACCEPTED)
    _record(Kind.INVITATION_ACCEPTED, invitation, actor=user)
    return membership


@transaction.atomic
def accept_as_new(invitation: Invitation, *, name: str, password: str) -> User:
    """Make an account for the owner of the address, who is a member. Raises InvitationRefused."""
    try:
        with transaction.atomic():
            user = User.objects.create_user(invitation.address, password, name=name)
    except IntegrityError:  # another request was first
        raise InvitationRefused("This address has an account by now: log in with it.") from None
    accept_invitation(invitation, user)
    return user


@transaction.atomic
def decline_invitation(invitation: Invitation) -> None:
    """Raises InvitationRefused."""
    _close(_lock_pending(invitation), InvitationStatus.DECLINED)
    _record(Kind.INVITATION_DECLINED, invitation)


def _lock_pending(invitation: Invitation) -> Invitation:
    rows = Invitation.objects.select_related("organization").select_for_update(of=("self",))
    pending = rows.filter(pk=invitation.pk, status=InvitationStatus.PENDING).first()
    if pending is None:
        raise InvitationRefused("This invitation is closed. Invite again.")
    return pending


def _close(invitation: Invitation, status: InvitationStatus) -> None:
    invitation.status = status
    invitation.digest = None
    invitation.save()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _record(kind: Kind, invitation: Invitation, actor: User | None = None) -> None:
    history.record_event(
        kind,
        email=invitation.address,
        organization=invitation.organization,
        actor=actor,
        role=invitation.role,
    )
