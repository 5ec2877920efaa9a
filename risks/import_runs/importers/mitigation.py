"""Treatment plans of a register as mitigations: one for each risk and source."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from risks.import_runs.changes import PlannedChange, SourceRecord, Values
from risks.import_runs.importers.base import BATCH, ModelImporter, in_batches
from risks.models import (
    Level,
    Mitigation,
    MitigationAction,
    MitigationStatus,
    Provenance,
    Risk,
    RowAction,
)
from risks.registers.reading.text import clean_text
from risks.services import rows

_WRITTEN = ("title", "description", "due_date", "status", "version", "updated_at")
_READ = (
    *("id", "title", "description", "due_date", "status", "priority", "owner__email"),
    *("cost", "currency", "effectiveness"),
)


class MitigationImporter(ModelImporter):
    """Known by the identity of its risk, through what the source said before."""

    model = Mitigation

    def find(self, records: Sequence[SourceRecord]) -> dict[str, UUID]:
        run = self.scope.run
        said = Provenance.objects.for_organization(self.scope.organization).filter(
            source=run.source, source_name=run.source_name, model=self.label()
        )
        known = dict(said.order_by("id").values_list("identity", "object_id"))
        wanted = {record.identity for record in records}
        return {identity: pk for identity, pk in known.items() if identity in wanted}

    def read(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        found: dict[UUID, Values] = {}
        for batch in self.batched(ids):
            for row in self.rows().filter(pk__in=batch).values(*_READ):
                found[row["id"]] = _values(row)
        return found

    def settle(self, steps: Sequence[PlannedChange]) -> None:
        """The plan of a risk that cannot be imported cannot be either; its state is ours."""
        for step in steps:
            if (Risk._meta.label_lower, step.record.row_number) in self.scope.failed:
                step.fail("The risk of this row has errors.")
            elif step.present is not None and "status" in step.changes:
                _keep_status(step, step.present["status"])
            if step.action != RowAction.ERROR:
                self.refuse_long_texts(step)

    def made(self, record: SourceRecord) -> Values:
        return {"status": MitigationStatus.PLANNED.value, "priority": Level.MEDIUM.value}

    def create(self, steps: Sequence[PlannedChange]) -> None:
        number = rows.allocate_numbers(self.scope.organization, "M", len(steps))
        mitigations = []
        for offset, step in enumerate(steps):
            mitigation = Mitigation(
                pk=step.object_id,
                organization=self.scope.organization,
                number=number + offset,
                reference=f"M-{number + offset:04d}",
                risk_id=self.scope.objects[Risk._meta.label_lower, step.record.identity],
            )
            _assign(mitigation, step.outcome)
            mitigations.append(mitigation)
        Mitigation.objects.bulk_create(mitigations, batch_size=BATCH)

    def update(self, changes: dict[UUID, Values]) -> None:
        for batch in in_batches(changes):
            found = self.rows().in_bulk(batch)
            for pk, mitigation in found.items():
                _assign(mitigation, changes[pk])
                mitigation.version += 1
                mitigation.updated_at = timezone.now()
            Mitigation.objects.bulk_create(
                found.values(), update_conflicts=True, unique_fields=["id"], update_fields=_WRITTEN
            )

    def attached(self, ids: Iterable[UUID]) -> Iterator[tuple[UUID, UUID, str]]:
        for batch in in_batches(ids):
            for action in MitigationAction.objects.filter(mitigation__in=batch):
                yield action.mitigation_id, action.pk, f"action {action}"

    def titles(self, ids: Iterable[UUID]) -> dict[UUID, str]:
        return dict(self.rows().filter(pk__in=list(ids)).values_list("pk", "reference"))


def _keep_status(step: PlannedChange, present: str) -> None:
    """A plan that is here moves on here, where a second person validates it."""
    told = step.changes["status"][1]
    if told == MitigationStatus.DONE:
        label = str(MitigationStatus(present).label).lower()
        step.notes.append(
            f"The plan stays {label}, not done: someone other than its owner validates it here."
        )
    step.change("status", present, present)


def _values(row: Values) -> Values:
    return {
        name.removesuffix("__email"): _json(value) for name, value in row.items() if name != "id"
    }


def _json(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    return str(value) if isinstance(value, date | Decimal) else value


def _assign(mitigation: Mitigation, values: Values) -> None:
    for name, value in values.items():
        if name == "due_date":
            mitigation.due_date = date.fromisoformat(value) if value else None
        else:
            setattr(mitigation, name, value or "")
