"""What is wrong with an answer: it shows less than was acknowledged before, or somebody else's."""

import json
import re
from dataclasses import dataclass
from typing import Any

from locustfiles.callers import Organization

_REVISION = re.compile(r"\[revision (\d+)\]")
_MARKER = re.compile(rb"mark[0-9a-f]{12}")


class Stale(Exception):
    """The answer shows less than was acknowledged before it was asked for."""


class Foreign(Exception):
    """The answer shows another organization's row."""


def description(number: int) -> str:
    """The text by which readers know which edit they see."""
    return f"Edited while others read it. [revision {number}]"


@dataclass(frozen=True)
class Expected:
    """What an answer must show at least: noted before the request is sent."""

    organization: Organization
    risks: int
    revisions: dict[str, int]

    @classmethod
    def now(cls, organization: Organization) -> "Expected":
        return cls(organization, organization.risks_at_least, organization.revisions.copy())

    def judge(self, body: bytes, *, counts: str = "") -> None:
        """Raises Stale, Foreign. `counts` names the field that counts all risks, if one does."""
        self.judge_owner(body)
        if not self.revisions and not counts:
            return
        answer = json.loads(body)
        if counts and answer[counts] < self.risks:
            raise Stale(f"{counts} is {answer[counts]}, not at least {self.risks}")
        for row in answer.get("results", (answer,)):
            self._judge_row(row)

    def judge_owner(self, body: bytes) -> None:
        """Raises Foreign."""
        own = self.organization.marker.encode()
        if own and (found := {*_MARKER.findall(body)} - {own}):
            raise Foreign(f"{self.organization.name} was shown {found}")

    def _judge_row(self, row: dict[str, Any]) -> None:
        wanted = self.revisions.get(row.get("id", ""), 0)
        if wanted and "description" in row:
            shown = _REVISION.search(row["description"])
            number = int(shown[1]) if shown else 0
            if number < wanted:
                raise Stale(f"{row['id']} is at revision {number}, not at least {wanted}")
