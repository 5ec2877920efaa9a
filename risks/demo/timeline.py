"""Writes rows as if each had been created and changed at its moment of the past.

The database's triggers then record a history that never happened, as they would a real one.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

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
    ValidationResult,
)
from risks.models.base import format_reference
from risks.scoring import KINDS
from risks.services import rows as services

# The order in which rows are created: those that others refer to go first. Changes are written in
# the reverse order.
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
    Mitigation: (
        *_ALWAYS,
        "status",
        *("implemented_by_id", "implemented_at"),
        *("validated_by_id", "validated_at", "validation"),
    ),
    MitigationAction: (*_ALWAYS, "done_at", "done_by_id"),
    Acceptance: (*_ALWAYS, "status", "approver_id", "decided_at"),
}

SOURCE_NAME = "previous-register"  # of the risks that were there when the register began
NOT_VALIDATED: Row = {
    "implemented_by_id": None,
    "implemented_at": None,
    "validated_by_id": None,
    "validated_at": None,
    "validation": "",
}

Rows = dict[type[models.Model], list[Row]]


@dataclass
class MomentRows:
    """The rows that are created and changed at one moment."""

    created: Rows = field(default_factory=lambda: defaultdict(list))
    changed: Rows = field(default_factory=lambda: defaultdict(list))


class Timeline:
    """Rows to write, by the moment (an index of `moments`) when they were created or changed."""

    def __init__(self, moments: Sequence[datetime]) -> None:
        self.moments = moments
        self.rows = [MomentRows() for _ in moments]

    def add_created(self, moment: int, model: type[models.Model], row: Row) -> None:
        self.rows[moment].created[model].append(row)

    def add_changed(self, moment: int, model: type[models.Model], row: Row) -> None:
        """Add the whole row as it is from then on: at most once a moment, after its creation."""
        self.rows[moment].changed[model].append(row)

    def count_created(self) -> dict[str, int]:
        """Return the number of created rows by model."""
        return {
            str(model._meta.verbose_name_plural).replace(" ", "_"): sum(
                len(moment.created[model]) for moment in self.rows
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
        """Write all rows in their order; `progress` gets the number of risks created."""
        self.assign_numbers(organization)
        for index, (at, moment) in enumerate(zip(self.moments, self.rows, strict=True)):
            if not (moment.created or moment.changed):
                continue
            comment = "" if index else IMPORT_COMMENT
            with recorded(actor=creator, comment=comment, at=at, savepoint=False):
                for model in MODELS:
                    insert_rows(model, moment.created[model])
            comment = CHANGE_COMMENTS[index % len(CHANGE_COMMENTS)]
            with recorded(actor=changer, comment=comment, at=at, savepoint=False):
                for model in reversed(MODELS):
                    update_rows(model, moment.changed[model], CHANGED_COLUMNS.get(model, ()))
            progress(len(moment.created[Risk]))

    def assign_numbers(self, organization: Organization) -> None:
        """Give risks and mitigations their references, in the order of creation."""
        for model, prefix in PREFIXES.items():
            created = [row for moment in self.rows for row in moment.created[model]]
            first = services.allocate_numbers(organization, prefix, len(created)) if created else 0
            numbers = {row["id"]: first + index for index, row in enumerate(created)}
            changed = (row for moment in self.rows for row in moment.changed[model])
            for row in (*created, *changed):
                number = numbers[row["id"]]
                row |= {"number": number, "reference": format_reference(prefix, number)}


def implemented_by(person: UUID, at: datetime) -> Row:
    """Return the columns of a mitigation that was carried out, and waits for validation."""
    return {
        **NOT_VALIDATED,
        "implemented_by_id": person,
        "implemented_at": at - timedelta(days=1),
    }


def validated_by(person: UUID, at: datetime) -> Row:
    return {
        "validated_by_id": person,
        "validated_at": at,
        "validation": ValidationResult.EFFECTIVE.value,
    }
