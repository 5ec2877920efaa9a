"""The fast path on an event loop: answers hits without a thread, however many are waiting."""

import asyncio

from django.db import connection

from openrisk.caching.fast_path import (
    Candidate,
    Environ,
    build_response,
    confirm_candidate,
    find_candidate,
    identify_request,
)
from openrisk.caching.freshness import event_loop_snapshots, notifications
from openrisk.caching.freshness.event_loop_snapshots import EventLoopBatcher
from openrisk.caching.freshness.snapshots import SnapshotUnavailable
from openrisk.request_state import FAST_PATH_TRIED


class EventLoopFastPath:
    """Answers what `front.Front` would, or leaves in the environ what it has found out.

    With SQLite reading tokens may wait for a disk, so only a thread does it.
    """

    def __init__(self) -> None:
        self.group: EventLoopBatcher | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        if connection.vendor == "postgresql":
            self.group = event_loop_snapshots.batch_on_loop(loop)

    async def answer(self, environ: Environ) -> tuple[str, list[tuple[str, str]], bytes] | None:
        if self.group is None or (question := identify_request(environ)) is None:
            return None
        hit = find_candidate(environ, question)
        if hit is not None and (
            notifications.is_current_without_query(hit.principal, hit.entry, waits=False)
            or await self._is_fresh(self.group, hit, environ)
        ):
            return build_response(environ, hit)
        environ[FAST_PATH_TRIED] = True
        return None

    async def _is_fresh(self, group: EventLoopBatcher, hit: Candidate, environ: Environ) -> bool:
        count = notifications.current_count(waits=False)
        try:
            found = await group.read_async((hit.entry.snapshot, hit.principal.snapshot))
        except SnapshotUnavailable:
            found = {}
        return confirm_candidate(hit, found, count, environ)
