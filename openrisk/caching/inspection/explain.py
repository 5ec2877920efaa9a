"""Explains a URL for somebody: its place in the cache, what is there, and why it is no hit."""

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

THERE = {"memory": "the memory of this process", "store": "the shared store"}


@dataclass(frozen=True)
class TagState:
    """What something depends on: `now` its token, `stored` the entry's where there is one."""

    tag: str
    meaning: str
    now: str
    stored: str | None
    of: str  # view or principal

    @property
    def changed(self) -> bool:
        return self.stored is not None and self.stored != self.now


@dataclass(frozen=True)
class StoredCopy:
    """An entry under the key: where it is, how old (seconds), and what has changed since."""

    where: str
    age: float
    left: float
    bytes: int
    cost: float
    changed: tuple[str, ...]

    @property
    def valid(self) -> bool:
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


def explain_url(url: str, person: ImpersonatedUser, *, base: str) -> Explanation:
    """What `url` (relative to `base` unless it names a host) means when `person` asks for it.

    As by a token of theirs; the token itself is checked as well when they really ask. Raises
    BadUrl.
    """
    request = build_request(url, base)
    found = locate_request(request, person)
    full = f"{request.scheme}://{request.META['HTTP_HOST']}{request.get_full_path()}"
    lookup = found.lookup
    if lookup is None:
        return Explanation(full, str(person), found.view, "BYPASS", _sentence(found.reason))
    principals = lookup.principal.snapshot.keys() if lookup.principal else set()
    try:
        now = snapshots.take_snapshot(lookup.tags | principals)
    except SnapshotUnavailable as error:
        why = f"The database does not say what is fresh: {error}"
        return Explanation(full, str(person), lookup.view, "BYPASS", _sentence(why))
    entries = _entries(lookup)
    kept = tuple(_kept(where, entry, now) for where, entry in entries.items())
    verdict, why = _verdict(kept, now)
    return Explanation(
        full,
        str(person),
        lookup.view,
        verdict,
        why,
        key=lookup.key,
        ttl=lookup.ttl,
        parts=lookup.parts,
        tags=tuple(_tags(lookup.tags, principals, now, next(iter(entries.values()), None))),
        kept=kept,
    )


def _entries(lookup: CacheLookup) -> dict[str, Entry]:
    store = shared_store()
    found = {
        "memory": local_entries.get(lookup.key),
        "store": store.get(lookup.key) if store else None,
    }
    return {where: entry for where, entry in found.items() if entry is not None}


def _kept(where: str, entry: Entry, now: VersionSnapshot) -> StoredCopy:
    moment = time.time()
    changed = (tag for tag, token in sorted(entry.snapshot.items()) if now.get(tag, "") != token)
    return StoredCopy(
        where=THERE[where],
        age=moment - entry.created,
        left=entry.expires - moment,
        bytes=len(entry.body),
        cost=entry.cost,
        changed=tuple(changed),
    )


def _verdict(kept: tuple[StoredCopy, ...], now: VersionSnapshot) -> tuple[str, str]:
    if not now[EPOCH]:
        return "BYPASS", "There is no epoch, so nothing is trusted: run manage.py migrate."
    for entry in kept:
        if entry.valid:
            return "HIT", f"The entry in {entry.where} holds: no token has changed."
    for entry in kept:
        if entry.changed:
            changed = ", ".join(entry.changed)
            return "MISS", f"The entry in {entry.where} is stale: {changed} changed since."
        return "MISS", f"The entry in {entry.where} expired {-entry.left:.0f} s ago."
    return "MISS", _nowhere()


def _nowhere() -> str:
    if shared_store() is None:
        return (
            f"CACHE_BACKEND is {settings.CACHE_BACKEND}: there is no shared store, and the memory "
            "of this process has no such entry. That of others cannot be seen from here."
        )
    return (
        "Neither the shared store nor the memory of this process has an entry under this key: "
        "nobody asked exactly this, it expired, or it was not to be stored."
    )


def _tags(
    view: Iterable[str], principal: Iterable[str], now: VersionSnapshot, entry: Entry | None
) -> Iterable[TagState]:
    own = set(view)
    for tag in sorted(own):
        stored = entry.snapshot.get(tag, "") if entry else None
        yield TagState(tag, meaning(tag), now[tag], stored, "view")
    for tag in sorted(set(principal) - own):
        yield TagState(tag, meaning(tag), now[tag], None, "principal")


def meaning(tag: str) -> str:
    """In words, what has to change for the tag to get a new token."""
    if tag == EPOCH:
        return "everything: triggers installed or repaired, a restore, a flush"
    label, separator, what = tag.partition("#" if "#" in tag else ":")
    if separator == "#":
        return f"many rows of {label} at once" if what == "*" else f"one row of {label}"
    return f"{label} of " + ("no organization, or of all" if what == "*" else "this organization")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."
