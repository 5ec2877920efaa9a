"""Frameworks and their controls as a run sees them. How far a control is implemented is ours."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from risks.import_runs.changes import PlannedChange, SourceRecord, Values
from risks.import_runs.importers.base import BATCH, ModelImporter, in_batches
from risks.models import Control, ControlStatus, Framework, RiskControl, RowAction


def framework_identity(name: str, edition: str) -> str:
    return f"{name} {edition}".strip()


def control_identity(framework: str, identifier: str) -> str:
    return f"{framework}/{identifier}"


class FrameworkImporter(ModelImporter):
    """Values are `name`, `edition` and `description`; name and edition identify it."""

    model = Framework
    shared = True

    def find(self, records: Sequence[SourceRecord]) -> dict[str, UUID]:
        wanted = {record.identity for record in records}
        rows = self.rows().values_list("pk", "name", "edition")
        known = {framework_identity(name, edition): pk for pk, name, edition in rows}
        return {identity: known[identity] for identity in wanted & known.keys()}

    def normalised(self, record: SourceRecord) -> Values:
        return {"description": record.values.get("description", "")}

    def read(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        found: dict[UUID, Values] = {}
        for batch in self.batched(ids):
            rows = self.rows().filter(pk__in=batch).values_list("pk", "description")
            found.update((pk, {"description": text}) for pk, text in rows)
        return found

    def create(self, steps: Sequence[PlannedChange]) -> None:
        Framework.objects.bulk_create(
            Framework(
                pk=step.object_id,
                organization=self.scope.organization,
                name=step.record.values["name"],
                edition=step.record.values.get("edition", ""),
                description=step.outcome.get("description") or "",
            )
            for step in steps
        )

    def update(self, changes: dict[UUID, Values]) -> None:
        for pk, framework in self.rows().in_bulk(list(changes)).items():
            framework.description = changes[pk].get("description") or ""
            framework.version += 1
            framework.save(update_fields=["description", "version", "updated_at"])

    def delete(self, ids: Sequence[UUID]) -> int:
        rows = self.rows().filter(pk__in=ids)
        unused = list(rows.filter(version=1, controls__isnull=True).values_list("pk", flat=True))
        kept = rows.count() - len(unused)
        rows.filter(pk__in=unused).delete()
        return kept


class ControlImporter(ModelImporter):
    """Values are `framework` (an identity), `identifier`, `title`, `text` and `parent` (the
    identifier of another control of the framework, which came before)."""

    model = Control

    def find(self, records: Sequence[SourceRecord]) -> dict[str, UUID]:
        known = self._known()
        return {r.identity: known[r.identity] for r in records if r.identity in known}

    def _known(self) -> dict[str, UUID]:
        rows = self.rows().values_list("pk", "identifier", "framework__name", "framework__edition")
        return {
            control_identity(framework_identity(name, edition), identifier): pk
            for pk, identifier, name, edition in rows
        }

    def normalised(self, record: SourceRecord) -> Values:
        said = record.values
        return {name: said[name] for name in ("title", "text", "parent") if name in said}

    def read(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        found: dict[UUID, Values] = {}
        names = ("title", "text", "parent__identifier", "status")
        for batch in self.batched(ids):
            for row in self.rows().filter(pk__in=batch).values("pk", *names):
                pk, parent = row.pop("pk"), row.pop("parent__identifier")
                found[pk] = row | {"parent": parent or ""}
        return found

    def settle(self, steps: Sequence[PlannedChange]) -> None:
        """A parent that is not there cannot be named."""
        label = self.label()
        here = {step.record.identity for step in steps if step.action != RowAction.ERROR}
        for step in steps:
            parent = self._parent(step.record) if step.action != RowAction.ERROR else None
            if parent and parent not in here and (label, parent) not in self.scope.objects:
                known = self._known().get(parent)
                if known is None:
                    step.fail(f"Its parent {step.record.values['parent']} is not in the framework.")
                else:
                    self.scope.objects[label, parent] = known

    def _parent(self, record: SourceRecord) -> str | None:
        parent = record.values.get("parent")
        return control_identity(record.values["framework"], parent) if parent else None

    def made(self, record: SourceRecord) -> Values:
        return {"status": ControlStatus.NOT_IMPLEMENTED.value}

    def create(self, steps: Sequence[PlannedChange]) -> None:
        Control.objects.bulk_create((self._control(step) for step in steps), batch_size=BATCH)

    def _control(self, step: PlannedChange) -> Control:
        said = step.record.values
        framework = self.scope.objects[Framework._meta.label_lower, said["framework"]]
        parent = self._parent(step.record)
        return Control(
            pk=step.object_id,
            organization=self.scope.organization,
            framework_id=framework,
            identifier=said["identifier"],
            title=step.outcome.get("title") or "",
            text=step.outcome.get("text") or "",
            parent_id=self.scope.objects[self.label(), parent] if parent else None,
        )

    def update(self, changes: dict[UUID, Values]) -> None:
        for batch in in_batches(changes):
            found = self.rows().select_related("framework").in_bulk(batch)
            for pk, control in found.items():
                self._assign(control, changes[pk])
                control.version += 1
                control.updated_at = timezone.now()
            Control.objects.bulk_create(
                found.values(),
                update_conflicts=True,
                unique_fields=["id"],
                update_fields=("title", "text", "parent", "version", "updated_at"),
            )

    def _assign(self, control: Control, values: Values) -> None:
        for name, value in values.items():
            if name == "parent":
                control.parent_id = self._known()[_sibling(control, value)] if value else None
            else:
                setattr(control, name, value or "")

    def attached(self, ids: Iterable[UUID]) -> Iterator[tuple[UUID, UUID, str]]:
        for batch in in_batches(ids):
            links = RiskControl.objects.filter(control__in=batch).select_related("risk")
            for link in links:
                yield link.control_id, link.risk_id, f"a link to {link.risk.reference}"

    def titles(self, ids: Iterable[UUID]) -> dict[UUID, str]:
        return dict(self.rows().filter(pk__in=list(ids)).values_list("pk", "identifier"))


def _sibling(control: Control, identifier: Any) -> str:
    return control_identity(str(control.framework), identifier)
