"""Explains a URL for somebody: its place in the cache, what is there, and why it is no hit."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

from openrisk.caching.freshness import snapshots
from openrisk.caching.freshness.registry import EPOCH
from openrisk.caching.freshness.snapshots import Stamp, StampUnavailable
from openrisk.caching.inspection.simulation import build, placed
from openrisk.caching.lookup import Sought, memory
from openrisk.caching.principals import Person
from openrisk.caching.storage.entry import Entry
from openrisk.caching.storage.shared import shared

THERE = {"memory": "the memory of this process", "store": "the shared store"}


@dataclass(frozen=True)
class Tag:
    """What something depends on: `now` its token, `stored` the entry's where there is one."""

    tag: str
    meaning: str
    now: str
    stored: str | None
    of: str  # view or caller

    @property
    def changed(self) -> bool:
        return self.stored is not None and self.stored != self.now


@dataclass(frozen=True)
class Kept:
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
    tags: tuple[Tag, ...] = ()
    kept: tuple[Kept, ...] = ()


def explain(url: str, person: Person, *, base: str) -> Explanation:
    """What `url` (relative to `base` unless it names a host) means when `person` asks for it.

    As by a token of theirs; the token itself is checked as well when they really ask. Raises
    BadUrl.
    """
    request = build(url, base)
    found = placed(request, person)
    full = f"{request.scheme}://{request.META['HTTP_HOST']}{request.get_full_path()}"
    sought = found.sought
    if sought is None:
        return Explanation(full, str(person), found.view, "BYPASS", _sentence(found.reason))
    callers = sought.caller.stamp.keys() if sought.caller else set()
    try:
        now = snapshots.read(sought.tags | callers)
    except StampUnavailable as error:
        why = f"The database does not say what is fresh: {error}"
        return Explanation(full, str(person), sought.view, "BYPASS", _sentence(why))
    entries = _entries(sought)
    kept = tuple(_kept(where, entry, now) for where, entry in entries.items())
    verdict, why = _verdict(kept, now)
    return Explanation(
        full,
        str(person),
        sought.view,
        verdict,
        why,
        key=sought.key,
        ttl=sought.ttl,
        parts=sought.parts,
        tags=tuple(_tags(sought.tags, callers, now, next(iter(entries.values()), None))),
        kept=kept,
    )


def _entries(sought: Sought) -> dict[str, Entry]:
    store = shared()
    found = {"memory": memory.get(sought.key), "store": store.get(sought.key) if store else None}
    return {where: entry for where, entry in found.items() if entry is not None}


def _kept(where: str, entry: Entry, now: Stamp) -> Kept:
    moment = time.time()
    changed = (tag for tag, token in sorted(entry.stamp.items()) if now.get(tag, "") != token)
    return Kept(
        where=THERE[where],
        age=moment - entry.created,
        left=entry.expires - moment,
        bytes=len(entry.body),
        cost=entry.cost,
        changed=tuple(changed),
    )


def _verdict(kept: tuple[Kept, ...], now: Stamp) -> tuple[str, str]:
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
    if shared() is None:
        return (
            f"CACHE_BACKEND is {settings.CACHE_BACKEND}: there is no shared store, and the memory "
            "of this process has no such entry. That of others cannot be seen from here."
        )
    return (
        "Neither the shared store nor the memory of this process has an entry under this key: "
        "nobody asked exactly this, it expired, or it was not to be stored."
    )


def _tags(
    view: Iterable[str], caller: Iterable[str], now: Stamp, entry: Entry | None
) -> Iterable[Tag]:
    own = set(view)
    for tag in sorted(own):
        stored = entry.stamp.get(tag, "") if entry else None
        yield Tag(tag, meaning(tag), now[tag], stored, "view")
    for tag in sorted(set(caller) - own):
        yield Tag(tag, meaning(tag), now[tag], None, "caller")


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
