"""One request from its first byte to its last, as an RSGI application around a WSGI one.

The event loop answers what is known at once, receives bodies and sends large responses. A thread of
a fixed number works on a request only while its body is here and its response need not wait for the
client; so however slow clients are, they hold no thread and no database connection.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import structlog

from openrisk.request_state import ARRIVED_AT
from openrisk.server.bodies import BodyRefused, Chunks, Intake, drain
from openrisk.server.environ import Environ, build_environ
from openrisk.server.limits import is_long, limit_for
from openrisk.server.responses import Application, Reply, refusal, run_application, send_file
from openrisk.server.sockets import limit_connections
from openrisk.server.spool import Spool, SpoolFull

FILE_THREADS = 2  # write large bodies to files
DRAINED = (413, 503)  # refused for no fault of the connection

Observe = Callable[[Environ, Reply, float], None]

Instant = Callable[[Environ], Awaitable[Reply | None]]

log = structlog.get_logger(__name__)


class WebServer:
    """Runs `application` in `threads`, after asking `instants`, which answer on the loop or not.

    `observe` is called with each answer that neither of them gave, and `on_start` with the loop
    before the first request.
    """

    def __init__(
        self,
        application: Application,
        *,
        threads: int,
        folder: Path,
        instants: Sequence[Instant] = (),
        observe: Observe | None = None,
        on_start: Callable[[asyncio.AbstractEventLoop], None] | None = None,
    ) -> None:
        self.application = application
        self.instants = instants
        self.observe: Observe = observe or (lambda environ, reply, began: None)
        self.on_start = on_start
        self.spool = Spool(folder)
        self.threads = ThreadPoolExecutor(threads, "request")
        self.long = asyncio.Semaphore(max(1, threads // 2))  # the others are for what is quick
        self.file_threads = ThreadPoolExecutor(FILE_THREADS, "file")
        self.intake = Intake(self.spool, self._write_in_thread)

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        if self.on_start:
            self.on_start(loop)
        loop.call_later(0, limit_connections)  # listening begins after this

    async def __rsgi__(self, scope: Any, proto: Any) -> None:
        environ = build_environ(scope)
        for instant in self.instants:
            if (reply := await instant(environ)) is not None:
                proto.response_bytes(reply.status, reply.headers, reply.content)
                return
        if "transfer-encoding" in scope.headers or environ.get("CONTENT_LENGTH", "0") != "0":
            await self._answer_with_body(environ, proto, scope)
        else:
            environ["wsgi.input"] = BytesIO()
            await self._answer(environ, proto, scope.client)

    async def _answer_with_body(self, environ: Environ, proto: Any, scope: Any) -> None:
        chunked = "transfer-encoding" in scope.headers
        length = None if chunked else int(environ["CONTENT_LENGTH"])
        chunks, began = Chunks(proto), time.perf_counter()
        try:
            body = await self.intake.receive(chunks, length, limit_for(environ["PATH_INFO"]))
        except BodyRefused as reason:
            reply = refusal(environ, reason.status, reason.detail)
            proto.response_bytes(reply.status, reply.headers, reply.content)
            self.observe(environ, reply, began)
            if reason.status in DRAINED and "expect" not in scope.headers:
                await drain(chunks)
            return
        try:
            environ["wsgi.input"] = body.input
            environ["CONTENT_LENGTH"] = str(body.size)
            await self._answer(environ, proto, scope.client)
        finally:
            body.close()

    async def _answer(self, environ: Environ, proto: Any, client: str) -> None:
        environ[ARRIVED_AT] = time.perf_counter()
        path = environ["PATH_INFO"]
        if is_long(path, limit_for(path)):
            reply = await self._in_turn(environ, proto)
        else:
            reply = await self._in_thread(environ, proto)
        if reply is not None:
            await send_file(proto, reply, client)

    async def _in_turn(self, environ: Environ, proto: Any) -> Reply | None:
        """Nothing is done for a client that has gone while it waited."""
        disconnected = asyncio.ensure_future(proto.client_disconnect())
        try:
            async with self.long:
                return None if disconnected.done() else await self._in_thread(environ, proto)
        finally:
            disconnected.cancel()

    async def _in_thread(self, environ: Environ, proto: Any) -> Reply | None:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.threads, self._work, environ, proto)

    def _work(self, environ: Environ, proto: Any) -> Reply | None:
        """Answer, in a thread; a response in a file is left to the loop."""
        try:
            reply = run_application(self.application, environ, self.spool)
        except SpoolFull as reason:
            log.error("response_not_kept", path=environ["PATH_INFO"], error=str(reason))
            reply = refusal(environ, 503, "There is no room for this response. Try again later.")
        except Exception:
            log.exception("application_failed", path=environ["PATH_INFO"])
            reply = refusal(environ, 500, "Something went wrong.")
        if not isinstance(reply.content, bytes):
            return reply
        if environ["REQUEST_METHOD"] == "HEAD":
            proto.response_empty(reply.status, reply.headers)
        else:
            proto.response_bytes(reply.status, reply.headers, reply.content)
        return None

    async def _write_in_thread(self, write: Callable[..., Any], data: bytes) -> None:
        await asyncio.get_running_loop().run_in_executor(self.file_threads, write, data)
