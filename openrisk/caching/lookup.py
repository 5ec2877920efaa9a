"""Finds an entry in this process or in the shared store, or computes it once for all who wait."""

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connection

from openrisk.caching import metrics
from openrisk.caching.freshness import recorder, snapshots, sql_dependencies
from openrisk.caching.freshness.registry import EPOCH
from openrisk.caching.freshness.snapshots import SnapshotUnavailable, VersionSnapshot
from openrisk.caching.principals import Principal
from openrisk.caching.single_flight import flight
from openrisk.caching.storage.entry import Entry
from openrisk.caching.storage.local import LocalStore
from openrisk.caching.storage.shared import shared_store

PATIENCE = 2.0  # seconds that a request waits for another one's compute
LOCK_SECONDS = 10  # after which the lock of a process that died no longer counts
UNCACHEABLE_SECONDS = 10
JITTER = 0.1  # of the TTL: entries made together do not expire together

# Entries have three quarters of the budget; the fast path keeps its routes and principals in the
# rest.
local_entries: LocalStore[Entry] = LocalStore(settings.CACHE_MEMORY_BYTES * 3 // 4)
# Keys recently found uncacheable, until when: requests do not queue behind a result that is thrown
# away.
recently_uncacheable: LocalStore[float] = LocalStore(2**20)


@dataclass(frozen=True, slots=True)
class CacheLookup:
    """A request to the cache; `parts` name what its key is made of."""

    key: str
    view: str
    tags: frozenset[str]
    declared: frozenset[str]  # what the response may depend on, in the words of the recorder
    ttl: float
    expires: float  # at the latest: the end of the clock's bucket
    principal: Principal | None
    request: dict[str, str]
    read_before: frozenset[str] = frozenset()  # dependencies, since the request began
    revalidate: bool = False  # `Cache-Control: no-cache`: nothing from before this request
    began: float = 0.0
    parts: tuple[tuple[str, str], ...] = ()
    snapshot: VersionSnapshot = field(default_factory=dict)  # read since the request began, or {}


@dataclass(frozen=True, slots=True)
class LookupResult:
    entry: Entry
    layer: str  # memory, store or view
    outcome: str  # hit, miss or bypass


class NotStorable(Exception):
    """The view answered something that cannot be stored: `response`."""

    def __init__(self, response: Any) -> None:
        super().__init__("not stored")
        self.response = response


RenderedResponse = tuple[bytes, str, str]  # body, content type, ETag


def find_or_compute(lookup: CacheLookup, compute: Callable[[], RenderedResponse]) -> LookupResult:
    """An exact answer: from memory, the shared store, another request's compute, or our own."""
    deadline = time.monotonic() + PATIENCE
    snapshot = lookup.snapshot or take_lookup_snapshot(lookup)
    while True:
        if result := find_valid_entry(lookup, snapshot):
            return result
        if not snapshot or (recently_uncacheable.get(lookup.key) or 0) > time.time():
            return compute_and_store(lookup, snapshot, compute)
        with flight(lookup.key, max(0.0, deadline - time.monotonic())) as is_leader:
            if is_leader and acquire_compute_lock(lookup, deadline):
                try:
                    return compute_and_store(lookup, snapshot, compute)
                finally:
                    if store := shared_store():
                        store.unlock(lookup.key)
        # Meanwhile someone may have written, and another request computed.
        snapshot = take_lookup_snapshot(lookup)


def take_lookup_snapshot(lookup: CacheLookup) -> VersionSnapshot:
    """Versions from before any row is read; {} if they cannot be had: then nothing is stored."""
    tags = lookup.tags | (lookup.principal.snapshot.keys() if lookup.principal else set())
    try:
        snapshot = snapshots.take_snapshot(tags)
    except SnapshotUnavailable:
        return {}
    return snapshot if snapshot[EPOCH] else {}


def find_valid_entry(lookup: CacheLookup, snapshot: VersionSnapshot) -> LookupResult | None:
    if not snapshot:
        return None
    entry = local_entries.get(lookup.key)
    if entry is not None and is_valid(entry, lookup, snapshot):
        return LookupResult(entry, "memory", "hit")
    store = shared_store()
    entry = store.get(lookup.key) if store else None
    if entry is not None and is_valid(entry, lookup, snapshot):
        keep_locally(entry)
        return LookupResult(entry, "store", "hit")
    return None


def is_valid(entry: Entry, lookup: CacheLookup, snapshot: VersionSnapshot) -> bool:
    if lookup.revalidate and entry.created < lookup.began:
        return False
    return not is_expired(entry, time.time()) and snapshots.is_current(entry.snapshot, snapshot)


def keep_locally(entry: Entry) -> None:
    local_entries.put(entry.key, entry, entry.size)
    metrics.memory_bytes.set(local_entries.size)
    metrics.memory_entries.set(len(local_entries))


def is_expired(entry: Entry, now: float) -> bool:
    """Whether it is over, or nearly: the longer it takes to compute, the earlier that begins.

    XFetch (Vattani, Chierichetti, Lowenstein: Optimal Probabilistic Cache Stampede Prevention).
    """
    if now + 25 * entry.cost < entry.expires:
        return False  # the random number below is never as large as that
    early = -entry.cost * math.log(random.random() or 1e-9)  # noqa: S311  not a secret
    return now + early >= entry.expires


def acquire_compute_lock(lookup: CacheLookup, deadline: float) -> bool:
    """Whether no other process computes the same; if one does, wait a little for its answer."""
    store = shared_store()
    if store is None or store.lock(lookup.key, LOCK_SECONDS):
        return True
    if time.monotonic() >= deadline:
        return True
    time.sleep(0.01)
    return False


def compute_and_store(
    lookup: CacheLookup, snapshot: VersionSnapshot, compute: Callable[[], RenderedResponse]
) -> LookupResult:
    started = time.perf_counter()
    with recorder.recording() as record:
        body, content_type, etag = compute()
    cost = time.perf_counter() - started
    metrics.compute_seconds.labels(lookup.view).observe(cost)
    now = time.time()
    ttl = lookup.ttl * (1 - JITTER * random.random())  # noqa: S311  not a secret
    entry = Entry(
        key=lookup.key,
        view=lookup.view,
        snapshot={tag: snapshot[tag] for tag in lookup.tags} if snapshot else {},
        created=now,
        expires=min(now + ttl, lookup.expires),
        cost=cost,
        content_type=content_type,
        etag=etag,
        request=lookup.request,
        # A copy is as long as it looks; what orjson returns lies in a buffer of eight kilobytes.
        body=bytes(memoryview(body)),
    )
    if not snapshot:
        return LookupResult(entry, "view", "bypass")
    if not all_reads_declared(lookup, snapshot, record):
        recently_uncacheable.put(lookup.key, now + UNCACHEABLE_SECONDS, 500)
        return LookupResult(entry, "view", "bypass")
    keep_locally(entry)
    if store := shared_store():
        store.put(entry)
    return LookupResult(entry, "view", "miss")


def all_reads_declared(
    lookup: CacheLookup, snapshot: VersionSnapshot, record: recorder.Recording
) -> bool:
    """Whether all that was read is declared, and what was read before the snapshot is unchanged."""
    principal = lookup.principal
    if principal is not None and not snapshots.is_current(principal.snapshot, snapshot):
        return False
    # Before the snapshot only the principal's own rows may be read: their versions have been
    # compared. Authentication reads the clock and the role to refuse what has expired or is not
    # allowed; a hit is as safe, since it has passed there, or someone of the same role has.
    allowed_before = frozenset[str]()
    if principal is not None:
        allowed_before = principal.tables | {sql_dependencies.CLOCK, sql_dependencies.ROLE}
    undeclared = sql_dependencies.find_undeclared(record.dependencies, lookup.declared)
    undeclared |= sql_dependencies.find_undeclared(lookup.read_before, allowed_before)
    for table in set(map(sql_dependencies.table_of, undeclared)):
        metrics.undeclared_reads.labels(lookup.view, table).inc()
    return not undeclared and not connection.in_atomic_block
