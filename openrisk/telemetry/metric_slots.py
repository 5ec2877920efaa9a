"""Slots of metric files: numbers that are used again, instead of process ids.

prometheus_client keeps a file for each process id, for ever: restarts pile them up and make each
scrape slower. A slot is held by a lock that ends with its process, however that ends. Its counters
go on from where they stood, so that sums over all slots stay exact; its gauges begin again.
"""

import fcntl
import os
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import IO

import structlog
from prometheus_client import values

from openrisk.telemetry.metric_files import MetricFile

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_slots: dict[int, int] = {}  # slot by process id: a child that was forked takes its own
_locks: list[IO[str]] = []  # kept open, or the locks would end
log = structlog.get_logger(__name__)


def install_slots() -> None:
    """Before any metric is declared, in a process that counts for others to add up."""
    if FOLDER in os.environ:
        values.MmapedDict = MetricFile  # type: ignore[misc,assignment]
        values.ValueClass = values.MultiProcessValue(process_identifier=current_slot)


def current_slot() -> int:
    """That of this process."""
    pid = os.getpid()
    if pid not in _slots:
        _slots[pid] = take_slot(Path(os.environ[FOLDER]))
    return _slots[pid]


def take_slot(folder: Path) -> int:
    """The first that is free; the process id where none can be locked, since work goes on."""
    try:
        folder.mkdir(parents=True, exist_ok=True)  # it may have been deleted
        for number in count():  # pragma: no branch
            lock = _lock(folder / f"slot-{number}.lock")
            if lock is not None:
                _locks.append(lock)
                _forget_gauges(folder, number)
                return number
    except OSError as error:
        log.error("metrics_slot_not_taken", folder=str(folder), error=error.strerror)
    return os.getpid()


def _lock(path: Path) -> IO[str] | None:
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def _forget_gauges(folder: Path, number: int) -> None:
    """Delete the gauges of a process that has ended."""
    for path in folder.glob(f"gauge_live*_{number}.db"):
        path.unlink(missing_ok=True)


def forget_dead_gauges(folder: Path) -> None:
    """Drop the gauges of processes that ended and whose slot no one has taken."""
    for path in folder.glob("slot-*.lock"):
        with suppress(OSError):  # a folder that cannot be written to keeps what it has
            if lock := _lock(path):
                _forget_gauges(folder, int(path.stem.removeprefix("slot-")))
                lock.close()
