"""Ends connections, and those of clients that take nothing: the server underneath cannot."""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress

STALLED_SECONDS = 30  # without taking a byte of what waits for them, clients are disconnected
SEND_BUFFER = 128 * 1024  # bytes of a response that the system keeps; by itself it may keep 4 MB


def end_connection(client: str) -> bool:
    """Close the connection from `client` (address:port); whether there was one."""
    host, _, port = client.rpartition(":")
    peer = (host.strip("[]"), int(port))
    ended = False
    for connection in _sockets():
        with suppress(OSError):  # not connected
            if connection.getpeername()[:2] == peer:
                connection.shutdown(socket.SHUT_RDWR)
                ended = True
    return ended


def limit_connections() -> None:
    """Bound what the system keeps for a client, and for how long where it takes nothing (Linux).

    Set on what listens, since each connection gets it from there.
    """
    for listener in _sockets():
        with suppress(OSError):  # no TCP
            if not listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                continue
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            if hasattr(socket, "TCP_USER_TIMEOUT"):
                milliseconds = STALLED_SECONDS * 1000
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)


def _sockets() -> Iterator[socket.socket]:
    """Those of this process, each as a copy that is closed after its turn."""
    for name in os.listdir("/dev/fd"):  # noqa: PTH208  numbers, not paths
        with suppress(OSError):  # closed meanwhile
            number = os.dup(int(name))  # first: the number may mean another file a moment later
            if not stat.S_ISSOCK(os.fstat(number).st_mode):
                os.close(number)
                continue
            with socket.socket(fileno=number) as copy:
                yield copy
