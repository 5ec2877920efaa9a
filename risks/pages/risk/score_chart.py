"""The score of a risk over time, as a line that the server draws, and as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.utils import timezone

from risks.models import Matrix, Risk, ScoreChange

MOST_STEPS = 60
WIDTH, HEIGHT = 600, 120  # of the plot, in its own units
MARGIN = 6


@dataclass(frozen=True)
class ScoreStep:
    """The score from one moment to the next change of it; None while it was not assessed."""

    at: datetime
    score: int | None
    level: str | None
    inherent: int | None
    target: int | None


@dataclass(frozen=True)
class ScoreChart:
    """A line of steps: `path` and `dots` are in the units of the plot."""

    steps: list[ScoreStep]
    path: str
    dots: list[dict[str, Any]]
    appetite: float | None  # its height
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def is_shown(self) -> bool:
        """Return whether there was a change of the score at all."""
        return len(self.steps) > 1

    @property
    def latest_first(self) -> list[ScoreStep]:
        return self.steps[::-1]


def load_score_chart(risk: Risk, matrix: Matrix) -> ScoreChart:
    """Read the latest steps of the risk's score from its ledger."""
    columns = ("at", "current_score", "current_level", "inherent_likelihood", "inherent_impact",
               "target_likelihood", "target_impact")  # fmt: skip
    rows = ScoreChange.objects.filter(risk=risk.pk).order_by("-id").values_list(*columns)
    states = [
        ScoreStep(at, score, level, product(*rating[:2]), product(*rating[2:]))
        for at, score, level, *rating in reversed(rows[: MOST_STEPS * 4])
    ]
    # An interval ends with any change of the risk; a step begins with a change of its score.
    steps = [next(group) for _, group in groupby(states, key=lambda step: (step.score, step.level))]
    steps = steps[-MOST_STEPS:]
    highest = len(matrix.likelihood_labels) * len(matrix.impact_labels)
    appetite = risk.category.appetite if risk.category else None
    return draw_steps(steps, highest, appetite, timezone.now())


def product(likelihood: int | None, impact: int | None) -> int | None:
    return None if likelihood is None or impact is None else likelihood * impact


def draw_steps(
    steps: Sequence[ScoreStep], highest: int, appetite: int | None, now: datetime
) -> ScoreChart:
    """Draw the steps from the first one until `now`; a gap is where there was no score."""
    if not steps:
        return ScoreChart([], "", [], None)
    start = steps[0].at
    length = max(now - start, timedelta(hours=1))

    def across(at: datetime) -> float:
        return round(MARGIN + (at - start) / length * (WIDTH - 2 * MARGIN), 1)

    def up(score: int) -> float:
        return round(HEIGHT - MARGIN - score / highest * (HEIGHT - 2 * MARGIN), 1)

    ends = [*(step.at for step in steps[1:]), now]
    parts, dots, is_drawn = [], [], False
    for step, end in zip(steps, ends, strict=True):
        if step.score is None:
            is_drawn = False
            continue
        x, y = across(step.at), up(step.score)
        parts.append(f"{f'H{x}V{y}' if is_drawn else f'M{x} {y}'}H{across(end)}")
        dots.append({"x": x, "y": y, "level": step.level, "score": step.score, "at": step.at})
        is_drawn = True
    height = None if appetite is None else up(appetite)
    return ScoreChart(list(steps), "".join(parts), dots, height)
