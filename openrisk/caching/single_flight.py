"""One compute at a time for each key; the others wait for it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_flights: dict[str, threading.Event] = {}


@contextmanager
def flight(key: str, patience: float) -> Iterator[bool]:
    """True for the request that computes; False, after a wait, for one that may look again.

    A request that has waited `patience` seconds computes too: a slow leader must not hold up all.
    """
    with _lock:
        leader = _flights.get(key)
        if leader is None:
            mine = _flights[key] = threading.Event()
    if leader is not None:
        yield not leader.wait(patience)
        return
    try:
        yield True
    finally:
        with _lock:
            del _flights[key]
        mine.set()
