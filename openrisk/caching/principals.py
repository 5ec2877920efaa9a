"""Who asks, as far as the cache must know: `openrisk.accounts` says it, once a request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from django.http import HttpRequest

from openrisk.caching.freshness.snapshots import Stamp

ENVIRON = "openrisk.cache.caller"


@dataclass(slots=True)
class Caller:
    """An authenticated caller, and the tokens of the rows that say so.

    `rights` is what, beside the organization, decides what the caller may see. `stamp` was read
    between two equal reads of those rows. After `expires` (seconds since 1970) authentication must
    look again. `networks` is what the credential may be used from, empty for anywhere. `rows` is
    the business of `accounts`. `credential` is a digest of the one that was proven, empty where
    nobody came with one.
    """

    organization_id: UUID
    user_id: UUID
    rights: tuple[str, ...]
    tables: frozenset[str]
    stamp: Stamp
    expires: float
    networks: tuple[str, ...] = ()
    rows: Mapping[str, Any] = field(default_factory=dict)
    credential: bytes = b""
    confirmed: int = 0  # see `push`

    # Made once, since every hit needs them. `shared_scope` is equal for all who have the same
    # rights: whom the front may answer what Django has answered another.
    shared_scope: tuple[str, ...] = field(init=False)
    own_scope: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.shared_scope = (str(self.organization_id), *self.rights)
        self.own_scope = (*self.shared_scope, str(self.user_id))

    @property
    def shared_tags(self) -> frozenset[str]:
        """Of the organization's own row, which a shared response may show. `#` names one person."""
        return frozenset(tag for tag in self.stamp if "#" not in tag)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in whose place an operator asks: a user in one of their organizations."""

    user_id: UUID
    organization_id: UUID
    name: str
    organization: str
    role: str

    def __str__(self) -> str:
        return f"{self.name} ({self.role} in {self.organization})"


class UnknownPerson(LookupError):
    """There is no such user, organization or membership; the message lists what is known."""


class Directory(Protocol):
    """What `openrisk.accounts` tells the commands and the page of the cache about people."""

    def organization_id(self, slug: str) -> UUID:
        """Raises UnknownPerson."""

    def person(self, email: str, slug: str | None = None) -> Person:
        """A user in the organization, or in their first one. Raises UnknownPerson."""

    def by_ids(self, user_id: str, organization_id: str) -> Person:
        """Raises UnknownPerson."""

    def strongest(self, slug: str) -> Person:
        """An active member of the highest role: nobody may read more. Raises UnknownPerson."""

    def attach(self, request: HttpRequest, person: Person) -> None:
        """Let `request` be authenticated as `person`, as by a token of theirs."""


_directory: list[Directory] = []


def set_directory(directory: Directory) -> None:
    _directory[:] = [directory]


def directory() -> Directory:
    return _directory[0]


def caller_of(request: HttpRequest) -> Caller | None:
    """The caller that authentication left on the request; None where it could not say exactly."""
    return request.META.get(ENVIRON)


def set_caller(request: HttpRequest, caller: Caller | None) -> None:
    request.META[ENVIRON] = caller
