"""Frameworks and their controls. How far a control is implemented is decided here, not imported."""

from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from django.utils import timezone

from openrisk.text.names import name_key
from risks.import_runs.changes import PlannedChange, SourceRecord, Values
from risks.import_runs.context import BATCH, in_batches
from risks.import_runs.importers.base import ModelImporter
from risks.models import Control, ControlStatus, Framework, RiskControl, RowAction


def framework_identity(name: str, edition: str) -> str:
    return f"{name} {edition}".strip()


def control_identity(framework: str, identifier: str) -> str:
    return f"{framework}/{identifier}"


class FrameworkImporter(ModelImporter):
    """Values are `name`, `edition` and `description`; name and edition identify it."""

    model = Framework
    is_shared = True

    def match_existing(self, records: Sequence[SourceRecord]) -> dict[str, UUID]:
        """By name and edition, in whatever spelling."""
        known = dict(self.queryset().order_by("-pk").values_list("name_key", "pk"))
        keys = {record.identity: name_key(record.identity) for record in records}
        return {identity: known[key] for identity, key in keys.items() if key in known}

    def normalize(self, record: SourceRecord) -> Values:
        return {"description": record.values.get("description", "")}

    def current_values(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        values: dict[UUID, Values] = {}
        for batch in self.existing_in_batches(ids):
            rows = self.queryset().filter(pk__in=batch).values_list("pk", "description")
            values.update((pk, {"description": text}) for pk, text in rows)
        return values

    def create(self, changes: Sequence[PlannedChange]) -> None:
        Framework.objects.bulk_create(
            Framework(
                pk=change.object_id,
                organization=self.context.organization,
                name=change.record.values["name"],
                edition=change.record.values.get("edition", ""),
                description=change.new_values.get("description") or "",
            )
            for change in changes
        )

    def update(self, values: dict[UUID, Values]) -> None:
        for pk, framework in self.queryset().in_bulk(list(values)).items():
            framework.description = values[pk].get("description") or ""
            framework.version += 1
            framework.save(update_fields=["description", "version", "updated_at"])

    def delete(self, ids: Sequence[UUID]) -> int:
        rows = self.queryset().filter(pk__in=ids)
        unused = list(rows.filter(version=1, controls__isnull=True).values_list("pk", flat=True))
        remaining = rows.count() - len(unused)
        rows.filter(pk__in=unused).delete()
        return remaining


class ControlImporter(ModelImporter):
    """Values are `framework` (an identity), `identifier`, `title`, `text` and `parent`.

    The parent is the identifier of another control of the framework, whose record comes before.
    """

    model = Control

    def match_existing(self, records: Sequence[SourceRecord]) -> dict[str, UUID]:
        known = self.ids_by_identity()
        return {r.identity: known[r.identity] for r in records if r.identity in known}

    def ids_by_identity(self) -> dict[str, UUID]:
        paths = ("pk", "identifier", "framework__name", "framework__edition")
        return {
            control_identity(framework_identity(name, edition), identifier): pk
            for pk, identifier, name, edition in self.queryset().values_list(*paths)
        }

    def normalize(self, record: SourceRecord) -> Values:
        given = record.values
        return {name: given[name] for name in ("title", "text", "parent") if name in given}

    def current_values(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        values: dict[UUID, Values] = {}
        names = ("title", "text", "parent__identifier", "status")
        for batch in self.existing_in_batches(ids):
            for row in self.queryset().filter(pk__in=batch).values("pk", *names):
                pk, parent = row.pop("pk"), row.pop("parent__identifier")
                values[pk] = row | {"parent": parent or ""}
        return values

    def validate(self, changes: Sequence[PlannedChange]) -> None:
        """Refuse a control whose parent does not exist. Risks of the run may name the others."""
        label = self.model_label()
        valid = [change for change in changes if change.action != RowAction.ERROR]
        for change in valid:
            if change.action == RowAction.CREATE and change.object_id:
                identifier = change.record.values["identifier"]
                self.context.names.controls.add(identifier, change.object_id)
        planned = {change.record.identity for change in valid}
        for change in valid:
            parent = parent_identity(change.record)
            if not parent or parent in planned or (label, parent) in self.context.object_ids:
                continue
            existing = self.ids_by_identity().get(parent)
            if existing is None:
                name = change.record.values["parent"]
                change.add_error(
                    f"Its parent {name} is not in the framework. Add it, or leave the parent empty."
                )
            else:
                self.context.object_ids[label, parent] = existing

    def defaults(self, record: SourceRecord) -> Values:
        return {"status": ControlStatus.NOT_IMPLEMENTED.value}

    def create(self, changes: Sequence[PlannedChange]) -> None:
        ids = self.context.object_ids
        controls = []
        for change in changes:
            given = change.record.values
            parent = parent_identity(change.record)
            controls.append(
                Control(
                    pk=change.object_id,
                    organization=self.context.organization,
                    framework_id=ids[Framework._meta.label_lower, given["framework"]],
                    identifier=given["identifier"],
                    title=change.new_values.get("title") or "",
                    text=change.new_values.get("text") or "",
                    parent_id=ids[self.model_label(), parent] if parent else None,
                )
            )
        Control.objects.bulk_create(controls, batch_size=BATCH)

    def update(self, values: dict[UUID, Values]) -> None:
        for batch in in_batches(values):
            controls = self.queryset().select_related("framework").in_bulk(batch)
            for pk, control in controls.items():
                for name, value in values[pk].items():
                    if name != "parent":
                        setattr(control, name, value or "")
                    elif value:
                        identity = control_identity(str(control.framework), value)
                        control.parent_id = self.ids_by_identity()[identity]
                    else:
                        control.parent_id = None
                control.version += 1
                control.updated_at = timezone.now()
            Control.objects.bulk_create(
                controls.values(),
                update_conflicts=True,
                unique_fields=["id"],
                update_fields=("title", "text", "parent", "version", "updated_at"),
            )

    def dependents(self, ids: Iterable[UUID]) -> Iterator[tuple[UUID, UUID, str]]:
        for batch in in_batches(ids):
            links = RiskControl.objects.filter(control__in=batch).select_related("risk")
            for link in links:
                yield link.control_id, link.risk_id, f"a link to {link.risk.reference}"

    def display_names(self, ids: Iterable[UUID]) -> dict[UUID, str]:
        return dict(self.queryset().filter(pk__in=list(ids)).values_list("pk", "identifier"))


def parent_identity(record: SourceRecord) -> str | None:
    parent = record.values.get("parent")
    return control_identity(record.values["framework"], parent) if parent else None
