"""Waiting for a condition, with a bound that fits the speed of the machine."""

import time
from collections.abc import Callable
from typing import TypeVar

from deployment.local.calibration import patience

T = TypeVar("T")
PAUSE = 0.05


class WaitedInVain(AssertionError):
    """The condition that did not come true, and how long it was waited for."""


def wait_until(
    condition: Callable[[], T],
    what: str,
    seconds: float = 20,
    state: Callable[[], object] | None = None,
) -> T:
    """The first true value of `condition`, which takes `seconds` at most on the reference machine.

    Raises WaitedInVain, which says `what` was waited for, and its last `state`.
    """
    bound = patience(seconds)
    deadline = time.monotonic() + bound
    while not (value := condition()):
        if time.monotonic() > deadline:
            last = state() if state else value
            raise WaitedInVain(f"Waited {bound:.0f} s for this: {what}. Last seen: {last!r}.")
        time.sleep(PAUSE)
    return value
