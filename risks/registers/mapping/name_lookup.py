"""What an organization calls its categories, assets, controls and people."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.db.models import Q

from openrisk.accounts.models import Organization, User
from risks.models import Asset, Category, Control, Risk
from risks.registers.reading.text import clean


@dataclass(frozen=True, slots=True)
class Named:
    id: UUID
    name: str


class Unique:
    """Rows by name, as an import reads it: exactly so, else without regard to case."""

    def __init__(self, rows: Iterable[tuple[UUID, str]] = ()) -> None:
        self.exact: dict[str, Named] = {}
        self.lowered: dict[str, Named] = {}
        for pk, name in rows:
            self.add(name, pk)

    def add(self, name: str, pk: UUID) -> None:
        name = clean(name)
        self.exact[name] = Named(pk, name)
        self.lowered.setdefault(name.lower(), self.exact[name])

    def get(self, name: str) -> Named | None:
        return self.exact.get(name) or self.lowered.get(name.lower())


class Names:
    """The names of one organization, read when they are first needed."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization

    @cached_property
    def categories(self) -> Unique:
        rows = Category.objects.for_organization(self.organization)
        return Unique(rows.order_by("name").values_list("pk", "name"))

    @cached_property
    def assets(self) -> Unique:
        rows = Asset.objects.for_organization(self.organization)
        return Unique(rows.order_by("name").values_list("pk", "name"))

    @cached_property
    def controls(self) -> Unique:
        return Unique(control_names(self.organization).items())

    @cached_property
    def members(self) -> Unique:
        """Active members, by e-mail address."""
        members = User.objects.filter(memberships__organization=self.organization, is_active=True)
        return Unique(members.values_list("pk", "email"))

    @cached_property
    def member_names(self) -> dict[str, str]:
        """The e-mail address of each active member whose name no other one has."""
        pairs = [
            (name.lower(), email)
            for name, email in User.objects.filter(
                memberships__organization=self.organization, is_active=True
            ).values_list("name", "email")
            if name
        ]
        counts = Counter(name for name, _ in pairs)
        return {name: email for name, email in pairs if counts[name] == 1}

    @cached_property
    def people(self) -> Unique:
        """Members, and who else has a part in a risk: people who were members once."""
        involved = Q()
        for role in ("owner", "assignee", "reviewer"):
            rows = Risk.objects.for_organization(self.organization).order_by()
            involved |= Q(pk__in=rows.filter(**{f"{role}__isnull": False}).values(role))
        involved |= Q(memberships__organization=self.organization)
        return Unique(User.objects.filter(involved).distinct().values_list("pk", "email"))


def control_names(organization: Organization) -> dict[UUID, str]:
    """What each control is called: by its identifier, where one framework alone has it."""
    rows = list(
        Control.objects.for_organization(organization)
        .order_by("framework__name", "framework__edition", "identifier")
        .values_list("pk", "identifier", "framework__name", "framework__edition")
    )
    counts = Counter(identifier.lower() for _, identifier, _, _ in rows)
    return {
        pk: identifier
        if counts[identifier.lower()] == 1
        else " ".join(filter(None, (framework, edition, identifier)))
        for pk, identifier, framework, edition in rows
    }
