"""The history on the page of a risk: entries of one person at one moment, the latest first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import Model

from risks.history.descriptions import FieldChange, describe_fields
from risks.history.reading import ROW_FIELDS, changes_of, normalize_changes

PAGE_SIZE = 50
# Computed from the ratings, which the history has.
DERIVED_FIELDS = frozenset(
    {"current_likelihood", "current_impact", "current_score", "current_level", "reference"}
)


@dataclass(frozen=True)
class RowChange:
    """A row that was created, updated, deleted or commented on."""

    subject: str
    action: str
    fields: list[FieldChange]


@dataclass(frozen=True)
class HistoryEntry:
    """The changes of one person at one moment, with the reason."""

    at: datetime
    actor: str
    comment: str
    changes: list[RowChange]


@dataclass(frozen=True)
class HistoryPage:
    entries: list[HistoryEntry]
    older: int | None  # the id before which the next page begins; None on the last page


def load_history(
    subjects: Mapping[UUID, str], before: int | None = None, *, known: Iterable[Model] = ()
) -> HistoryPage:
    """Load the changes of the rows `subjects` (id -> how to call it), the latest first.

    Where a change mentions one of the `known` rows, its name needs no query.
    """
    recorded = changes_of(*subjects)
    if before is not None:
        recorded = recorded.filter(id__lt=before)
    rows = list(recorded.values(*ROW_FIELDS)[: PAGE_SIZE + 1])
    more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    described = describe_fields([(row["model"], visible_fields(row)) for row in rows], known)
    entries = []
    for (at, actor, comment), group in groupby(
        zip(rows, described, strict=True),
        key=lambda pair: (pair[0]["at"], pair[0]["actor__email"], pair[0]["comment"]),
    ):
        changes = []
        for row, fields in group:
            # An entry that changes nothing holds a comment, see `risks.history.comments`.
            is_comment = row["action"] == "updated" and not row["changes"]
            action = "commented on" if is_comment else row["action"]
            if fields or action != "updated":
                changes.append(RowChange(subjects[row["object_id"]], action, fields))
        if changes:
            entries.append(HistoryEntry(at, actor or "The system", comment, changes))
    return HistoryPage(entries, rows[-1]["id"] if more else None)


def visible_fields(row: dict[str, Any]) -> dict[str, list[Any]]:
    fields = normalize_changes(row["model"], row["changes"])
    return {name: pair for name, pair in fields.items() if name not in DERIVED_FIELDS}
