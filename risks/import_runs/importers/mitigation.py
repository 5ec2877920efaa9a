"""Treatment plans of a register as mitigations: one for each risk and source."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from risks.import_runs.changes import PlannedChange, SourceRecord, Values
from risks.import_runs.context import BATCH, in_batches
from risks.import_runs.importers.base import ModelImporter
from risks.import_runs.provenance import provenance_of
from risks.models import Level, Mitigation, MitigationAction, MitigationStatus, Risk, RowAction
from risks.models.base import format_reference
from risks.services import rows
from risks.text import clean_text

_WRITTEN = ("title", "description", "due_date", "status", "version", "updated_at")
_READ = (
    *("id", "title", "description", "due_date", "status", "priority", "owner__email"),
    *("cost", "currency", "effectiveness"),
)


class MitigationImporter(ModelImporter):
    """Identified by its risk's identity, and matched by what the source gave before."""

    model = Mitigation

    def match_existing(self, records: Sequence[SourceRecord]) -> dict[str, UUID]:
        given = provenance_of(self.context.run).filter(model=self.model_label())
        known = dict(given.order_by("id").values_list("identity", "object_id"))
        identities = {record.identity for record in records}
        return {identity: pk for identity, pk in known.items() if identity in identities}

    def current_values(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        values: dict[UUID, Values] = {}
        for batch in self.existing_in_batches(ids):
            for row in self.queryset().filter(pk__in=batch).values(*_READ):
                pk = row.pop("id")
                values[pk] = {
                    name.removesuffix("__email"): to_json(value) for name, value in row.items()
                }
        return values

    def validate(self, changes: Sequence[PlannedChange]) -> None:
        """Refuse the plan of a risk that is refused, and keep the status of a plan that exists.

        A plan moves on here, where a second person validates it.
        """
        for change in changes:
            if (Risk._meta.label_lower, change.record.row_number) in self.context.failed_rows:
                change.add_error("The risk of this row has errors. Correct them first.")
            elif change.current is not None and "status" in change.changes:
                status = change.current["status"]
                if change.changes["status"][1] == MitigationStatus.DONE:
                    label = str(MitigationStatus(status).label).lower()
                    change.notes.append(
                        f"The plan stays {label}, not done: someone other than its owner validates "
                        "it here."
                    )
                change.set_outcome("status", status, status)
            if change.action != RowAction.ERROR:
                self.check_text_lengths(change)

    def create(self, changes: Sequence[PlannedChange]) -> None:
        number = rows.allocate_numbers(self.context.organization, "M", len(changes))
        mitigations = []
        for offset, change in enumerate(changes):
            mitigation = Mitigation(
                pk=change.object_id,
                organization=self.context.organization,
                number=number + offset,
                reference=format_reference("M", number + offset),
                risk_id=self.context.object_ids[Risk._meta.label_lower, change.record.identity],
            )
            assign_values(mitigation, change.new_values)
            mitigations.append(mitigation)
        Mitigation.objects.bulk_create(mitigations, batch_size=BATCH)

    def update(self, values: dict[UUID, Values]) -> None:
        for batch in in_batches(values):
            mitigations = self.queryset().in_bulk(batch)
            for pk, mitigation in mitigations.items():
                assign_values(mitigation, values[pk])
                mitigation.version += 1
                mitigation.updated_at = timezone.now()
            Mitigation.objects.bulk_create(
                mitigations.values(),
                update_conflicts=True,
                unique_fields=["id"],
                update_fields=_WRITTEN,
            )

    def defaults(self, record: SourceRecord) -> Values:
        return {"status": MitigationStatus.PLANNED.value, "priority": Level.MEDIUM.value}

    def dependents(self, ids: Iterable[UUID]) -> Iterator[tuple[UUID, UUID, str]]:
        for batch in in_batches(ids):
            for action in MitigationAction.objects.filter(mitigation__in=batch):
                yield action.mitigation_id, action.pk, f"action {action}"

    def display_names(self, ids: Iterable[UUID]) -> dict[UUID, str]:
        return dict(self.queryset().filter(pk__in=list(ids)).values_list("pk", "reference"))


def to_json(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    return str(value) if isinstance(value, date | Decimal) else value


def assign_values(mitigation: Mitigation, values: Values) -> None:
    for name, value in values.items():
        if name == "due_date":
            mitigation.due_date = date.fromisoformat(value) if value else None
        else:
            setattr(mitigation, name, value or "")
