"""Reads the written risks."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

# In the order of `risks.demo.topics.TOPICS`.
FILES = (
    "it_security",
    "operational_technology",
    "suppliers",
    "privacy",
    "continuity",
    "finance",
    "people",
)
KINDS = {"i": "inherent", "r": "residual", "t": "target"}
Rating = tuple[int, int]


@dataclass(frozen=True, slots=True)
class WrittenAsset:
    topic: int
    name: str
    type: str
    criticality: str
    owner: str
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoryStep:
    """From `days` ago on, the risk had this status, and these ratings were new."""

    days: int
    status: str
    ratings: dict[str, Rating]


@dataclass(frozen=True, slots=True)
class WrittenAction:
    """A step of a plan: done so many days ago, or due in so many days."""

    title: str
    done: int | None
    due: int


@dataclass(frozen=True, slots=True)
class WrittenPlan:
    title: str
    status: str
    begin: int
    due: int
    finished: int | None
    owner: str
    cost: int | None
    effect: float
    actions: tuple[WrittenAction, ...]


@dataclass(frozen=True, slots=True)
class WrittenComment:
    author: str
    days: int
    text: str


@dataclass(frozen=True, slots=True)
class WrittenRisk:
    topic: int
    title: str
    description: str
    people: dict[str, str]  # owner, assignee and reviewer
    assets: tuple[str, ...]
    controls: tuple[str, ...]
    tags: tuple[str, ...]
    treatment: str
    interval: int | None
    next_review: int | None
    story: tuple[StoryStep, ...]
    plans: tuple[WrittenPlan, ...]
    acceptance: dict[str, Any]
    comments: tuple[WrittenComment, ...]


@cache
def read_files() -> tuple[dict[str, Any], ...]:
    folder = Path(__file__).parent
    return tuple(tomllib.loads((folder / f"{name}.toml").read_text()) for name in FILES)


@cache
def written_assets() -> tuple[WrittenAsset, ...]:
    return tuple(
        WrittenAsset(topic, **{"needs": (), **asset})
        for topic, content in enumerate(read_files())
        for asset in content["assets"]
    )


@cache
def written_risks() -> tuple[WrittenRisk, ...]:
    """Return the risks, one of each category in turns, so that the first few are a mixture."""
    by_topic = [
        [read_risk(topic, risk) for risk in content["risks"]]
        for topic, content in enumerate(read_files())
    ]
    return tuple(risk for turn in zip_longest(*by_topic) for risk in turn if risk)


@cache
def written_titles(topic: int) -> tuple[str, ...]:
    return tuple(risk.title for risk in written_risks() if risk.topic == topic)


def read_risk(topic: int, risk: dict[str, Any]) -> WrittenRisk:
    interval, next_review = risk.get("review", (None, None))
    parts = (("Cause", "cause"), ("Event", "event"), ("Consequence", "consequence"))
    return WrittenRisk(
        topic=topic,
        title=risk["title"],
        description="\n\n".join(f"{label}: {risk[name]}" for label, name in parts),
        people={name: risk[name] for name in ("owner", "assignee", "reviewer") if name in risk},
        assets=tuple(risk.get("assets", ())),
        controls=tuple(risk.get("controls", ())),
        tags=tuple(risk.get("tags", ())),
        treatment=risk.get("treatment", ""),
        interval=interval,
        next_review=next_review,
        story=tuple(map(read_step, risk["story"].split(", "))),
        plans=tuple(read_plan(plan, risk) for plan in risk.get("plans", ())),
        acceptance=risk.get("acceptance", {}),
        comments=tuple(map(read_comment, risk.get("comments", ()))),
    )


def read_step(text: str) -> StoryStep:
    days, status, *ratings = text.split()
    return StoryStep(int(days), status, dict(map(read_rating, ratings)))


def read_rating(text: str) -> tuple[str, Rating]:
    likelihood, impact = text[1:].split("x")
    return KINDS[text[0]], (int(likelihood), int(impact))


def read_plan(plan: dict[str, Any], risk: dict[str, Any]) -> WrittenPlan:
    return WrittenPlan(
        title=plan["title"],
        status=plan["status"],
        begin=plan["begin"],
        due=plan["due"],
        finished=plan.get("finished"),
        owner=plan.get("by") or risk.get("assignee") or risk["owner"],
        cost=plan.get("cost"),
        effect=plan["effect"],
        actions=tuple(map(read_action, plan["steps"])),
    )


def read_action(text: str) -> WrittenAction:
    days, title = text.split(" ", 1)
    if days.startswith("+"):
        return WrittenAction(title, None, int(days[1:]))
    return WrittenAction(title, int(days), -int(days))


def read_comment(text: str) -> WrittenComment:
    parts = re.fullmatch(r"(\S+) (\d+) (.+)", text)
    assert parts, text  # noqa: S101  the files are ours
    return WrittenComment(parts[1], int(parts[2]), parts[3])
