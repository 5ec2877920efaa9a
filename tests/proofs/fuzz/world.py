"""Who asks, and what there is to ask for: an organization with a row behind every route."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from openrisk.accounts.credentials.tokens import create_token
from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.models import Organization, Role, User
from tests.clients.routes import seed

ROLES = (*(role.value for role in Role), "superuser", "read-only", "anonymous")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class World:
    """One organization, the rows by resource, and the headers of somebody with a role there."""

    rows: dict[str, Any]
    ids: dict[str, str]
    headers: Callable[[], dict[str, str]]

    def id_for(self, path: str) -> str | None:
        """Of the row that `path` is about; None where it is about none."""
        resource = path.removeprefix("/api/v1/").partition("/{")[0]
        row = self.rows.get(resource)
        return None if row is None else str(getattr(row, "pk", row))


def make_world(role: str) -> World:
    number = next(_numbers)
    organization = Organization.objects.create(name=f"Fuzz {number}", slug=f"fuzz-{number}")
    person = _member(organization, "admin", Role.ADMIN)
    _member(organization, "other", Role.MANAGER)
    rows = seed(organization, person)
    return World(rows, dict(_ids(rows, person)), _headers(organization, role))


def _ids(rows: dict[str, Any], person: User) -> Iterator[tuple[str, str]]:
    """What fields of bodies and filters of that name can hold."""
    names = {
        "risk": "risks",
        "asset": "assets",
        "target": "assets",
        "category": "categories",
        "framework": "frameworks",
        "parent": "controls",
        "control": "controls",
        "mitigation": "mitigations",
        "rule": "finding-rules",
        "app": "marketplace/apps",
    }
    for name, resource in names.items():
        yield name, str(rows[resource].pk)
    for name in ("owner", "assignee", "reviewer", "requester"):
        yield name, str(person.pk)


def _member(organization: Organization, name: str, role: Role) -> User:
    user = User.objects.create_user(f"{name}@{organization.slug}.example.com", "long enough 4 all")
    set_role(user=user, organization=organization, role=role)
    return user


def _headers(organization: Organization, role: str) -> Callable[[], dict[str, str]]:
    """A new token each time: some routes end the one that they were asked with."""
    if role == "anonymous":
        return dict
    usual = Role.ADMIN if role in ("superuser", "read-only") else Role(role)
    user = _member(organization, "fuzz", usual)
    if role == "superuser":
        user.is_superuser = True
        user.save()

    def headers() -> dict[str, str]:
        _, secret = create_token(
            user=user, organization=organization, read_only=role == "read-only"
        )
        return {"Authorization": f"Token {secret}"}

    return headers
