"""What all processes of the hammer share: numbers written and acknowledged, and counts of reads.

Each risk has three slots, fields that carry a stamp: its description, its tag, and the title of its
mitigation. A writer takes the risk's lock, issues the slot's next number (the ceiling), writes, and
after the acknowledged COMMIT raises the floor. Numbers are 64-bit words: one store writes each.
"""

import multiprocessing
import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ctypes import c_double, c_uint64
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import RawArray
from typing import Any

DESCRIPTION, TAG, MITIGATION = range(3)
KINDS = 3
RING = 512  # acknowledgements remembered of each slot
AGES = 50_000  # ages of stale reads remembered of each reader
REST = 2.0  # seconds after an unknown outcome until which a late COMMIT has arrived or never will
POISON = 9_000_000_000  # numbers from here on are rolled back: nobody must ever read one

STAMP = re.compile(rb"@@(\d{4}):(\d{10}):([0-9a-f]{16})@@")
READS = (
    "reads", "stale", "foreign", "phantom", "incomplete", "errors", "unavailable", "retries",
    "hit_front", "hit_memory", "hit_store", "miss", "bypass", "ages",
)  # fmt: skip
WRITERS = (
    "patch", "save", "update", "bulk_update", "tags", "mitigation", "rollback", "savepoint",
    "admin", "sql",
)  # fmt: skip
WRITES = ("acknowledged", "unacknowledged")

_spawn = multiprocessing.get_context("spawn")


class Unknown(Exception):
    """Nobody can say yet whether the write was committed."""


class Refused(Exception):
    """The write was certainly not committed."""


def stamp(slot: int, number: int, marker: str) -> str:
    """The text that a slot shows; `marker` is the secret of the organization."""
    return f"@@{slot:04d}:{number:010d}:{marker}@@"


def slot_of(risk: int, kind: int) -> int:
    return KINDS * risk + kind


@dataclass
class Board:
    """Shared memory and locks. To be passed to a process when it starts."""

    risks: int
    readers: int
    parent: int = field(default_factory=os.getpid)

    def __post_init__(self) -> None:
        slots = KINDS * self.risks
        self.floors: Any = RawArray(c_uint64, slots)
        self.ceilings: Any = RawArray(c_uint64, slots)
        self.acknowledged: Any = RawArray(c_double, slots * RING)
        self.rests: Any = RawArray(c_double, self.risks)
        self.locks = [_spawn.Lock() for _ in range(self.risks)]
        self.reads: Any = RawArray(c_uint64, self.readers * len(READS))
        self.ages: Any = RawArray(c_double, self.readers * AGES)
        self.writes: Any = RawArray(c_uint64, len(WRITERS) * len(WRITES))
        self.stopping = _spawn.Event()

    def is_over(self) -> bool:
        return self.stopping.is_set() or self.parent not in (os.getpid(), os.getppid())

    # --- writing -----------------------------------------------------------------------------
    @contextmanager
    def claimed(self, risks: Sequence[int]) -> Iterator[bool]:
        """Whether all of `risks` are free to be written; if so nobody else writes them."""
        held = []
        try:
            for risk in sorted(risks):
                if not self.locks[risk].acquire(block=False):
                    break
                held.append(risk)
            now = time.monotonic()
            yield len(held) == len(risks) and all(self.rests[risk] <= now for risk in risks)
        finally:
            for risk in held:
                self.locks[risk].release()

    def issue(self, slot: int) -> int:
        """The slot's next number. From now on a reader may see it."""
        self.ceilings[slot] += 1
        return int(self.ceilings[slot])

    def acknowledge(self, slot: int, number: int) -> None:
        """COMMIT has been acknowledged: from now on no reader may see less."""
        self.acknowledged[slot * RING + number % RING] = time.monotonic()
        self.floors[slot] = number

    def rest(self, risk: int, seconds: float = REST) -> None:
        """The outcome is unknown: let nobody write the risk before it must be decided."""
        self.rests[risk] = time.monotonic() + seconds

    def count_write(self, writer: str, outcome: str, count: int = 1) -> None:
        place = WRITERS.index(writer) * len(WRITES) + WRITES.index(outcome)
        self.writes[place] += count

    # --- reading -----------------------------------------------------------------------------
    def count_reads(self) -> int:
        return sum(self.reads[:: len(READS)])

    def age(self, slot: int, number: int, floor: int, at: float) -> float:
        """How long before `at` (monotonic seconds) `number` had been superseded."""
        times = (
            self.acknowledged[slot * RING + later % RING]
            for later in range(number + 1, min(floor, number + RING) + 1)
        )
        return at - min((time for time in times if time), default=at)

    def totals(self) -> dict[str, int]:
        """Counts of all readers and writers since the beginning."""
        width = len(READS)
        result = {name: sum(self.reads[i::width]) for i, name in enumerate(READS)}
        for i, name in enumerate(WRITERS):
            result[f"writes_{name}"] = self.writes[i * len(WRITES)]
            result[f"failed_{name}"] = self.writes[i * len(WRITES) + 1]
        return result

    def ages_since(self, before: Sequence[int]) -> list[float]:
        """Seconds, of the stale reads after each reader had counted `before` of them."""
        found: list[float] = []
        for reader, start in enumerate(before):
            end = min(self.age_counts()[reader], AGES)
            found += self.ages[reader * AGES + start : reader * AGES + end]
        return found

    def age_counts(self) -> list[int]:
        return list(self.reads[READS.index("ages") :: len(READS)])


def start(target: Any, *arguments: Any) -> BaseProcess:
    """A process of the hammer's own, made anew: nothing is inherited but `arguments`."""
    process = _spawn.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process
