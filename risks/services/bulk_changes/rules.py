"""The base of the kinds of bulk changes.

Values are JSON: a person and a category are ids, a time is ISO 8601. Each kind reads and writes
whole batches; triggers of the database write the history.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from openrisk.accounts.models import Organization, Role, User
from risks.models import BulkChange, BulkChangeRow
from risks.services.bulk_changes.plan import PlannedRow, SelectedRow
from risks.services.bulk_changes.subjects import RISKS, SubjectModel


class BulkRules:
    """The rules of one kind of change."""

    subject: ClassVar[SubjectModel] = RISKS
    columns: ClassVar[tuple[str, ...]] = ()  # that it reads; one is a value, several are a list
    role = Role.ANALYST
    takes_value = True
    needs_comment = False  # the change is refused without a reason

    def __init__(self, organization: Organization, change: BulkChange | None = None) -> None:
        """`change` is the one that is planned or written."""
        self.organization, self.change = organization, change

    def needed_role(self, value: Any) -> Role:
        """Return the role that the same change of a single row needs."""
        return self.role

    def clean(self, value: Any) -> Any:
        """Return the value as JSON; raise ValidationError for one that the rows cannot have."""
        return None

    def label(self, value: Any) -> str:
        """Return the name of a value for people."""
        return "" if value is None else str(value)

    def labels(self, values: Sequence[Any]) -> list[str]:
        """Return the names of many values, in their order."""
        return [self.label(value) for value in values]

    def read(self, rows: QuerySet[Any]) -> list[SelectedRow]:
        """Load what `plan` needs, in the order of `rows`."""
        subject = self.subject
        loaded = rows.values_list("pk", subject.key, subject.reference, "version", *self.columns)
        return [
            SelectedRow(
                pk, subject.key_to_json(key), subject.name_of(name), version, self.to_json(*values)
            )
            for pk, key, name, version, *values in loaded
        ]

    def to_json(self, *values: Any) -> Any:
        return values[0] if values else None

    def plan(self, selected: Sequence[SelectedRow], value: Any) -> list[PlannedRow]:
        """Return the effect on each row. Asks the database for all of them at once."""
        return [PlannedRow(row, row.value, value) for row in selected]

    def warnings(self, rows: Sequence[PlannedRow], value: Any) -> list[str]:
        """Return sentences on what follows from the change and is not taken back by an undo."""
        return []

    def begin(self, change: BulkChange) -> Any:
        """Prepare what the change needs before its first batch; return the value to write."""
        return change.value

    def end(self, change: BulkChange, *, undone: bool) -> None:
        """Finish after the last batch."""

    def write(self, rows: Sequence[PlannedRow], value: Any, actor: User | None) -> None:
        """Write the rows, which are locked and all change."""
        raise NotImplementedError

    def is_as_written(self, row: BulkChangeRow, now: Any) -> bool:
        """Return whether the row still has what the change wrote."""
        return bool(now == row.after)

    def former_value(self, row: BulkChangeRow, now: Any) -> Any:
        """Return the value that an undo writes to a row that has `now`."""
        return row.before

    def undo(self, rows: Sequence[BulkChangeRow], actor: User | None) -> dict[UUID, str]:
        """Restore the former values; return the reason for each row that stays as it is now."""
        locked = lock_rows(self.subject, self.organization, pk__in=[row.object_id for row in rows])
        now = {row.pk: row.value for row in self.read(locked)}
        gone, edited = _("It was deleted since."), _("Someone changed this again since.")
        kept = {
            row.object_id: edited if row.object_id in now else gone
            for row in rows
            if row.object_id not in now or not self.is_as_written(row, now[row.object_id])
        }
        values = {
            row.object_id: self.former_value(row, now[row.object_id])
            for row in rows
            if row.object_id not in kept
        }
        kept |= (refused := self.reasons_to_keep(values))
        if restored := {pk: value for pk, value in values.items() if pk not in refused}:
            self.restore(restored)
        return kept

    def reasons_to_keep(self, values: Mapping[UUID, Any]) -> dict[UUID, str]:
        """Return why rows cannot have their former `values` again; those that can are left out."""
        return {}

    def restore(self, values: Mapping[UUID, Any]) -> None:
        """Write the former value of each row, which is locked."""
        raise NotImplementedError


def lock_rows(subject: SubjectModel, organization: Organization, **condition: Any) -> QuerySet[Any]:
    """Lock rows of the organization, always in the same order, and return them."""
    chosen = subject.rows_of(organization).filter(**condition).order_by(subject.key)
    list(chosen.select_for_update(of=("self",)).values_list("pk", flat=True))
    return chosen
