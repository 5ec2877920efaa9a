"""Rights in the admin, from the roles of the person who asks."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest

from openrisk.accounts.models import Membership, Organization, Role, User


class Access:
    """A person's roles in the organizations that they manage; a superuser administers all."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.superuser = user.is_superuser
        self.roles: dict[Organization, Role] = {}
        if self.superuser:
            self.roles = dict.fromkeys(Organization.objects.for_user(user), Role.ADMIN)
        elif user.is_authenticated:
            managing = self._memberships(Role.MANAGER).select_related("organization")
            for membership in managing.order_by("organization__name"):
                self.roles[membership.organization] = Role(membership.role)

    def _memberships(self, role: Role) -> QuerySet[Membership]:
        enough = [known for known in Role if known.includes(role)]
        return Membership.objects.filter(user=self.user, role__in=enough)

    @property
    def can_enter(self) -> bool:
        return self.superuser or bool(self.roles)

    def has_role(self, role: Role, organization_id: UUID | None = None) -> bool:
        """Whether the role is held in that organization; in any of them for None."""
        return self.superuser or any(
            own_role.includes(role) and organization_id in (None, organization.pk)
            for organization, own_role in self.roles.items()
        )

    def query(self, role: Role = Role.MANAGER) -> QuerySet[Organization]:
        """The same organizations, for the database to join with."""
        if self.superuser:
            return Organization.objects.for_user(self.user)
        return Organization.objects.filter(pk__in=self._memberships(role).values("organization"))

    def organizations(self, role: Role = Role.MANAGER) -> list[Organization]:
        return [
            organization for organization, own_role in self.roles.items() if own_role.includes(role)
        ]

    def organization(self, pk: UUID) -> Organization:
        """The one instance of this organization that serves the whole request."""
        return next(organization for organization in self.roles if organization.pk == pk)

    def scope(self, queryset: Any, role: Role = Role.MANAGER) -> Any:
        """The rows of the organizations where the role is held."""
        organizations = self.organizations(role)
        if len(organizations) == 1:
            # An equation lets the database read an index in the list's order; a subquery does not.
            return queryset.for_organization(organizations[0])
        queryset = queryset.for_user(self.user)
        if self.superuser:
            return queryset
        return queryset.filter(organization__in=self._memberships(role).values("organization"))


def get_access(request: HttpRequest) -> Access:
    """The rights of the person of this request, read once per request."""
    if not hasattr(request, "admin_access"):
        request.admin_access = Access(request.user)  # type: ignore[attr-defined, arg-type]
    return request.admin_access  # type: ignore[attr-defined]
