"""Taking an applied run back, all of it or nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from openrisk.accounts.models import User
from openrisk.database.statements import allow_long_statements
from openrisk.errors import Conflict
from risks.history import recorded
from risks.import_runs.changes import Values, forget_source_values, is_blank, is_same
from risks.import_runs.importers.base import BATCH, ImportContext, ModelImporter, in_batches
from risks.import_runs.lifecycle import CHANGING, SHOWN, lock_run
from risks.import_runs.plan import importer_classes, provenance_of, to_source_records
from risks.models import ImportRow, ImportRun, Provenance, RowAction, RunStatus


@dataclass(frozen=True)
class LaterEdit:
    """Something that is no longer as the run left it. `field` is "" for what was added."""

    model: str
    object_id: UUID
    object: str
    field: str
    now: Any
    was: Any

    def __str__(self) -> str:
        if not self.field:
            return f"{self.object}: {self.now} was added since."
        return (
            f"{self.object}: {self.field} is {_shown(self.now)}, the run wrote {_shown(self.was)}."
        )


def _shown(value: Any) -> str:
    if is_blank(value):
        return "empty"
    text = ", ".join(value) if isinstance(value, list) else str(value)
    return f"'{text[:60]}…'" if len(text) > 60 else f"'{text}'"


class EditedSince(Conflict):
    """What the run wrote has been edited, so that undoing it would lose that."""

    code = "edited_since"

    def __init__(self, edits: Sequence[LaterEdit]) -> None:
        super().__init__(
            f"{len(edits)} thing{'s' * (len(edits) > 1)} changed since the run was applied; "
            "nothing was undone. Take these edits back, or change the risks by hand.",
            *(str(edit) for edit in edits[:SHOWN]),
        )
        self.edits = list(edits)
        self.details = {"edits": [asdict(edit) for edit in edits[:SHOWN]]}


def undo_run(*, actor: User | None, run: ImportRun) -> ImportRun:
    """Restore what the run changed and delete what it made, or Conflict and nothing at all.

    Categories and assets that are in use by then stay.
    """
    with recorded(actor=actor, run_id=run.pk, comment=f"Undo of the import of {run.file_name}"):
        allow_long_statements()
        run = lock_run(run)
        if run.status != RunStatus.APPLIED:
            raise Conflict(f"This run is {run.status}: only an applied one can be undone.")
        rows = list(run.rows.exclude(action=RowAction.ERROR).order_by("id"))
        scope = ImportContext(run, to_source_records(rows), locking=True)
        undoings = [_Undoing(kind(scope), rows) for kind in importer_classes()]
        made = {pk for undoing in undoings for pk in undoing.created}
        if edits := [edit for undoing in undoings for edit in undoing.edits(made)]:
            raise EditedSince(edits)
        for undoing in undoings:
            undoing.restore()
        kept = sum(undoing.remove() for undoing in reversed(undoings))
        undone = _undone_runs(run)
        for undoing in undoings:
            undoing.unsay(undone)
        if kept:
            run.notes = [*run.notes, f"{kept} categories and assets stay: they are in use."]
        run.status, run.undone_by, run.undone_at = RunStatus.UNDONE, actor, timezone.now()
        run.save(update_fields=["status", "undone_by", "undone_at", "notes"])
    return run


class _Undoing:
    """The rows of one model in a run that is taken back. Objects that are gone need nothing."""

    def __init__(self, target: ModelImporter, rows: Sequence[ImportRow]) -> None:
        self.target = target
        self.rows = [row for row in rows if row.model == target.label() and row.object_id]
        changing = [row for row in self.rows if row.action in CHANGING]
        self.present = target.read(row.object_id for row in changing)  # type: ignore[misc]
        here = {row.object_id: row for row in changing if row.object_id in self.present}
        self.created = {pk: row for pk, row in here.items() if row.action == RowAction.CREATE}
        self.updated = {pk: row for pk, row in here.items() if row.action == RowAction.UPDATE}

    def edits(self, made: set[UUID]) -> Iterator[LaterEdit]:
        """What was edited since; `made` is all that the run has made."""
        if self.target.shared:
            return
        found = [*self._edited_fields(), *self._added(made)]
        titles: dict[UUID, str] = {}
        for batch in in_batches({pk for pk, *_ in found}):
            titles |= self.target.titles(batch)
        for pk, name, now, was in found:
            yield LaterEdit(self.target.label(), pk, titles.get(pk, ""), name, now, was)

    def _edited_fields(self) -> Iterator[tuple[UUID, str, Any, Any]]:
        for pk, row in self.updated.items():
            for name, (_, was) in row.changes.items():
                if not is_same(self.present[pk].get(name), was):
                    yield pk, name, self.present[pk].get(name), was
        for pk, row in self.created.items():
            wrote = self.target.made(to_source_records([row])[0])
            wrote.update((name, was) for name, (_, was) in row.changes.items())
            for name in sorted(wrote.keys() | self.present[pk].keys()):
                if not is_same(self.present[pk].get(name), wrote.get(name)):
                    yield pk, name, self.present[pk].get(name), wrote.get(name)

    def _added(self, made: set[UUID]) -> Iterator[tuple[UUID, str, Any, Any]]:
        for pk, other, text in self.target.attached(self.created):
            if other not in made:
                yield pk, "", text, None

    def restore(self) -> None:
        changes: dict[UUID, Values] = {
            pk: {name: before for name, (before, _) in row.changes.items()}
            for pk, row in self.updated.items()
        }
        if changes:
            self.target.update(changes)

    def remove(self) -> int:
        return self.target.delete(list(self.created))

    def unsay(self, undone: set[str]) -> None:
        """Forget what the run said; what the source had said before holds again."""
        run = self.target.scope.run
        superseded = {row.object_id: row.superseded for row in self.rows}
        gone = {row.object_id for row in self.rows if row.action == RowAction.CREATE}
        kept: list[Any] = []
        empty: list[Any] = []
        for said in provenance_of(run).filter(model=self.target.label()):
            if said.object_id not in superseded:
                continue
            said.fields = forget_source_values(
                superseded[said.object_id], said.fields, str(run.pk), undone
            )
            (kept if said.fields and said.object_id not in gone else empty).append(said)
        Provenance.objects.bulk_create(
            kept,
            batch_size=BATCH,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["fields"],
        )
        for batch in in_batches(empty):
            Provenance.objects.filter(pk__in=[said.pk for said in batch]).delete()


def _undone_runs(run: ImportRun) -> set[str]:
    runs = ImportRun.objects.for_organization(run.organization)
    undone = runs.filter(source=run.source, source_name=run.source_name, status=RunStatus.UNDONE)
    return {str(pk) for pk in undone.values_list("pk", flat=True)}
