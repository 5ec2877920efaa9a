"""The front on an event loop: a hit is answered without a thread, however many wait for stamps."""

import asyncio

from django.db import connection

from openrisk.caching.fast_path import (
    TRIED,
    Environ,
    Hit,
    answer,
    find_hit,
    is_confirmed,
    question_of,
)
from openrisk.caching.freshness import event_loop_snapshots, notifications
from openrisk.caching.freshness.event_loop_snapshots import LoopGroup
from openrisk.caching.freshness.snapshots import StampUnavailable


class LoopFront:
    """Answers what `front.Front` would, or leaves in the environ what it has found out.

    With SQLite reading tokens may wait for a disk, so only a thread does it.
    """

    def __init__(self) -> None:
        self.group: LoopGroup | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        if connection.vendor == "postgresql":
            self.group = event_loop_snapshots.use_loop(loop)

    async def answer(self, environ: Environ) -> tuple[str, list[tuple[str, str]], bytes] | None:
        if self.group is None or (question := question_of(environ)) is None:
            return None
        hit = find_hit(environ, question)
        if hit is not None and (
            notifications.vouches_for(hit.caller, hit.entry, waits=False)
            or await self._is_fresh(self.group, hit, environ)
        ):
            return answer(environ, hit)
        environ[TRIED] = True
        return None

    async def _is_fresh(self, group: LoopGroup, hit: Hit, environ: Environ) -> bool:
        count = notifications.count(waits=False)
        try:
            found = await group.read_soon((hit.entry.stamp, hit.caller.stamp))
        except StampUnavailable:
            found = {}
        return is_confirmed(hit, found, count, environ)
