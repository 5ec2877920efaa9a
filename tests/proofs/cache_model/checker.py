"""A small explicit-state model checker: visits every state that a system can reach.

Breadth first, so the first fault found is one that takes the fewest steps.
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

State = TypeVar("State", bound=Hashable)
Steps = Callable[[State], Iterable[tuple[str, State]]]
LIMIT = 2_000_000  # states; more are a bound chosen too large


@dataclass(frozen=True)
class Result:
    """`fault` is "" and `trace` empty if no state that can be reached breaks the invariant."""

    states: int
    fault: str
    trace: tuple[str, ...]

    def __str__(self) -> str:
        if not self.fault:
            return f"{self.states:,} states, no fault"
        steps = [f"{number:4}. {step}" for number, step in enumerate(self.trace, 1)]
        return "\n".join([f"{self.fault} (found after {self.states:,} states)", *steps])


def check(
    initial: Iterable[State], steps: Steps[State], invariant: Callable[[State], str]
) -> Result:
    """Explore all that `steps` leads to. `invariant` says what is wrong with a state, or "".

    `steps` gives for each state what may happen next: a sentence, and the state it leads to.
    """
    parents: dict[State, tuple[State, str] | None] = dict.fromkeys(initial)
    waiting = deque(parents)
    while waiting:
        state = waiting.popleft()
        if fault := invariant(state):
            return Result(len(parents), fault, tuple(_trace(parents, state)))
        for step, following in steps(state):
            if following not in parents:
                parents[following] = (state, step)
                waiting.append(following)
        if len(parents) > LIMIT:
            raise RuntimeError(f"More than {LIMIT:,} states: choose smaller bounds.")
    return Result(len(parents), "", ())


def _trace(parents: dict[State, tuple[State, str] | None], state: State) -> list[str]:
    def backwards(current: State) -> Iterator[str]:
        while (found := parents[current]) is not None:
            current, step = found
            yield step

    return list(backwards(state))[::-1]
