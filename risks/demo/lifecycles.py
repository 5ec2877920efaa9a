"""What becomes of a risk: which states it passes, and at which of the moments of the past year."""

from dataclasses import dataclass
from random import Random

# The states on the way to each end. Neighbours are edges of `risks.states`.
_TREATED = ("identified", "assessed", "treatment_planned", "in_treatment", "mitigated")
PATHS: dict[str, tuple[str, ...]] = {
    "draft": ("draft",),
    "identified": ("identified",),
    "assessed": _TREATED[:2],
    "treatment_planned": _TREATED[:3],
    "in_treatment": _TREATED[:4],
    "mitigated": _TREATED,
    "accepted": ("identified", "assessed", "accepted"),
    "closed": (*_TREATED, "closed"),
    "reopened": (*_TREATED, "closed", "reopened"),
}

# A year ago the register began with risks taken over from an older one, in any state; since then
# others were added and went their way from the beginning.
IMPORTED_SHARE = 0.55
MOVED_SINCE_SHARE = 0.5  # of those taken over
_ENDS_OF_OLD = {
    "assessed": 16,
    "treatment_planned": 12,
    "in_treatment": 31,
    "mitigated": 14,
    "accepted": 10,
    "closed": 14,
    "reopened": 3,
}
_ENDS_OF_NEW = {
    "draft": 9,
    "identified": 21,
    "assessed": 30,
    "treatment_planned": 17,
    "in_treatment": 14,
    "mitigated": 2,
    "accepted": 5,
    "closed": 2,
}


@dataclass(frozen=True, slots=True)
class StatusChange:
    """From this moment (an index) on, the risk was in `status`."""

    moment: int
    status: str


@dataclass(frozen=True, slots=True)
class RiskLifecycle:
    steps: list[StatusChange]
    taken_over: bool
    whole: bool

    @property
    def end(self) -> str:
        return self.steps[-1].status

    def moment_of(self, *statuses: str) -> int | None:
        """When the first of these states was reached; None if never since the beginning."""
        return next((step.moment for step in self.steps if step.status in statuses), None)


def invent_lifecycle(random: Random, moments: int, *, whole: bool = True) -> RiskLifecycle:
    """A life that ends in a plausible state; no two steps at the same of `moments`.

    Of one that is not `whole` only the last step is told.
    """
    taken_over = random.random() < IMPORTED_SHARE
    end = weighted_choice(random, _ENDS_OF_OLD if taken_over else _ENDS_OF_NEW)
    path = PATHS[end]
    # An acceptance of the first weeks would have expired by now: it lasts a year at most.
    earliest = moments // 5 if end == "accepted" else 0
    if taken_over:
        moved = end in ("accepted", "reopened") or random.random() < MOVED_SINCE_SHARE
        path = path[-2:] if moved else path[-1:]
        times = [0, *sorted(random.sample(range(max(1, earliest), moments), len(path) - 1))]
    else:
        times = sorted(random.sample(range(earliest, moments), len(path)))
    steps = [StatusChange(*pair) for pair in zip(times, path, strict=True)]
    return RiskLifecycle(steps if whole else steps[-1:], taken_over, whole)


def weighted_choice(random: Random, weights: dict[str, int]) -> str:
    return random.choices(tuple(weights), tuple(weights.values()))[0]
