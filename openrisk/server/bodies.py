"""Receives the body of a request on the event loop: within its limit, and not too slowly.

No thread waits for a client. A body that is too large is refused before it is read where the client
says its size, else as soon as it exceeds the limit.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from io import BytesIO
from typing import IO, Any

from openrisk.server.limits import (
    GRACE,
    IN_MEMORY,
    LEAST_RATE,
    RECEIVED_AT_ONCE,
    Limit,
)
from openrisk.server.spool import Spool, SpooledFile, SpoolFull

# Of a refused body: some clients read the answer only when they have sent all.
DRAINED_BYTES = 64 * 1024**2
DRAIN_SECONDS = 10

InThread = Callable[..., Awaitable[Any]]


class BodyRefused(Exception):
    """The request is answered with `status` and the connection is closed."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Chunks:
    """The parts of a body as they come; a second loop goes on where the first one ended."""

    def __init__(self, proto: Any) -> None:
        self._proto = proto
        self._begun = False

    def __aiter__(self) -> "Chunks":
        return self

    def __anext__(self) -> Awaitable[bytes]:
        if not self._begun:
            self._begun = True
            aiter(self._proto)
        return self._proto.__anext__()


class Body:
    """A body that was received: in memory, or in a file where it was large."""

    def __init__(self, spool: Spool) -> None:
        self.size = 0
        self._spool = spool
        self._memory = BytesIO()
        self._file: SpooledFile | None = None

    @property
    def input(self) -> IO[bytes]:
        return self._file.file if self._file else self._memory

    async def add(self, chunk: bytes, in_thread: InThread) -> None:
        """Files are written by a thread: a disk may be slow."""
        self.size += len(chunk)
        if self._file is None and self.size <= IN_MEMORY:
            self._memory.write(chunk)
            return
        try:
            if self._file is None:
                self._file = self._spool.open()
                chunk = self._memory.getvalue() + chunk
            await _to_its_end(in_thread(self._file.write, chunk))
        except SpoolFull:
            raise BodyRefused(503, "There is no room for uploads now. Try again later.") from None

    def rewind(self) -> None:
        if self._file:
            self._file.rewind()
        else:
            self._memory.seek(0)

    def close(self) -> None:
        if self._file:
            self._file.close()


async def _to_its_end(writing: Awaitable[Any]) -> None:
    """Wait for it also where the body is given up: the file is closed next, and its number may be
    another client's a moment later."""
    ends = asyncio.ensure_future(writing)
    try:
        await asyncio.shield(ends)
    except asyncio.CancelledError:
        await asyncio.gather(ends, return_exceptions=True)
        raise


class Intake:
    """The bodies that one process is receiving.

    Of too many, the one that has been coming for longest is ended: those who send as fast as they
    can are served whatever others do.
    """

    def __init__(self, spool: Spool, in_thread: InThread, most: int = RECEIVED_AT_ONCE) -> None:
        self.spool = spool
        self.in_thread = in_thread
        self.most = most
        self._deadlines: dict[asyncio.Timeout, None] = {}  # the oldest first

    async def receive(self, chunks: Chunks, length: int | None, limit: Limit) -> Body:
        """The whole body; `length` is None where the client does not say it.

        Raises BodyRefused.
        """
        if length is not None and length > limit.size:
            raise BodyRefused(413, limit.sentence)
        body = Body(self.spool)
        try:
            await self._fill(body, chunks, length, limit)
        except BaseException:
            body.close()
            raise
        body.rewind()
        return body

    async def _fill(self, body: Body, chunks: Chunks, length: int | None, limit: Limit) -> None:
        try:
            async with asyncio.timeout(GRACE) as deadline:
                if len(self._deadlines) >= self.most:
                    oldest = next(iter(self._deadlines))
                    del self._deadlines[oldest]
                    if not oldest.expired():
                        oldest.reschedule(0)
                self._deadlines[deadline] = None
                try:
                    await self._read(body, chunks, length, limit, deadline)
                finally:
                    self._deadlines.pop(deadline, None)
        except TimeoutError:
            raise BodyRefused(
                408, "The body of the request came too slowly. Send it again, without pauses."
            ) from None

    async def _read(
        self,
        body: Body,
        chunks: Chunks,
        length: int | None,
        limit: Limit,
        deadline: asyncio.Timeout,
    ) -> None:
        began, ends = asyncio.get_running_loop().time(), 0
        async for chunk in chunks:
            ends += not chunk
            await body.add(chunk, self.in_thread)
            if body.size > limit.size:
                raise BodyRefused(413, limit.sentence)
            if body.size == length:
                return
            if deadline in self._deadlines and not deadline.expired():
                deadline.reschedule(began + GRACE + body.size / LEAST_RATE)
        # The server underneath gives an empty chunk at the end, and one more where the client left.
        if ends > 1 or length is not None:
            raise BodyRefused(400, "The body of the request is incomplete.")


async def drain(chunks: Chunks) -> None:
    """Take in what is left of a refused body for a while, or its sender may miss the answer."""
    left = DRAINED_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            async for chunk in chunks:
                left -= len(chunk)
                if not chunk or left < 0:
                    return
