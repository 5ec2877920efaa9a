"""Files without a name, for bodies and responses that are too large for memory."""

import tempfile
import threading
from pathlib import Path
from typing import Any

from openrisk.server.limits import SPOOLED_BYTES


class SpoolFull(Exception):
    """There is no room: too much is in files already, or the disk is full."""


class Spool:
    """The files of one process. They have at most `budget` bytes together."""

    def __init__(self, folder: Path, budget: int = SPOOLED_BYTES) -> None:
        self.folder = folder
        self.budget = budget
        self.used = 0
        self._lock = threading.Lock()

    def open(self) -> "SpooledFile":
        """A new file. Raises SpoolFull."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return SpooledFile(self)
        except OSError as error:
            raise SpoolFull(str(error)) from None

    def take(self, size: int) -> None:
        """Raises SpoolFull."""
        with self._lock:
            if self.used + size > self.budget:
                raise SpoolFull(f"{self.used} bytes are in files.")
            self.used += size

    def give_back(self, size: int) -> None:
        with self._lock:
            self.used -= size


class SpooledFile:
    """A file that counts against the budget until it is closed."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self.size = 0
        self.file: Any = tempfile.TemporaryFile(dir=spool.folder, buffering=0)  # noqa: SIM115

    @property
    def path(self) -> str:
        """The path by which others in this process can open it."""
        return f"/dev/fd/{self.file.fileno()}"

    def write(self, data: bytes) -> None:
        """Raises SpoolFull."""
        self.spool.take(len(data))
        self.size += len(data)
        try:
            self.file.write(data)
        except OSError as error:
            raise SpoolFull(str(error)) from None

    def rewind(self) -> None:
        self.file.seek(0)

    def close(self) -> None:
        self.file.close()
        self.spool.give_back(self.size)
        self.size = 0
