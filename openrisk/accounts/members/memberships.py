"""Memberships: the role of a person in an organization."""

from collections.abc import Callable, Iterable
from uuid import UUID

from openrisk.accounts.models import Membership, Organization, Role, User

LAST_ORGANIZATION = "openrisk_organization"  # the cookie with the one whose pages were opened last


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
    if (first := membership.first()) or not user.is_superuser:
        return first
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


def member_ids(organization: Organization, people: Iterable[UUID | None]) -> set[UUID]:
    """Return those of `people` who are members now."""
    members = Membership.objects.filter(organization=organization, user__in=set(people) - {None})
    return set(members.values_list("user", flat=True))


ResponsibilitiesOf = Callable[[Membership], list[str]]
_describers: list[ResponsibilitiesOf] = []


def register_responsibilities(describe: ResponsibilitiesOf) -> None:
    """Let an app say which parts a member has in it. Called once, from `AppConfig.ready()`."""
    _describers.append(describe)


def responsibilities_of(membership: Membership) -> list[str]:
    """Return sentences on what the member is responsible for, and what becomes of it."""
    return [sentence for describe in _describers for sentence in describe(membership)]


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
