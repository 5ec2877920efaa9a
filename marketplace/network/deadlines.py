"""A network for httpcore in which everything together ends in time, whatever the other side does.

httpcore's timeouts are those of a single read or write: a peer that sends a byte now and then
restarts them for ever. Here each may take only what is left of the whole.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import httpcore

PIECE = 16 * 1024  # bytes of one write, so that the time is looked at in between


class TooSlow(Exception):
    """The deadline is over, or less arrives than has to."""


@dataclass
class Deadline:
    """Ends at `until` (monotonic). After `patience` seconds of an answer, `rate` bytes a second
    have to have arrived on average. No single wait is longer than `silence` seconds."""

    until: float
    silence: float
    rate: int
    patience: float
    _began: float = field(default=0, init=False)
    _bytes: int = field(default=0, init=False)

    def left(self) -> float:
        """Seconds that the next step may take. Raises TooSlow where there are none."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise TooSlow
        return min(self.silence, left)

    def note(self, size: int) -> None:
        """Count what arrived. Raises TooSlow."""
        now = time.monotonic()
        self._began = self._began or now
        self._bytes += size
        took = now - self._began
        if now > self.until or (took > self.patience and self._bytes < self.rate * took):
            raise TooSlow


class DeadlineNetwork(httpcore.NetworkBackend):
    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._system = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._system.connect_tcp(
            host, port, self._deadline.left(), local_address, socket_options
        )
        return _Stream(stream, self._deadline)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, self._deadline.left())
        self._deadline.note(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), PIECE):
            self._stream.write(buffer[start : start + PIECE], self._deadline.left())

    def start_tls(
        self,
        ssl_context: Any,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """The handshake as a whole is bounded: Python's ssl counts all its reads together."""
        stream = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left())
        return _Stream(stream, self._deadline)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
