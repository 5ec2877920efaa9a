"""Writes rows as if each had been created and changed at its moment of the past.

The database's triggers then record a history that never happened, as they would a real one.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import models

from openrisk.accounts.models import Organization, User
from risks.demo.bulk_rows import Row, insert_rows, update_rows
from risks.demo.word_lists import CHANGE_COMMENTS, IMPORT_COMMENT
from risks.history import recorded
from risks.models import (
    Acceptance,
    Mitigation,
    MitigationAction,
    Risk,
    RiskAsset,
    RiskControl,
    RiskTag,
)
from risks.scoring import KINDS
from risks.services import rows as services

# In this order rows are created, and in the reverse order changed: what others refer to goes first.
MODELS = (Risk, RiskTag, RiskAsset, RiskControl, Mitigation, MitigationAction, Acceptance)
PREFIXES = {Risk: "R", Mitigation: "M"}
_ALWAYS = ("version", "updated_at")
CHANGED_COLUMNS: dict[type[models.Model], tuple[str, ...]] = {
    Risk: (
        *_ALWAYS,
        "status",
        *(
            f"{kind}_{part}"
            for kind in (*KINDS, "current")
            for part in ("likelihood", "impact", "score", "level")
        ),
        "priority",
        "last_reviewed_at",
    ),
    Mitigation: (*_ALWAYS, "status"),
    MitigationAction: (*_ALWAYS, "done_at", "done_by_id"),
    Acceptance: (*_ALWAYS, "status", "approver_id", "decided_at"),
}

Rows = dict[type[models.Model], list[Row]]


@dataclass
class _Moment:
    created: Rows = field(default_factory=lambda: defaultdict(list))
    changed: Rows = field(default_factory=lambda: defaultdict(list))


class Timeline:
    """Rows to write, by the moment (an index of `moments`) when they were created or changed."""

    def __init__(self, moments: Sequence[datetime]) -> None:
        self.moments = moments
        self._parts = [_Moment() for _ in moments]

    def create(self, moment: int, model: type[models.Model], row: Row) -> None:
        self._parts[moment].created[model].append(row)

    def change(self, moment: int, model: type[models.Model], row: Row) -> None:
        """The row as it was from then on, whole; at most once a moment, later than its creation."""
        self._parts[moment].changed[model].append(row)

    def counts(self) -> dict[str, int]:
        """How many rows are created, by model."""
        return {
            str(model._meta.verbose_name_plural).replace(" ", "_"): sum(
                len(part.created[model]) for part in self._parts
            )
            for model in MODELS
        }

    def write(
        self,
        organization: Organization,
        *,
        creator: User,
        changer: User,
        progress: Callable[[int], object],
    ) -> None:
        """Write everything in its order; `progress` is told the number of risks created."""
        self._number(organization)
        for index, (at, part) in enumerate(zip(self.moments, self._parts, strict=True)):
            comment = "" if index else IMPORT_COMMENT
            with recorded(actor=creator, comment=comment, at=at, savepoint=False):
                for model in MODELS:
                    insert_rows(model, part.created[model])
            comment = CHANGE_COMMENTS[index % len(CHANGE_COMMENTS)]
            with recorded(actor=changer, comment=comment, at=at, savepoint=False):
                for model in reversed(MODELS):
                    update_rows(model, part.changed[model], CHANGED_COLUMNS.get(model, ()))
            progress(len(part.created[Risk]))

    def _number(self, organization: Organization) -> None:
        """Give out references in the order of creation."""
        for model, prefix in PREFIXES.items():
            created = [row for part in self._parts for row in part.created[model]]
            first = services.allocate_numbers(organization, prefix, len(created)) if created else 0
            numbers = {row["id"]: first + place for place, row in enumerate(created)}
            for row in (*created, *(row for part in self._parts for row in part.changed[model])):
                number = numbers[row["id"]]
                row |= {"number": number, "reference": f"{prefix}-{number:04d}"}
