"""Invents the statuses that a risk passes, and the moments of the past when it does."""

from dataclasses import dataclass
from random import Random

# The statuses on the way to each last one. Neighbours are transitions of `risks.states`.
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

# Eighteen months ago the register began with risks imported from an older one, in any status; since
# then others were added, each from the beginning of its path.
IMPORTED_SHARE = 0.55
MOVED_SINCE_SHARE = 0.5  # of the imported ones
_LAST_STATUS_IF_IMPORTED = {
    "assessed": 16,
    "treatment_planned": 12,
    "in_treatment": 31,
    "mitigated": 14,
    "accepted": 10,
    "closed": 14,
    "reopened": 3,
}
_LAST_STATUS_IF_ADDED = {
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
    """The status changes of a risk; only the last of them where it is not `complete`."""

    status_changes: list[StatusChange]
    imported: bool
    complete: bool

    @property
    def last_status(self) -> str:
        return self.status_changes[-1].status

    def first_moment_in(self, *statuses: str) -> int | None:
        """Return the moment when the first of these statuses was reached; None if never."""
        return next(
            (change.moment for change in self.status_changes if change.status in statuses), None
        )


def invent_lifecycle(random: Random, moments: int, *, complete: bool = True) -> RiskLifecycle:
    """Invent a lifecycle with a plausible end; no two changes at the same of `moments`."""
    imported = random.random() < IMPORTED_SHARE
    last_status = weighted_choice(
        random, _LAST_STATUS_IF_IMPORTED if imported else _LAST_STATUS_IF_ADDED
    )
    path = PATHS[last_status]
    # An acceptance of the first weeks would have expired by now: it lasts a year at most.
    earliest = moments * 2 // 5 + 2 if last_status == "accepted" else 0
    if imported:
        moved = last_status in ("accepted", "reopened") or random.random() < MOVED_SINCE_SHARE
        path = path[-2:] if moved else path[-1:]
        times = [0, *sorted(random.sample(range(max(1, earliest), moments), len(path) - 1))]
    else:
        times = sorted(random.sample(range(earliest, moments), len(path)))
    changes = [StatusChange(*pair) for pair in zip(times, path, strict=True)]
    return RiskLifecycle(changes if complete else changes[-1:], imported, complete)


def weighted_choice(random: Random, weights: dict[str, int]) -> str:
    return random.choices(tuple(weights), tuple(weights.values()))[0]
