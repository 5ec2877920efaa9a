"""The fast path on an event loop: answers hits without a thread, however many are waiting."""

import asyncio

from django.db import connection

from openrisk.caching.fast_path import (
    Candidate,
    Environ,
    confirm_candidate,
    find_candidate,
    identify_request,
    render_hit,
)
from openrisk.caching.freshness import event_loop_snapshots, notifications
from openrisk.caching.freshness.event_loop_snapshots import EventLoopBatcher
from openrisk.caching.freshness.snapshots import SnapshotUnavailable
from openrisk.request_state import FAST_PATH_TRIED


class EventLoopFastPath:
    """Answers as `FastPath` would, or leaves in the environ what it has found out.

    With SQLite, reading versions may wait for a disk, so only a thread does it.
    """

    def __init__(self) -> None:
        self.batcher: EventLoopBatcher | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        if connection.vendor == "postgresql":
            self.batcher = event_loop_snapshots.batch_on_loop(loop)

    async def answer(self, environ: Environ) -> tuple[str, list[tuple[str, str]], bytes] | None:
        if self.batcher is None or (identity := identify_request(environ)) is None:
            return None
        candidate = find_candidate(environ, identity)
        if candidate is not None and await is_fresh(candidate, environ, self.batcher):
            return render_hit(environ, candidate)
        environ[FAST_PATH_TRIED] = True
        return None


async def is_fresh(candidate: Candidate, environ: Environ, batcher: EventLoopBatcher) -> bool:
    principal, entry = candidate.principal, candidate.entry
    if notifications.is_current_without_query(principal, entry, waits=False):
        return True
    count = notifications.current_count(waits=False)
    try:
        versions = await batcher.read_async((entry.snapshot, principal.snapshot))
    except SnapshotUnavailable:
        versions = {}
    return confirm_candidate(candidate, versions, count, environ)
