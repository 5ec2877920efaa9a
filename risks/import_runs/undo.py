"""Undo: take an applied run back, all of it or nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from openrisk.accounts.models import User
from openrisk.database.statements import allow_long_statements
from openrisk.errors import Conflict
from risks.history import recorded
from risks.import_runs.changes import forget_source_values, is_blank, is_same
from risks.import_runs.context import BATCH, ImportContext, in_batches
from risks.import_runs.importers.base import ModelImporter
from risks.import_runs.lifecycle import MAX_LISTED, lock_run, refuse_while_busy
from risks.import_runs.plan import importer_classes, to_source_records
from risks.import_runs.provenance import provenance_of
from risks.import_runs.sources import forget_run
from risks.models import ImportRow, ImportRun, Provenance, RowAction, RunStatus
from risks.text import count_text


@dataclass(frozen=True)
class LaterEdit:
    """Something that is no longer as the run left it. `field` is "" for a row that was added."""

    model: str
    object_id: UUID
    object: str
    field: str
    now: Any
    was: Any

    def __str__(self) -> str:
        if not self.field:
            return f"{self.object}: {self.now} was added since."
        now, was = quote_value(self.now), quote_value(self.was)
        return f"{self.object}: {self.field} is {now}, the run wrote {was}."


def quote_value(value: Any) -> str:
    if is_blank(value):
        return "empty"
    text = ", ".join(value) if isinstance(value, list) else str(value)
    return f"'{text[:60]}…'" if len(text) > 60 else f"'{text}'"


class EditedSince(Conflict):
    """Values that the run wrote have been edited, and undoing it would lose these edits."""

    code = "edited_since"

    def __init__(self, edits: Sequence[LaterEdit]) -> None:
        super().__init__(
            f"{count_text(len(edits), 'thing')} changed since the run was applied; nothing was "
            "undone. Take these edits back and try again, or change the risks by hand.",
            *(str(edit) for edit in edits[:MAX_LISTED]),
        )
        self.edits = list(edits)
        self.details = {"edits": [asdict(edit) for edit in edits[:MAX_LISTED]]}


def undo_run(*, actor: User | None, run: ImportRun, task: str = "") -> ImportRun:
    """Restore what the run changed and delete what it created, or raise Conflict and do nothing.

    Categories and assets that are in use by then remain.
    """
    with recorded(actor=actor, run_id=run.pk, comment=f"Undo of the import of {run.file_name}"):
        allow_long_statements()
        run = lock_run(run)
        refuse_while_busy(run, task)
        if run.status != RunStatus.APPLIED:
            raise Conflict(f"This run is {run.status}: only an applied run can be undone.")
        rows = list(run.rows.exclude(action=RowAction.ERROR).order_by("id"))
        context = ImportContext(run, to_source_records(rows), locking=True)
        undos = [ModelUndo(importer_class(context), rows) for importer_class in importer_classes()]
        created = {pk for undo in undos for pk in undo.created}
        if edits := [edit for undo in undos for edit in undo.find_edits(created)]:
            raise EditedSince(edits)
        for undo in undos:
            undo.restore_updated()
        remaining = sum(undo.delete_created() for undo in reversed(undos))
        runs = ImportRun.objects.for_organization(run.organization).filter(
            source=run.source, source_name=run.source_name, status=RunStatus.UNDONE
        )
        undone = {str(pk) for pk in runs.values_list("pk", flat=True)}
        for undo in undos:
            undo.restore_provenance(undone)
        if remaining:
            note = f"{remaining} categories and assets were not deleted: they are in use."
            run.notes = [*run.notes, note]
        run.status, run.undone_by, run.undone_at = RunStatus.UNDONE, actor, timezone.now()
        run.save(update_fields=["status", "undone_by", "undone_at", "notes"])
        forget_run(run)
    return run


class ModelUndo:
    """The rows of one model in a run that is undone. Objects that are gone need nothing."""

    def __init__(self, importer: ModelImporter, rows: Sequence[ImportRow]) -> None:
        self.importer = importer
        label = importer.model_label()
        self.rows = [row for row in rows if row.model == label and row.object_id]
        written = [row for row in self.rows if row.action != RowAction.UNCHANGED]
        self.current = importer.current_values(row.object_id for row in written)  # type: ignore[misc]
        existing = {row.object_id: row for row in written if row.object_id in self.current}
        self.created = {pk: row for pk, row in existing.items() if row.action == RowAction.CREATE}
        self.updated = {pk: row for pk, row in existing.items() if row.action == RowAction.UPDATE}

    def find_edits(self, created: set[UUID]) -> Iterator[LaterEdit]:
        """Edits since the run was applied; `created` are all objects that the run created."""
        if self.importer.is_shared:
            return
        edits = [*self.edited_fields(), *self.added_rows(created)]
        names: dict[UUID, str] = {}
        for batch in in_batches({pk for pk, *_ in edits}):
            names |= self.importer.display_names(batch)
        for pk, field, now, was in edits:
            yield LaterEdit(self.importer.model_label(), pk, names.get(pk, ""), field, now, was)

    def edited_fields(self) -> Iterator[tuple[UUID, str, Any, Any]]:
        """Object, field, value now, and value that the run wrote."""
        for pk, row in self.updated.items():
            for name, (_, was) in row.changes.items():
                if not is_same(self.current[pk].get(name), was):
                    yield pk, name, self.current[pk].get(name), was
        for pk, row in self.created.items():
            written = self.importer.defaults(to_source_records([row])[0])
            written.update((name, was) for name, (_, was) in row.changes.items())
            for name in sorted(written.keys() | self.current[pk].keys()):
                if not is_same(self.current[pk].get(name), written.get(name)):
                    yield pk, name, self.current[pk].get(name), written.get(name)

    def added_rows(self, created: set[UUID]) -> Iterator[tuple[UUID, str, Any, Any]]:
        """Rows that people have added to what the run created, as `edited_fields` gives edits."""
        for pk, other, name in self.importer.dependents(self.created):
            if other not in created:
                yield pk, "", name, None

    def restore_updated(self) -> None:
        values = {
            pk: {name: before for name, (before, _) in row.changes.items()}
            for pk, row in self.updated.items()
        }
        if values:
            self.importer.update(values)

    def delete_created(self) -> int:
        """Returns how many objects remain, because they are in use."""
        return self.importer.delete(list(self.created))

    def restore_provenance(self, undone: set[str]) -> None:
        """Forget the values that the run gave; the source's earlier values hold again."""
        run = self.importer.context.run
        superseded = {row.object_id: row.superseded for row in self.rows}
        deleted = {row.object_id for row in self.rows if row.action == RowAction.CREATE}
        changed: list[Provenance] = []
        empty: list[Provenance] = []
        for stored in provenance_of(run).filter(model=self.importer.model_label()):
            if stored.object_id not in superseded:
                continue
            stored.fields = forget_source_values(
                superseded[stored.object_id], stored.fields, str(run.pk), undone
            )
            remains = stored.fields and stored.object_id not in deleted
            (changed if remains else empty).append(stored)
        Provenance.objects.bulk_create(
            changed,
            batch_size=BATCH,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["fields"],
        )
        for batch in in_batches(empty):
            Provenance.objects.filter(pk__in=[stored.pk for stored in batch]).delete()
