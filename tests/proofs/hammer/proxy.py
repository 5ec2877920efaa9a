"""A TCP proxy that can be cut: by closing everything, or by letting nothing through."""

import socket
import threading
from contextlib import suppress

HOST = "127.0.0.1"


class Proxy:
    """Passes connections to `port` of `target` on until `close`."""

    def __init__(self, target: int) -> None:
        self.target = target
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._refuses = False
        self._passes = threading.Event()
        self._passes.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def refuse(self) -> None:
        """Close every connection, at once and from now on."""
        self._refuses = True
        self._drop()

    def freeze(self) -> None:
        """Accept, but let no byte through: as if packets were lost."""
        self._passes.clear()

    def mend(self) -> None:
        """Work again. What was frozen is dropped, as a connection does that has timed out."""
        if not self._passes.is_set():
            self._drop()
        self._refuses = False
        self._passes.set()

    def close(self) -> None:
        self._refuses = True
        self._listener.close()
        self._drop()
        self._passes.set()

    def _drop(self) -> None:
        for one in list(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client = self._listener.accept()[0]
            except OSError:
                return
            try:
                if self._refuses:
                    raise ConnectionRefusedError
                server = socket.create_connection((HOST, self.target), 5)
            except OSError:
                client.close()
                continue
            for pair in ((client, server), (server, client)):
                self._open.add(pair[0])
                threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            source.settimeout(None)
            while data := source.recv(65536):
                self._passes.wait()
                sink.sendall(data)
        self._open.discard(source)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        source.close()
