"""A network for httpcore with one deadline for everything together.

httpcore's timeouts are for a single read or write, so a peer that sends a byte now and then could
go on for ever. Here each read and write may take only the time that remains.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import httpcore

PIECE = 16 * 1024  # bytes of one write, so that the deadline is checked in between


class TooSlow(Exception):
    """The deadline has passed, or data arrives too slowly."""


@dataclass
class Deadline:
    """Ends at `until` (monotonic). No single wait takes longer than `silence` seconds.

    After `patience` seconds of a response, it must have had `rate` bytes a second on average.
    """

    until: float
    silence: float
    rate: int
    patience: float
    _started: float = field(default=0, init=False)
    _bytes: int = field(default=0, init=False)

    def remaining_seconds(self) -> float:
        """Seconds for the next step. Raises TooSlow if the deadline has passed."""
        seconds = self.until - time.monotonic()
        if seconds <= 0:
            raise TooSlow
        return min(self.silence, seconds)

    def count_bytes(self, size: int) -> None:
        """Count received bytes. Raises TooSlow."""
        now = time.monotonic()
        self._started = self._started or now
        self._bytes += size
        elapsed = now - self._started
        if now > self.until or (elapsed > self.patience and self._bytes < self.rate * elapsed):
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
            host, port, self._deadline.remaining_seconds(), local_address, socket_options
        )
        return DeadlineStream(stream, self._deadline)


class DeadlineStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, self._deadline.remaining_seconds())
        self._deadline.count_bytes(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), PIECE):
            self._stream.write(buffer[start : start + PIECE], self._deadline.remaining_seconds())

    def start_tls(
        self,
        ssl_context: Any,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Limits the handshake as a whole: Python's ssl counts all its reads together."""
        stream = self._stream.start_tls(
            ssl_context, server_hostname, self._deadline.remaining_seconds()
        )
        return DeadlineStream(stream, self._deadline)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
