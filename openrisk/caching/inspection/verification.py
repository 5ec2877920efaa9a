"""Computes stored entries anew, with the cache bypassed, and compares the bytes."""

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
SHOWN = 60  # characters on each side of the first difference
_KEY = re.compile(r"[0-9a-f]{64}")


class CannotList(Exception):
    """There is no shared store, or none that can say what it holds; the message says which."""


@dataclass(frozen=True)
class VerifiedEntry:
    """`outcome` is same, different, stale (no promise to check), changed (while we looked), or
    skipped; `detail` says why or what differs."""

    key: str
    view: str
    path: str
    outcome: str
    detail: str = ""


def sample_keys(sample: int) -> list[str]:
    """At most `sample` keys of stored entries, at random. Raises CannotList."""
    if shared_store() is None:
        raise CannotList("There is no shared store to verify: CACHE_BACKEND names none.")
    listing = getattr(caches[ALIAS], "iter_keys", None)
    if listing is None:
        raise CannotList("This CACHE_BACKEND cannot list what it holds; only redis can.")
    try:
        found = [key for key in islice(listing("*"), MOST_LISTED) if _KEY.fullmatch(key)]
    except Exception as error:  # the boundary: any failure of any backend
        raise CannotList(f"The shared store does not answer: {error}") from error
    return random.sample(found, min(sample, len(found)))


def verify_entries(chosen: list[str]) -> Iterator[VerifiedEntry]:
    store = cast(SharedStore, shared_store())
    for key in chosen:
        entry = store.get(key)
        if entry is None:
            yield VerifiedEntry(key, "", "", "skipped", "it is gone, or no entry of ours")
        else:
            outcome, detail = _compare(entry)
            yield VerifiedEntry(key, entry.view, entry.request.get("path", ""), outcome, detail)


def _compare(entry: Entry) -> tuple[str, str]:
    try:
        difference = _difference(entry, _recomputed(entry))
    except _NotCompared as why:
        return why.outcome, str(why)
    except SnapshotUnavailable as error:
        return "skipped", f"the database does not say what is fresh: {error}"
    except (UnknownPrincipal, simulation.BadUrl) as reason:
        return "skipped", str(reason)
    return ("different", difference) if difference else ("same", "")


class _NotCompared(Exception):
    def __init__(self, outcome: str, why: str) -> None:
        super().__init__(why)
        self.outcome = outcome


def _recomputed(entry: Entry) -> HttpResponse:
    """The answer to the same request. Raises _NotCompared where the entry promises nothing: it is
    to be true only while its snapshot holds, before and after we look."""
    if not entry.request:
        raise _NotCompared("skipped", "it is a value of get_or_compute, which no request computes")
    if entry.expires <= time.time():
        raise _NotCompared("skipped", "it has expired")
    if not _holds(entry):
        raise _NotCompared("stale", "its tokens have changed, so nobody is given it")
    response = _asked_again(entry)
    if not _holds(entry):
        raise _NotCompared("changed", "its tokens changed while it was computed anew")
    return response


def _holds(entry: Entry) -> bool:
    return snapshots.is_current(entry.snapshot, snapshots.take_snapshot(entry.snapshot))


def _asked_again(entry: Entry) -> HttpResponse:
    asked = entry.request
    person = principal_directory().find_user_by_ids(asked["user"], asked["organization"])
    base = f"{asked['scheme']}://{asked['host']}/"
    lookup = simulation.locate_request(simulation.build_request(asked["path"], base), person).lookup
    if lookup is None or lookup.key != entry.key:
        why = "the same request has another key now: code, settings or clock have changed"
        raise _NotCompared("skipped", why)
    return cast(
        HttpResponse,
        simulation.send_request(simulation.build_request(asked["path"], base), person, bypass=True),
    )


def _difference(entry: Entry, response: HttpResponse) -> str:
    if response.status_code != 200:
        return f"computed anew, it is a {response.status_code}"
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
        f"from byte {at} of {len(stored)}: stored {_around(stored, at)}, "
        f"computed {_around(computed, at)}"
    )


def _around(body: bytes, at: int) -> str:
    return repr(body[max(0, at - SHOWN) : at + SHOWN].decode("utf-8", "replace"))
