"""Name lookup: the categories, assets, controls and people of an organization, by their names."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.db.models import Q

from openrisk.accounts.models import Organization, User
from openrisk.text.names import name_key
from risks.models import Asset, Category, Control, Risk
from risks.services.links import spellings_of_tags
from risks.text import clean_text


@dataclass(frozen=True, slots=True)
class NamedRow:
    id: UUID
    name: str


class NameIndex:
    """Rows by name, as an import reads it: exactly so, else in another spelling (`name_key`)."""

    def __init__(self, rows: Iterable[tuple[UUID, str]] = ()) -> None:
        self.exact: dict[str, NamedRow] = {}
        self.by_key: dict[str, NamedRow] = {}
        for pk, name in rows:
            self.add(name, pk)

    def add(self, name: str, pk: UUID) -> None:
        name = clean_text(name)
        self.exact[name] = NamedRow(pk, name)
        self.by_key.setdefault(name_key(name), self.exact[name])

    def get(self, name: str) -> NamedRow | None:
        return self.exact.get(name) or self.by_key.get(name_key(name))


class NameLookup:
    """The names of one organization, read when they are first needed."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization

    @cached_property
    def categories(self) -> NameIndex:
        rows = Category.objects.for_organization(self.organization)
        return NameIndex(rows.order_by("name").values_list("pk", "name"))

    @cached_property
    def assets(self) -> NameIndex:
        rows = Asset.objects.for_organization(self.organization)
        return NameIndex(rows.order_by("name").values_list("pk", "name"))

    @cached_property
    def tags(self) -> dict[str, str]:
        """The spelling of each tag, by its key."""
        return spellings_of_tags(self.organization)

    @cached_property
    def controls(self) -> NameIndex:
        return NameIndex(control_names(self.organization).items())

    @cached_property
    def members(self) -> NameIndex:
        """Active members, by e-mail address."""
        members = User.objects.filter(memberships__organization=self.organization, is_active=True)
        return NameIndex(members.values_list("pk", "email"))

    @cached_property
    def member_names(self) -> dict[str, str]:
        """The e-mail address of each active member with a name that no other one has."""
        members = User.objects.filter(memberships__organization=self.organization, is_active=True)
        pairs = [
            (name_key(name), email) for name, email in members.values_list("name", "email") if name
        ]
        counts = Counter(name for name, _ in pairs)
        return {name: email for name, email in pairs if counts[name] == 1}

    @cached_property
    def people(self) -> NameIndex:
        """Members, and former members who still have a part in a risk."""
        involved = Q(memberships__organization=self.organization)
        for role in ("owner", "assignee", "reviewer"):
            rows = Risk.objects.for_organization(self.organization).order_by()
            involved |= Q(pk__in=rows.filter(**{f"{role}__isnull": False}).values(role))
        return NameIndex(User.objects.filter(involved).distinct().values_list("pk", "email"))


def control_names(organization: Organization) -> dict[UUID, str]:
    """The name of each control: its identifier, with the framework's if several have it."""
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
