"""Collects what a WSGI application answers, at full speed, and sends it to clients of any speed."""

import asyncio
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from openrisk.server.limits import IN_MEMORY, LEAST_RATE, SEND_GRACE
from openrisk.server.sockets import end_connection
from openrisk.server.spool import Spool, SpooledFile

Headers = list[tuple[str, str]]
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(slots=True)
class Reply:
    """A whole response: its content in memory, or in a file where it is large."""

    status: int
    headers: Headers
    content: bytes | SpooledFile = b""


def run_application(application: Application, environ: dict[str, Any], spool: Spool) -> Reply:
    """Collect the whole answer of the application. Raises SpoolFull, and what it raises."""
    started: list[tuple[str, Headers]] = []

    def start(status: str, headers: Headers, exc_info: Any = None) -> None:
        started.append((status, headers))

    result = application(environ, start)
    try:
        if environ["REQUEST_METHOD"] == "HEAD":
            next(iter(result), None)  # an application may start with its first part
            content: bytes | SpooledFile = b""
        else:
            content = _collect(result, spool)
    finally:
        if close := getattr(result, "close", None):
            close()
    status, headers = started[-1]
    return Reply(int(status[:3]), headers, content)


def _collect(result: Iterable[bytes], spool: Spool) -> bytes | SpooledFile:
    chunks, size, file = [], 0, None
    try:
        for chunk in result:
            size += len(chunk)
            if file is not None:
                file.write(chunk)
                continue
            chunks.append(chunk)
            if size > IN_MEMORY:
                file = spool.open()
                file.write(b"".join(chunks))
        if file is None:
            return b"".join(chunks)
        file.rewind()
    except BaseException:
        if file is not None:
            file.close()
        raise
    return file


def refusal(environ: dict[str, Any], status: int, detail: str) -> Reply:
    """An answer without the application: a problem for programs, a sentence for people."""
    phrase = HTTPStatus(status).phrase
    if environ["PATH_INFO"].startswith("/api/"):
        kind = "application/problem+json"
        problem = {"type": "about:blank", "title": phrase, "status": status, "detail": detail}
        text = json.dumps(problem | {"code": HTTPStatus(status).name.lower()})
    else:
        kind = "text/html; charset=utf-8"
        text = f"<!doctype html><title>{phrase}</title><h1>{phrase}</h1><p>{detail}</p>"
    headers = [
        ("Content-Type", kind),
        ("Content-Length", str(len(text))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("Connection", "close"),
    ]
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append(("Retry-After", "10"))
    return Reply(status, headers, text.encode())


async def send_file(proto: Any, reply: Reply, client: str) -> None:
    """Send what is in a file. The system does it; here only a clock runs.

    The connection is closed behind it, since its end is all that tells when the client has it.
    """
    file = reply.content
    assert isinstance(file, SpooledFile)  # noqa: S101  as the callers know
    names = {name.lower() for name, _ in reply.headers}
    headers = [*reply.headers, ("Connection", "close")]
    if "content-length" not in names:
        headers.append(("Content-Length", str(file.size)))
    try:
        proto.response_file(reply.status, headers, file.path)
        async with asyncio.timeout(SEND_GRACE + file.size / LEAST_RATE):
            await proto.client_disconnect()
    except TimeoutError:
        with suppress(OSError):
            await asyncio.to_thread(end_connection, client)
    finally:
        file.close()
