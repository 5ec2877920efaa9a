"""Computes stored entries again, with the cache bypassed, and compares the bytes."""

import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import cast

from django.core.cache import caches
from django.http import HttpResponse

from openrisk.caching.freshness import snapshots
from openrisk.caching.freshness.snapshots import SnapshotUnavailable
from openrisk.caching.inspection import simulation
from openrisk.caching.principals import UnknownPrincipal, principal_directory
from openrisk.caching.storage.entry import Entry
from openrisk.caching.storage.shared import ALIAS, SharedStore, shared_store

MOST_LISTED = 100_000  # keys among which the sample is drawn
EXCERPT = 60  # characters on each side of the first difference
_KEY = re.compile(r"[0-9a-f]{64}")


class CannotList(Exception):
    """There is no shared store, or it cannot list its keys; the message says which."""


@dataclass(frozen=True)
class VerifiedEntry:
    """`outcome` is same, different, stale (no promise to check), changed (while we compared), or
    skipped; `detail` is the reason, or the difference."""

    key: str
    view: str
    path: str
    outcome: str
    detail: str = ""


class NotCompared(Exception):
    def __init__(self, outcome: str, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome


def sample_keys(size: int) -> list[str]:
    """At most `size` keys of stored entries, at random. Raises CannotList."""
    if shared_store() is None:
        raise CannotList("There is no shared store to verify: CACHE_BACKEND names none.")
    list_keys = getattr(caches[ALIAS], "iter_keys", None)
    if list_keys is None:
        raise CannotList("This CACHE_BACKEND cannot list what it holds; only redis can.")
    try:
        keys = [key for key in islice(list_keys("*"), MOST_LISTED) if _KEY.fullmatch(key)]
    except Exception as error:  # the boundary: any failure of any backend
        raise CannotList(f"The shared store does not answer: {error}") from error
    return random.sample(keys, min(size, len(keys)))


def verify_entries(keys: list[str]) -> Iterator[VerifiedEntry]:
    store = cast(SharedStore, shared_store())
    for key in keys:
        entry = store.get(key)
        if entry is None:
            yield VerifiedEntry(key, "", "", "skipped", "it is gone, or not an entry of ours")
            continue
        try:
            difference = find_difference(entry, recompute(entry))
            outcome, detail = "different" if difference else "same", difference
        except NotCompared as reason:
            outcome, detail = reason.outcome, str(reason)
        except SnapshotUnavailable as error:
            outcome, detail = "skipped", f"the database does not say what is fresh: {error}"
        except (UnknownPrincipal, simulation.BadUrl) as error:
            outcome, detail = "skipped", str(error)
        yield VerifiedEntry(key, entry.view, entry.request.get("path", ""), outcome, detail)


def recompute(entry: Entry) -> HttpResponse:
    """The response to the same request.

    Raises NotCompared where the entry promises nothing: it is to be true only while its snapshot is
    current, before and after we look.
    """
    if not entry.request:
        raise NotCompared("skipped", "it is a value of get_or_compute, which no request computes")
    if entry.expires <= time.time():
        raise NotCompared("skipped", "it has expired")
    if not is_current(entry):
        raise NotCompared("stale", "its tags have changed, so no one gets it")
    description = entry.request
    base = f"{description['scheme']}://{description['host']}/"
    user = principal_directory().find_user_by_ids(description["user"], description["organization"])
    located = simulation.locate_request(simulation.build_request(description["path"], base), user)
    if located.lookup is None or located.lookup.key != entry.key:
        reason = "the same request has another key now: code, settings or clock have changed"
        raise NotCompared("skipped", reason)
    request = simulation.build_request(description["path"], base)
    response = simulation.send_request(request, user, bypass=True)
    if not is_current(entry):
        raise NotCompared("changed", "its tags changed while it was computed again")
    return cast(HttpResponse, response)


def is_current(entry: Entry) -> bool:
    return snapshots.is_current(entry.snapshot, snapshots.take_snapshot(entry.snapshot))


def find_difference(entry: Entry, response: HttpResponse) -> str:
    """In words; empty if the entry and the response are the same."""
    if response.status_code != 200:
        return f"computed again, it is a {response.status_code}"
    if response.headers["Content-Type"] != entry.content_type:
        return f"the type is {response.headers['Content-Type']}, stored was {entry.content_type}"
    if response.content == entry.body:
        return ""
    stored, computed = entry.body, response.content
    at = next(
        (i for i, (a, b) in enumerate(zip(stored, computed, strict=False)) if a != b),
        min(len(stored), len(computed)),
    )
    return (
        f"from byte {at} of {len(stored)}: stored {quote_around(stored, at)}, "
        f"computed {quote_around(computed, at)}"
    )


def quote_around(body: bytes, at: int) -> str:
    return repr(body[max(0, at - EXCERPT) : at + EXCERPT].decode("utf-8", "replace"))
