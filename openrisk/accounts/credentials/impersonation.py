"""In whose place an operator asks the cache: users and their organizations, for its commands."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext as _

from openrisk.accounts.credentials import identity
from openrisk.accounts.members.memberships import membership_of
from openrisk.accounts.models import Membership, Organization, Role, User
from openrisk.caching.principals import ImpersonatedUser, UnknownPrincipal, set_principal

LISTED = 20


class Members:
    """The `Directory` of the cache."""

    def find_organization_id(self, slug: str) -> UUID:
        return _organization(slug).pk

    def find_user(self, email: str, slug: str | None = None) -> ImpersonatedUser:
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise UnknownPrincipal(
                f"There is no user {email}. Invite one: manage.py member_invite."
            )
        organization = _organization(slug) if slug else None
        return _person(user, membership_of(user, organization), slug or "any organization")

    def find_user_by_ids(self, user_id: str, organization_id: str) -> ImpersonatedUser:
        user = User.objects.filter(pk=UUID(user_id)).first()
        organization = Organization.objects.filter(pk=UUID(organization_id)).first()
        if user is None or organization is None:
            raise UnknownPrincipal("The user or the organization is gone.")
        return _person(user, membership_of(user, organization), organization.slug)

    def find_most_privileged(self, slug: str) -> ImpersonatedUser:
        members = list(
            Membership.objects.filter(organization=_organization(slug), user__is_active=True)
            .select_related("user", "organization")
            .order_by("user__email")
        )
        if not members:
            raise UnknownPrincipal(
                f"{slug} has no active members to ask for. Invite one: manage.py member_invite."
            )
        roles = list(Role)
        row = max(members, key=lambda member: roles.index(Role(member.role)))
        return _person(row.user, row, slug)

    def impersonate(self, request: HttpRequest, person: ImpersonatedUser) -> None:
        user = User.objects.get(pk=person.user_id)
        organization = Organization.objects.get(pk=person.organization_id)
        membership = membership_of(user, organization)
        if membership is None or not user.is_active:
            raise PermissionDenied(_("This person is not an active member any more."))
        request.user = user
        request.membership = membership  # type: ignore[attr-defined]
        request._force_auth_user = user  # type: ignore[attr-defined]  # for REST framework
        set_principal(request, identity.member_caller(lambda: _rows(person)))


def _organization(slug: str) -> Organization:
    organization = Organization.objects.filter(slug=slug).first()
    if organization is None:
        slugs = ", ".join(Organization.objects.values_list("slug", flat=True)[:LISTED])
        raise UnknownPrincipal(f"There is no organization {slug}. Known ones: {slugs or 'none'}.")
    return organization


def _person(user: User, membership: Membership | None, where: str) -> ImpersonatedUser:
    if membership is None:
        raise UnknownPrincipal(f"{user.email} is not a member of {where}.")
    if not user.is_active:
        raise UnknownPrincipal(f"{user.email} is switched off, so nothing is answered to them.")
    organization = membership.organization
    return ImpersonatedUser(
        user.pk, organization.pk, user.email, organization.slug, membership.role
    )


def _rows(person: ImpersonatedUser) -> identity.Rows:
    """The rows that a token of theirs would be answered by; empty when they are gone."""
    user = User.objects.filter(pk=person.user_id, is_active=True).first()
    organization = Organization.objects.filter(pk=person.organization_id).first()
    membership = membership_of(user, organization) if user and organization else None
    if user is None or membership is None:
        return {}
    return {
        "user": identity.values_of(user),
        "organization": identity.values_of(membership.organization),
        "role": Role(membership.role),
    }
