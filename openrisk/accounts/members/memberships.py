"""Logging in and memberships."""

from django.contrib.auth import authenticate
from django.http import HttpRequest

from openrisk.accounts import metrics
from openrisk.accounts.credentials import devices, login_limits
from openrisk.accounts.fields import fold_address
from openrisk.accounts.models import Membership, Organization, Role, User


class LoginRefused(Exception):
    """The login was not accepted; `retry_after` (seconds) is set when there were too many tries."""

    def __init__(self, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


def check_password(*, request: HttpRequest, email: str, password: str) -> User:
    """The active user with this e-mail and password, or LoginRefused (`login_limits`).

    An address that is not ASCII belongs to no one, but its failures count for what it looks like.
    """
    folded = fold_address(email)[:254]
    try:
        attempt = login_limits.begin_attempt(
            email=folded,
            address=request.META.get("REMOTE_ADDR", ""),
            device=devices.find_device(request, folded),
        )
    except login_limits.TooManyFailures:
        metrics.logins.labels("limited").inc()
        seconds = int(login_limits.FAILURE_WINDOW.total_seconds())
        raise LoginRefused(
            f"Too many failed logins. Wait {seconds // 60} minutes.", seconds
        ) from None
    user = authenticate(request, username=email.strip(), password=password)
    if user is None:
        login_limits.record_failure(attempt)
        metrics.logins.labels("refused").inc()
        raise LoginRefused("E-mail and password do not match an active account. Check both.")
    login_limits.forget_failures(attempt)
    metrics.logins.labels("done").inc()
    return user


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


def set_role(*, user: User, organization: Organization, role: Role | str) -> Membership:
    """Make `user` a member with `role`, whatever they were before.

    For what people have accepted, and for what operators and tests set up. Raises ValueError.
    """
    if user.is_service and Role(role) == Role.ADMIN:
        raise ValueError("A service account administers no people: give it another role.")
    membership, _ = Membership.objects.update_or_create(
        user=user, organization=organization, defaults={"role": Role(role)}
    )
    return membership
