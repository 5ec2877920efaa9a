"""The principal of a request, as far as the cache must know it; `openrisk.accounts` finds it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from django.http import HttpRequest

from openrisk.caching.freshness.snapshots import VersionSnapshot
from openrisk.request_state import PRINCIPAL


@dataclass(slots=True)
class Principal:
    """An authenticated user in an organization, with the versions of the rows that prove it.

    `rights` are what, beside the organization, decides what the principal may see. `snapshot` was
    read between two equal reads of those rows. After `expires` (seconds since 1970) authentication
    must look again. `networks` are those that the credential may be used from, empty for anywhere.
    `rows` is the business of `accounts`. `credential` is a digest of the credential that was
    proven, empty if there was none.
    """

    organization_id: UUID
    user_id: UUID
    rights: tuple[str, ...]
    tables: frozenset[str]
    snapshot: VersionSnapshot
    expires: float
    networks: tuple[str, ...] = ()
    rows: Mapping[str, Any] = field(default_factory=dict)
    credential: bytes = b""
    confirmed: int = 0  # see `notifications`

    # Made once, since every hit needs them. `shared_scope` is the same for all users with the same
    # rights: the fast path may answer them what Django has answered one of them.
    shared_scope: tuple[str, ...] = field(init=False)
    own_scope: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.shared_scope = (str(self.organization_id), *self.rights)
        self.own_scope = (*self.shared_scope, str(self.user_id))

    @property
    def shared_tags(self) -> frozenset[str]:
        """The tags of the organization's row, which shared responses may show (no `#`)."""
        return frozenset(tag for tag in self.snapshot if "#" not in tag)


@dataclass(frozen=True, slots=True)
class ImpersonatedUser:
    """A user in one of their organizations, in whose place an operator asks."""

    user_id: UUID
    organization_id: UUID
    name: str
    organization: str
    role: str

    def __str__(self) -> str:
        return f"{self.name} ({self.role} in {self.organization})"


class UnknownPrincipal(LookupError):
    """There is no such user, organization or membership; the message lists what is known."""


class PrincipalDirectory(Protocol):
    """Finds users for commands and the page of the cache; `openrisk.accounts` implements it."""

    def find_organization_id(self, slug: str) -> UUID:
        """Raises UnknownPrincipal."""

    def find_user(self, email: str, slug: str | None = None) -> ImpersonatedUser:
        """A user in the organization, or in their first one. Raises UnknownPrincipal."""

    def find_user_by_ids(self, user_id: str, organization_id: str) -> ImpersonatedUser:
        """Raises UnknownPrincipal."""

    def find_most_privileged(self, slug: str) -> ImpersonatedUser:
        """An active member of the highest role: no one may read more. Raises UnknownPrincipal."""

    def impersonate(self, request: HttpRequest, person: ImpersonatedUser) -> None:
        """Let `request` be authenticated as `person`, as by a token of theirs."""


_directory: list[PrincipalDirectory] = []


def set_principal_directory(directory: PrincipalDirectory) -> None:
    _directory[:] = [directory]


def principal_directory() -> PrincipalDirectory:
    return _directory[0]


def principal_of(request: HttpRequest) -> Principal | None:
    """The principal that authentication left on the request; None where it was not certain."""
    return request.META.get(PRINCIPAL)


def set_principal(request: HttpRequest, principal: Principal | None) -> None:
    request.META[PRINCIPAL] = principal
