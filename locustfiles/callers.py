"""Who asks: organizations with their tokens, from the file that `--callers` names.

What there is to be asked for is found out over the API before users start.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx

API = "/api/v1"
RISKS = 100  # the newest: what people work on
MITIGATIONS = 25
TIMEOUT = 10  # seconds


class Unusable(Exception):
    """No load can be put on this target; the message says why, and what to do."""


@dataclass
class Organization:
    """`marker` stands in its titles and names and in no other organization's.

    `revisions` are the numbers of the edits that were acknowledged, by the id of what was edited;
    `registered` counts the risks that were acknowledged, after the `risks_before`.
    """

    name: str
    marker: str
    tokens: list[str]
    session: str = ""
    risks: list[tuple[str, str]] = field(default_factory=list)  # id and reference
    mitigations: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    apps: list[str] = field(default_factory=list)
    risks_before: int = 0
    registered: int = 0
    revisions: dict[str, int] = field(default_factory=dict)
    in_hand: set[str] = field(default_factory=set)  # what somebody edits right now

    def rows(self) -> Iterator[str]:
        """The path of each row that is looked at, for a cache to be warmed with."""
        yield from (f"{API}/risks/{risk}/" for risk, _ in self.risks)
        yield from (f"{API}/mitigations/{mitigation}/" for mitigation in self.mitigations)

    @property
    def risks_at_least(self) -> int:
        return self.risks_before + self.registered


def read(path: str) -> list[Organization]:
    """Raises Unusable."""
    if not path:
        raise Unusable("Say who asks: --callers FILE, see locustfiles/README.md.")
    try:
        given = json.loads(Path(path).read_text())["organizations"]
        found = [Organization(**one) for one in given]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unusable(
            f"{path} does not say who asks ({error}). locustfiles/README.md shows what it holds."
        ) from None
    if not found or not all(one.tokens for one in found):
        raise Unusable(f"{path}: give at least one organization, and each of them a token.")
    return found


def explore(host: str, organizations: list[Organization]) -> None:
    """Find out what each has. Raises Unusable."""
    try:
        with httpx.Client(base_url=host, timeout=TIMEOUT) as client:
            for one in organizations:
                _explore(client, one)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise Unusable(f"{host} does not answer ({error}). Is OpenRisk running there?") from None


def _explore(client: httpx.Client, one: Organization) -> None:
    for token in one.tokens:
        listed = _ask(client, one, token, f"/risks/?page_size={RISKS}")
    one.risks_before = listed["count"]
    one.risks = [(row["id"], row["reference"]) for row in listed["results"]]
    if not one.risks:
        raise Unusable(f"{one.name} has no risks. Import some, or run `manage.py seed_demo`.")
    for name, path in (
        ("mitigations", f"/mitigations/?page_size={MITIGATIONS}"),
        ("findings", "/findings/"),
        ("categories", "/categories/"),
        ("apps", "/marketplace/apps/"),
    ):
        listed = _ask(client, one, token, path)
        setattr(one, name, [row["id"] for row in listed["results"]])


def _ask(client: httpx.Client, one: Organization, token: str, path: str) -> Any:
    answer = client.get(API + path, headers={"Authorization": f"Token {token}"})
    if answer.status_code in (401, 403):
        raise Unusable(
            f"{client.base_url} does not accept a token of {one.name} ({answer.status_code}). "
            "`manage.py token_create` prints a new one."
        )
    listed = answer.json() if answer.status_code == 200 else None
    if not isinstance(listed, dict) or not {"count", "results"} <= listed.keys():
        raise Unusable(
            f"{answer.url} answers {answer.status_code}: {answer.text[:200]} Is it an OpenRisk?"
        )
    return listed


class Callers:
    """All of them; each user that starts is given the next."""

    def __init__(self, organizations: list[Organization]) -> None:
        self.organizations = organizations
        self._next = count()

    def next(self) -> tuple[Organization, str]:
        """An organization, and one of its tokens."""
        number = next(self._next)
        one = self.organizations[number % len(self.organizations)]
        return one, one.tokens[number // len(self.organizations) % len(one.tokens)]
