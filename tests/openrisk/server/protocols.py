"""Stands in for granian: a request whose body comes in parts, and what was answered."""

import asyncio
from collections.abc import Sequence
from typing import Any

END = b""  # granian ends a body with an empty part, and one that breaks off with two
SILENCE = "silence"


class Protocol:
    """`parts` of the body in turn; SILENCE never ends."""

    def __init__(self, parts: Sequence[bytes | str] = ()) -> None:
        self.parts = list(parts)
        self.begun = 0
        self.status = 0
        self.headers: dict[str, str] = {}
        self.content = b""
        self.left = asyncio.Event()

    def __aiter__(self) -> "Protocol":
        self.begun += 1
        return self

    async def __anext__(self) -> bytes:
        if not self.parts:
            raise StopAsyncIteration
        part = self.parts.pop(0)
        while isinstance(part, str):
            await asyncio.Event().wait()
        return part

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.headers, self.content = status, dict(headers), body

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.response_bytes(status, headers, b"")

    def response_file(self, status: int, headers: list[tuple[str, str]], path: str) -> None:
        with open(path, "rb") as file:  # noqa: PTH123  a number of a file, as granian opens it
            self.response_bytes(status, headers, file.read())

    async def client_disconnect(self) -> None:
        await self.left.wait()


class Headers(dict[str, str]):
    """Those of a request, names in lower case."""


class Scope:
    def __init__(self, path: str = "/", method: str = "GET", **headers: str) -> None:
        self.path, _, self.query_string = path.partition("?")
        self.method = method
        self.headers = Headers({name.replace("_", "-"): text for name, text in headers.items()})
        self.http_version, self.scheme, self.authority = "1.1", "http", None
        self.server, self.client = "127.0.0.1:8000", "127.0.0.1:40000"


def run(coroutine: Any) -> Any:
    return asyncio.run(coroutine)
