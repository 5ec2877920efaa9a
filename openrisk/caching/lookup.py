"""Looks for an entry in this process and in the shared store, or computes it once for all."""

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
from openrisk.caching.freshness.snapshots import Stamp, StampUnavailable
from openrisk.caching.principals import Caller
from openrisk.caching.single_flight import flight
from openrisk.caching.storage.entry import Entry
from openrisk.caching.storage.local import Memory
from openrisk.caching.storage.shared import shared

PATIENCE = 2.0  # seconds that one waits for another's compute
LOCK_SECONDS = 10  # after which a lock of a process that died no longer counts
REFUSED_SECONDS = 10
JITTER = 0.1  # of the TTL: entries made together do not expire together

# Entries have three quarters of the budget; the front keeps its routes and callers in the rest.
memory: Memory[Entry] = Memory(settings.CACHE_MEMORY_BYTES * 3 // 4)
# Keys whose responses were not kept of late: nobody gains by waiting for those.
refused: Memory[float] = Memory(2**20)


@dataclass(frozen=True, slots=True)
class Sought:
    """One request's place in the cache; `parts` name what its key is made of."""

    key: str
    view: str
    tags: frozenset[str]
    tables: frozenset[str]
    ttl: float
    expires: float  # at the latest: the end of the clock's bucket
    caller: Caller | None
    allowed: frozenset[str]  # CLOCK and ROLE, where the response may depend on them
    request: dict[str, str]
    read_before: frozenset[str] = frozenset()  # tables, since the request began
    revalidate: bool = False  # `Cache-Control: no-cache`: nothing from before this request
    began: float = 0.0
    parts: tuple[tuple[str, str], ...] = ()
    stamp: Stamp = field(default_factory=dict)  # read since the request began, if one was


@dataclass(frozen=True, slots=True)
class Answer:
    entry: Entry
    layer: str
    result: str


class NotStorable(Exception):
    """The view answered something that is not kept; `response` is what it answered."""

    def __init__(self, response: Any) -> None:
        super().__init__("not kept")
        self.response = response


Computed = tuple[bytes, str, str]  # body, content type, ETag


def find(sought: Sought, compute: Callable[[], Computed]) -> Answer:
    """An exact answer, from memory, the shared store, somebody's compute, or one's own."""
    deadline = time.monotonic() + PATIENCE
    stamp = sought.stamp or _stamp(sought)
    while True:
        if answer := _kept(sought, stamp):
            return answer
        if not stamp or (refused.get(sought.key) or 0) > time.time():
            return _computed(sought, stamp, compute)
        with flight(sought.key, max(0.0, deadline - time.monotonic())) as computes:
            if computes and _alone(sought, deadline):
                try:
                    return _computed(sought, stamp, compute)
                finally:
                    if store := shared():
                        store.unlock(sought.key)
        stamp = _stamp(sought)  # somebody may have written, and another computed, meanwhile


def _stamp(sought: Sought) -> Stamp:
    """Tokens from before any row is read. Empty when nobody can say: then nothing is kept."""
    tags = sought.tags | (sought.caller.stamp.keys() if sought.caller else set())
    try:
        stamp = snapshots.read(tags)
    except StampUnavailable:
        return {}
    return stamp if stamp[EPOCH] else {}


def _kept(sought: Sought, stamp: Stamp) -> Answer | None:
    if not stamp:
        return None
    entry = memory.get(sought.key)
    if entry is not None and _is_valid(entry, sought, stamp):
        return Answer(entry, "memory", "hit")
    store = shared()
    entry = store.get(sought.key) if store else None
    if entry is not None and _is_valid(entry, sought, stamp):
        _keep(entry)
        return Answer(entry, "store", "hit")
    return None


def _is_valid(entry: Entry, sought: Sought, stamp: Stamp) -> bool:
    if sought.revalidate and entry.created < sought.began:
        return False
    return not is_expired(entry, time.time()) and snapshots.is_equal(entry.stamp, stamp)


def _keep(entry: Entry) -> None:
    memory.put(entry.key, entry, entry.size)
    metrics.memory_bytes.set(memory.size)
    metrics.memory_entries.set(len(memory))


def is_expired(entry: Entry, now: float) -> bool:
    """Over, or about to be: the dearer a response, the earlier somebody computes it anew.

    XFetch (Vattani, Chierichetti, Lowenstein: Optimal Probabilistic Cache Stampede Prevention).
    """
    if now + 25 * entry.cost < entry.expires:
        return False  # the draw below is never as long as that
    early = -entry.cost * math.log(random.random() or 1e-9)  # noqa: S311  no secret
    return now + early >= entry.expires


def _alone(sought: Sought, deadline: float) -> bool:
    """Whether no other process computes the same; if one does, wait a little for its answer."""
    store = shared()
    if store is None or store.lock(sought.key, LOCK_SECONDS):
        return True
    if time.monotonic() >= deadline:
        return True
    time.sleep(0.01)
    return False


def _computed(sought: Sought, stamp: Stamp, compute: Callable[[], Computed]) -> Answer:
    started = time.perf_counter()
    with recorder.recording() as record:
        body, content_type, etag = compute()
    cost = time.perf_counter() - started
    metrics.compute_seconds.labels(sought.view).observe(cost)
    now = time.time()
    ttl = sought.ttl * (1 - JITTER * random.random())  # noqa: S311  no secret
    entry = Entry(
        key=sought.key,
        view=sought.view,
        stamp={tag: stamp[tag] for tag in sought.tags} if stamp else {},
        created=now,
        expires=min(now + ttl, sought.expires),
        cost=cost,
        content_type=content_type,
        etag=etag,
        request=sought.request,
        # A copy is as long as it looks; what orjson returns lies in a buffer of eight kilobytes.
        body=bytes(memoryview(body)),
    )
    if not stamp:
        return Answer(entry, "view", "bypass")
    if not _is_covered(sought, stamp, record):
        refused.put(sought.key, now + REFUSED_SECONDS, 500)
        return Answer(entry, "view", "bypass")
    _keep(entry)
    if store := shared():
        store.put(entry)
    return Answer(entry, "view", "miss")


def _is_covered(sought: Sought, stamp: Stamp, record: recorder.Recording) -> bool:
    """Whether all that was read is declared, and what was read before the stamp is unchanged."""
    caller = sought.caller
    if caller is not None and not snapshots.is_equal(caller.stamp, stamp):
        return False
    # Before the stamp only the caller's own rows may be read: tokens of theirs have been compared.
    # Authentication reads the clock and the role to refuse what has expired or is not allowed; a
    # hit is as safe, since it has passed there, or somebody of the same role has.
    identity = (
        caller.tables | {sql_dependencies.CLOCK, sql_dependencies.ROLE} if caller else frozenset()
    )
    undeclared = sql_dependencies.undeclared(record.seen, sought.tables | sought.allowed)
    undeclared |= sql_dependencies.undeclared(sought.read_before, identity)
    for table in set(map(sql_dependencies.table_of, undeclared)):
        metrics.undeclared_reads.labels(sought.view, table).inc()
    return not undeclared and not connection.in_atomic_block
