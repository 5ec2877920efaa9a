"""Explains a URL for a given user: its entry, and why it is or is not a hit."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

from openrisk.caching.freshness import snapshots
from openrisk.caching.freshness.registry import EPOCH
from openrisk.caching.freshness.snapshots import SnapshotUnavailable, VersionSnapshot
from openrisk.caching.inspection.simulation import build_request, locate_request
from openrisk.caching.lookup import CacheLookup, local_entries
from openrisk.caching.principals import ImpersonatedUser
from openrisk.caching.storage.entry import Entry
from openrisk.caching.storage.shared import shared_store

LAYER_NAMES = {"memory": "the memory of this process", "store": "the shared store"}


@dataclass(frozen=True)
class TagState:
    """A tag that the answer depends on: its version `now`, and that of the entry, if any."""

    tag: str
    meaning: str
    now: str
    stored: str | None
    of: str  # view or caller

    @property
    def is_changed(self) -> bool:
        return self.stored is not None and self.stored != self.now


@dataclass(frozen=True)
class StoredCopy:
    """An entry under the key: where it is, how old (seconds), and which tags have changed since."""

    where: str
    age: float
    left: float
    bytes: int
    cost: float
    changed: tuple[str, ...]

    @property
    def is_valid(self) -> bool:
        return not self.changed and self.left > 0


@dataclass(frozen=True)
class Explanation:
    url: str
    person: str
    view: str
    verdict: str
    why: str
    key: str = ""
    ttl: float = 0
    parts: tuple[tuple[str, str], ...] = ()
    tags: tuple[TagState, ...] = ()
    kept: tuple[StoredCopy, ...] = ()


def explain_url(url: str, user: ImpersonatedUser, *, base: str) -> Explanation:
    """Explain how the cache treats `url` for this user, as if they sent a token of theirs.

    `url` is relative to `base` unless it names a host. The token itself is checked only when they
    really ask. Raises BadUrl.
    """
    request = build_request(url, base)
    located = locate_request(request, user)
    full_url = f"{request.scheme}://{request.META['HTTP_HOST']}{request.get_full_path()}"

    def explain_bypass(reason: str) -> Explanation:
        sentence = reason[:1].upper() + reason[1:].rstrip(".") + "."
        return Explanation(full_url, str(user), located.view, "BYPASS", sentence)

    lookup = located.lookup
    if lookup is None:
        return explain_bypass(located.reason)
    principal_tags = lookup.principal.snapshot.keys() if lookup.principal else set()
    try:
        now = snapshots.take_snapshot(lookup.tags | principal_tags)
    except SnapshotUnavailable as error:
        return explain_bypass(f"The database does not say what is fresh: {error}")
    entries = find_entries(lookup)
    copies = tuple(describe_copy(layer, entry, now) for layer, entry in entries.items())
    verdict, why = judge_copies(copies, now)
    stored = next((entry.snapshot for entry in entries.values()), None)
    return Explanation(
        full_url,
        str(user),
        lookup.view,
        verdict,
        why,
        key=lookup.key,
        ttl=lookup.ttl,
        parts=lookup.parts,
        tags=tuple(describe_tags(lookup.tags, principal_tags, now, stored)),
        kept=copies,
    )


def find_entries(lookup: CacheLookup) -> dict[str, Entry]:
    """By layer."""
    store = shared_store()
    entries = {
        "memory": local_entries.get(lookup.key),
        "store": store.get(lookup.key) if store else None,
    }
    return {layer: entry for layer, entry in entries.items() if entry is not None}


def describe_copy(layer: str, entry: Entry, now: VersionSnapshot) -> StoredCopy:
    moment = time.time()
    versions = sorted(entry.snapshot.items())
    return StoredCopy(
        where=LAYER_NAMES[layer],
        age=moment - entry.created,
        left=entry.expires - moment,
        bytes=len(entry.body),
        cost=entry.cost,
        changed=tuple(tag for tag, version in versions if now.get(tag, "") != version),
    )


def judge_copies(copies: tuple[StoredCopy, ...], now: VersionSnapshot) -> tuple[str, str]:
    """HIT, MISS or BYPASS, and the reason in a sentence."""
    if not now[EPOCH]:
        return "BYPASS", "There is no epoch, so nothing is cached. Run manage.py migrate."
    for copy in copies:
        if copy.is_valid:
            return "HIT", f"The entry in {copy.where} is valid: no tag has changed."
    for copy in copies:
        if copy.changed:
            changed = ", ".join(copy.changed)
            return "MISS", f"The entry in {copy.where} is stale: {changed} changed since."
        return "MISS", f"The entry in {copy.where} expired {-copy.left:.0f} s ago."
    if shared_store() is None:
        return "MISS", (
            f"CACHE_BACKEND is {settings.CACHE_BACKEND}: there is no shared store, and the memory "
            "of this process has no such entry. The memory of other processes is not visible here."
        )
    return "MISS", (
        "Neither the shared store nor the memory of this process has an entry under this key: "
        "no one asked for exactly this, it expired, or it could not be stored."
    )


def describe_tags(
    view_tags: Iterable[str],
    principal_tags: Iterable[str],
    now: VersionSnapshot,
    stored: VersionSnapshot | None,
) -> Iterable[TagState]:
    view_tags = set(view_tags)
    for tag in sorted(view_tags):
        version = None if stored is None else stored.get(tag, "")
        yield TagState(tag, describe_tag(tag), now[tag], version, "view")
    for tag in sorted(set(principal_tags) - view_tags):
        yield TagState(tag, describe_tag(tag), now[tag], None, "caller")


def describe_tag(tag: str) -> str:
    """In words, what has to change for the tag to get a new version."""
    if tag == EPOCH:
        return "everything: triggers installed or repaired, a restore, a flush"
    label, separator, owner = tag.partition("#" if "#" in tag else ":")
    if separator == "#":
        return f"many rows of {label} at once" if owner == "*" else f"one row of {label}"
    return f"{label} of " + ("no organization, or of all" if owner == "*" else "this organization")
