"""The effect of a bulk change on each of its rows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

MAX_NAMED = 1000  # references that a summary keeps for each reason


@dataclass(slots=True)
class SelectedRow:
    """A row of the selection, as read from the database.

    `key` is its number or id as JSON, by which the selection keeps it; people call it `reference`.
    """

    pk: UUID
    key: int | str
    reference: str
    version: int
    value: Any = None  # of the columns that the change is about


@dataclass(slots=True)
class PlannedRow:
    """The effect on one row. One with a `reason` is refused; one that `is_same` stays."""

    target: SelectedRow
    before: Any = None
    after: Any = None
    reason: str = ""

    @property
    def is_same(self) -> bool:
        return not self.reason and self.before == self.after

    @property
    def is_change(self) -> bool:
        return not self.reason and self.before != self.after


@dataclass
class Refusals:
    """References by the reason for which the rows are left out."""

    groups: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, rows: Iterable[PlannedRow]) -> None:
        for row in rows:
            if row.reason:
                self.groups[row.reason].append(row.target.reference)

    def as_list(self) -> list[dict[str, Any]]:
        """Return reason, count and references of each, the most frequent reason first."""
        ordered = sorted(self.groups.items(), key=lambda group: (-len(group[1]), group[0]))
        return [
            {"reason": reason, "count": len(names), "references": names[:MAX_NAMED]}
            for reason, names in ordered
        ]


def count_rows(rows: Sequence[PlannedRow]) -> dict[str, int]:
    """Return how many rows change, stay as they are, and are refused."""
    refused = sum(1 for row in rows if row.reason)
    changed = sum(1 for row in rows if row.is_change)
    return {"changed": changed, "same": len(rows) - refused - changed, "refused": refused}
