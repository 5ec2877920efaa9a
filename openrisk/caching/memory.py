"""What this process keeps: bounded in bytes, the least recently used goes first."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class Memory(Generic[Value]):
    """A mapping with a budget. `size` of what is put is the caller's estimate, in bytes."""

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.size = 0
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable) -> Value | None:
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, value: Value, size: int) -> None:
        """Nothing larger than an eighth of the budget is kept: it would push out too much."""
        with self._lock:
            self._drop(key)
            if size > self.budget // 8:
                return
            self._kept[key] = (value, size)
            self.size += size
            while self.size > self.budget:
                self._drop(next(iter(self._kept)))

    def discard(self, key: Hashable) -> None:
        with self._lock:
            self._drop(key)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self.size = 0

    def values(self) -> list[Any]:
        with self._lock:
            return [value for value, _ in self._kept.values()]

    def _drop(self, key: Hashable) -> None:
        if (old := self._kept.pop(key, None)) is not None:
            self.size -= old[1]
