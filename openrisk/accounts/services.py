"""Logging in, tokens and memberships: every write of the accounts app."""

import ipaddress
from datetime import timedelta

from django.contrib.auth import authenticate
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from knox.settings import knox_settings

from openrisk.accounts import metrics
from openrisk.accounts.models import ApiToken, LoginFailure, Membership, Organization, Role, User

FAILURES_PER_EMAIL = 10
FAILURES_PER_ADDRESS = 50
FAILURE_WINDOW = timedelta(minutes=15)


class LoginRefused(Exception):
    """The login was not accepted; `retry_after` (seconds) is set when there were too many tries."""

    def __init__(self, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


def check_password(*, request: HttpRequest, email: str, password: str) -> User:
    """The active user with this e-mail and password, or LoginRefused.

    Failures are counted in the database, so that the limit holds over all worker processes.
    """
    address = request.META.get("REMOTE_ADDR") or "0.0.0.0"  # noqa: S104  a placeholder, not a bind
    email = email.strip().lower()
    _refuse_too_many_failures(email=email, address=address)
    user = authenticate(request, username=email, password=password)
    if user is None:
        LoginFailure.objects.create(email=email[:254], address=address)
        metrics.logins.labels("refused").inc()
        raise LoginRefused("E-mail and password do not match an active account. Check both.")
    LoginFailure.objects.filter(email=email).delete()
    metrics.logins.labels("done").inc()
    return user


def _refuse_too_many_failures(*, email: str, address: str) -> None:
    recent = LoginFailure.objects.filter(at__gt=timezone.now() - FAILURE_WINDOW)
    if (
        recent.filter(email=email).count() >= FAILURES_PER_EMAIL
        or recent.filter(address=address).count() >= FAILURES_PER_ADDRESS
    ):
        metrics.logins.labels("limited").inc()
        seconds = int(FAILURE_WINDOW.total_seconds())
        raise LoginRefused(f"Too many failed logins. Wait {seconds // 60} minutes.", seconds)


def forget_old_failures() -> int:
    old = LoginFailure.objects.filter(at__lte=timezone.now() - FAILURE_WINDOW)
    return old.delete()[0]


def membership_of(user: User, organization: Organization | None) -> Membership | None:
    """The person's membership in `organization`, or in their first one if None.

    A superuser without a membership acts as an administrator.
    """
    memberships = user.memberships.select_related("organization")
    if organization is not None:
        memberships = memberships.filter(organization=organization)
    membership = memberships.first()
    if membership is None and user.is_superuser:
        organization = organization or Organization.objects.order_by("created_at").first()
        if organization is not None:
            return Membership(user=user, organization=organization, role=Role.ADMIN)
    return membership


def membership_in(user: User, slug: str) -> Membership | None:
    """The person's membership in the organization with this slug."""
    membership = user.memberships.select_related("organization").filter(organization__slug=slug)
    if (found := membership.first()) or not user.is_superuser:
        return found
    organization = Organization.objects.filter(slug=slug).first()
    return membership_of(user, organization) if organization else None


def membership_without_choice(user: User) -> Membership | None:
    """The person's membership where there is one only, so that none needs to be named.

    A superuser without memberships has those of all organizations.
    """
    memberships = list(user.memberships.select_related("organization")[:2])
    if memberships or not user.is_superuser:
        return memberships[0] if len(memberships) == 1 else None
    organizations = list(Organization.objects.all()[:2])
    return membership_of(user, organizations[0]) if len(organizations) == 1 else None


@transaction.atomic
def create_token(
    *,
    user: User,
    organization: Organization,
    name: str = "",
    read_only: bool = False,
    allowed_networks: list[str] | None = None,
    lifetime: timedelta | None = None,
) -> tuple[ApiToken, str]:
    """A new token and its secret, which cannot be read again.

    Raises ValueError when the user has no role in the organization or a network is malformed.
    """
    if membership_of(user, organization) is None:
        raise ValueError(
            f"{user.email} is no member of {organization.slug}: add a membership first."
        )
    networks = [str(ipaddress.ip_network(network)) for network in allowed_networks or []]
    return ApiToken.objects.create(
        user=user,
        expiry=lifetime or knox_settings.TOKEN_TTL,
        organization=organization,
        name=name,
        read_only=read_only,
        allowed_networks=networks,
    )


def set_role(*, user: User, organization: Organization, role: Role | str) -> Membership:
    """Make `user` a member with `role`, whatever they were before."""
    membership, _ = Membership.objects.update_or_create(
        user=user, organization=organization, defaults={"role": Role(role)}
    )
    return membership
