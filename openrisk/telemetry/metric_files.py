"""The files that a process counts in, on a disk that may be full.

prometheus_client maps files with holes into memory: where the disk has no room for a hole, the
kernel ends the process that writes there (SIGBUS). Here room is taken before anything is mapped.
Without room, or without the folder, counts stay in memory, requests are answered as ever, and the
files get the totals as soon as they can be written.
"""

import mmap
import os
from pathlib import Path

import structlog
from prometheus_client import mmap_dict

FIRST_SIZE = mmap_dict._INITIAL_MMAP_SIZE
AROUND_KEY = 32  # bytes of an entry beside its key, at most
log = structlog.get_logger(__name__)


class _Reserved(mmap_dict.MmapedDict):
    """Its file has no holes. Raises OSError where that cannot be had, and then changes nothing."""

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        if not Path(filename).exists():
            # Under another name first: who adds files up must not find an empty one.
            draft = Path(f"{filename}.new")
            try:
                with draft.open("wb") as file:
                    reserve_space(file.fileno(), FIRST_SIZE)
                draft.rename(filename)
            finally:
                draft.unlink(missing_ok=True)
        super().__init__(filename, read_mode)

    def _init_value(self, key: str) -> None:
        size = self._capacity
        while self._used + len(key.encode()) + AROUND_KEY > size:
            size *= 2
        if size > self._capacity:
            reserve_space(self._f.fileno(), size)
            self._m = mmap.mmap(self._f.fileno(), size)
            self._capacity = size
        super()._init_value(key)


class MetricFile:
    """A file as prometheus_client uses it: opened when it can be, left out when it cannot."""

    was_logged = False  # in the log, once a process

    def __init__(self, filename: str) -> None:
        self.filename = filename
        self.file: _Reserved | None = None

    def read_value(self, key: str) -> tuple[float, float]:
        try:
            return self._opened().read_value(key)
        except OSError as error:
            self._tell(error)
            return 0.0, 0.0

    def write_value(self, key: str, value: float, timestamp: float) -> None:
        try:
            self._opened().write_value(key, value, timestamp)
        except OSError as error:
            self._tell(error)

    def close(self) -> None:
        if self.file:
            self.file.close()
            self.file = None

    def _opened(self) -> _Reserved:
        if self.file is None:
            self.file = _Reserved(self.filename)
        return self.file

    def _tell(self, error: OSError) -> None:
        if not MetricFile.was_logged:
            MetricFile.was_logged = True
            log.error(
                "metrics_not_written",
                file=self.filename,
                error=error.strerror,
                advice="Free some space there, or make the folder writable. Requests go on.",
            )


def reserve_space(descriptor: int, size: int) -> None:
    """Make a file `size` bytes long, with room on the disk for each. Raises OSError."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
    else:  # macOS, where no one runs more than a trial
        os.truncate(descriptor, size)
