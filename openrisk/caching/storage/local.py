"""The memory of this process: bounded in bytes; values that were not read again go first."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class _Slot:
    __slots__ = ("size", "used", "value")

    def __init__(self, value: Any, size: int) -> None:
        self.value = value
        self.size = size
        self.used = False


class LocalStore(Generic[Value]):
    """A mapping with a budget. `size` of a value is an estimate of the code that puts it, in bytes.

    Reading takes no lock and moves nothing, it marks: the oldest value goes first, but one that was
    read since the last look gets a second chance (the CLOCK algorithm).
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.size = 0
        self._lock = threading.Lock()
        self._slots: OrderedDict[Hashable, _Slot] = OrderedDict()

    def __len__(self) -> int:
        return len(self._slots)

    def get(self, key: Hashable) -> Value | None:
        slot = self._slots.get(key)
        if slot is None:
            return None
        slot.used = True
        return slot.value

    def put(self, key: Hashable, value: Value, size: int) -> None:
        """Nothing larger than an eighth of the budget is kept: it would push out too much."""
        with self._lock:
            self._drop(key)
            if size > self.budget // 8:
                return
            self._slots[key] = _Slot(value, size)
            self.size += size
            while self.size > self.budget:
                oldest, slot = next(iter(self._slots.items()))
                if slot.used:
                    slot.used = False
                    self._slots.move_to_end(oldest)
                else:
                    self._drop(oldest)

    def discard(self, key: Hashable) -> None:
        with self._lock:
            self._drop(key)

    def clear(self) -> None:
        with self._lock:
            self._slots.clear()
            self.size = 0

    def values(self) -> list[Any]:
        with self._lock:
            return [slot.value for slot in self._slots.values()]

    def _drop(self, key: Hashable) -> None:
        if (old := self._slots.pop(key, None)) is not None:
            self.size -= old.size
