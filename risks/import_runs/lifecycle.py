"""Life of a run: previewed, applied in one transaction, undone until someone edits what it wrote.

A run carries out records (`risks.import_runs.changes`) on the models that have an importer
(`risks.import_runs.plan`), whatever the records were read from.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django.utils import timezone

from openrisk.accounts.models import User
from openrisk.database.statements import allow_long_statements
from openrisk.errors import Conflict
from risks.history import recorded
from risks.import_runs.changes import PlannedChange, SourceRecord, merge_source_values
from risks.import_runs.importers.base import BATCH, ImportContext, ModelImporter, in_batches
from risks.import_runs.plan import (
    Plan,
    count_actions,
    plan_changes,
    source_values_of,
    to_import_rows,
    to_source_records,
)
from risks.models import ImportRow, ImportRun, Provenance, RowAction, RunStatus

SHOWN = 20  # reasons that a refusal lists
CHANGING = (RowAction.CREATE.value, RowAction.UPDATE.value)


class RowsInError(Conflict):
    """Rows of the file cannot be imported."""

    code = "rows_in_error"

    def __init__(self, errors: Sequence[dict[str, Any]]) -> None:
        super().__init__(
            f"{len(errors)} error{'s' * (len(errors) > 1)} in the rows. Correct the file and "
            "upload it again, or apply with skip_errors to leave these rows out.",
            *(describe_error(error) for error in errors[:SHOWN]),
        )
        self.details = {"rows": list(errors[:SHOWN])}


class PreviewOutdated(Conflict):
    """The register is not as it was when the run was previewed."""

    code = "preview_outdated"


def describe_error(error: dict[str, Any]) -> str:
    """ "Row 4, column Impact: ..." """
    column = f", column {error['column']}" if error["column"] else ""
    return f"Row {error['row']}{column}: {error['reason']}"


def start_run(
    *,
    actor: User | None,
    run: ImportRun,
    records: Iterable[SourceRecord],
    afterwards: Callable[[ImportContext], Iterable[SourceRecord]] = lambda scope: (),
) -> ImportRun:
    """Save a new run with its preview. The register stays as it is.

    `afterwards` says what follows from all that was planned, e.g. from what a scan did not see.
    """
    run.actor = actor
    with recorded(actor=actor):
        run.save()
        _preview(run, records, afterwards)
    return run


def refresh_preview(*, actor: User | None, run: ImportRun) -> ImportRun:
    """Preview again, against the register as it is now."""
    with recorded(actor=actor):
        run = lock_run(run)
        if run.status != RunStatus.PREVIEWED:
            raise Conflict(f"This run is {run.status} already. Upload the file again.")
        records = to_source_records(run.rows.order_by("id"))
        run.rows.all().delete()
        _preview(run, records)
    return run


def _preview(
    run: ImportRun,
    records: Iterable[SourceRecord],
    afterwards: Callable[[ImportContext], Iterable[SourceRecord]] = lambda scope: (),
) -> None:
    allow_long_statements()
    scope = ImportContext(run)
    run.counts = count_actions(plan_changes(scope))
    for piece in _pieces(run, records):
        _plan_piece(scope, piece)
    for piece in _pieces(run, afterwards(scope)):
        _plan_piece(scope, piece)
    run.save(update_fields=["counts"])


def _pieces(run: ImportRun, records: Iterable[SourceRecord]) -> Iterator[list[SourceRecord]]:
    return in_batches(records) if run.streamed else iter([list(records)])


def _plan_piece(scope: ImportContext, records: list[SourceRecord]) -> None:
    scope.records = records
    planned = plan_changes(scope)
    by_record = {id(step.record): step for _, steps in planned for step in steps}
    rows = to_import_rows(scope.run, (by_record[id(record)] for record in records))
    ImportRow.objects.bulk_create(rows, batch_size=BATCH)
    for model, counts in count_actions(planned).items():
        total = scope.run.counts.setdefault(model, dict.fromkeys(counts, 0))
        for action, count in counts.items():
            total[action] += count


def apply_run(*, actor: User | None, run: ImportRun, skip_errors: bool = False) -> ImportRun:
    """Carry the run out as it was previewed, or Conflict and nothing at all.

    Rows in error are refused, unless `skip_errors` leaves them out.
    """
    with recorded(actor=actor, run_id=run.pk, comment=f"Import of {run.file_name}"):
        allow_long_statements()
        run = lock_run(run)
        if run.status != RunStatus.PREVIEWED:
            raise Conflict(f"This run is {run.status} already. Upload the file again.")
        errors = [e for row in run.rows.exclude(errors=[]).order_by("id") for e in row.errors]
        if errors and not skip_errors:
            raise RowsInError(errors)
        scope = ImportContext(run, locking=True)
        for rows in _stored(run):
            _apply_piece(scope, rows)
        run.status, run.applied_by, run.applied_at = RunStatus.APPLIED, actor, timezone.now()
        run.save(update_fields=["status", "applied_by", "applied_at"])
    return run


def _stored(run: ImportRun) -> Iterator[list[ImportRow]]:
    """The rows in their order; of a streamed run some at a time."""
    if not run.streamed:
        yield list(run.rows.order_by("id"))
        return
    rows = list(run.rows.order_by("id")[:BATCH])
    while rows:
        yield rows
        rows = list(run.rows.filter(id__gt=rows[-1].pk).order_by("id")[:BATCH])


def _apply_piece(scope: ImportContext, rows: list[ImportRow]) -> None:
    scope.records = to_source_records(rows)
    scope.objects |= {(row.model, row.identity): row.object_id for row in rows if row.object_id}
    planned = plan_changes(scope)
    _check_unchanged(rows, planned)
    for target, steps in planned:
        _carry_out(target, steps)
        _say(scope.run, target, steps)


def lock_run(run: ImportRun) -> ImportRun:
    """The run as it is now; nobody else applies or undoes it until the transaction ends."""
    runs = ImportRun.objects.select_related("organization")
    return runs.select_for_update(of=("self",)).get(pk=run.pk)


def _check_unchanged(rows: Sequence[ImportRow], planned: Plan) -> None:
    steps = {
        (step.record.model, step.record.identity, step.record.row_number): step
        for _, steps in planned
        for step in steps
    }
    outdated = [
        row for row in rows if not _agrees(row, steps[row.model, row.identity, row.row_number])
    ]
    if outdated:
        raise PreviewOutdated(
            "The register has changed since the preview. Preview again, then apply.",
            *(
                f"Row {row.row_number} ({row.identity}) would now do something else."
                for row in outdated[:SHOWN]
            ),
        )


def _agrees(row: ImportRow, step: PlannedChange) -> bool:
    return (
        row.action == step.action
        and row.object_id == step.object_id
        and row.changes == step.changes
        and row.superseded == step.superseded
    )


def _carry_out(target: ModelImporter, steps: Sequence[PlannedChange]) -> None:
    created = [step for step in steps if step.action == RowAction.CREATE]
    updated = {
        step.object_id: step.outcome
        for step in steps
        if step.action == RowAction.UPDATE and step.object_id
    }
    if created:
        target.create(created)
    if updated:
        target.update(updated)
    target.witness(steps)


def _say(run: ImportRun, target: ModelImporter, steps: Sequence[PlannedChange]) -> None:
    """Keep what the source has now said of each object, where that is news."""
    said = source_values_of(
        run, target.label(), (step.object_id for step in steps if step.object_id)
    )
    news = []
    for step in steps:
        if step.action == RowAction.ERROR or step.object_id is None:
            continue
        earlier = said.get(step.object_id)
        fields = merge_source_values(step, earlier, str(run.pk))
        if fields and fields != earlier:
            news.append(
                Provenance(
                    organization=run.organization,
                    source=run.source,
                    source_name=run.source_name,
                    model=target.label(),
                    identity=step.record.identity,
                    object_id=step.object_id,
                    fields=fields,
                )
            )
    Provenance.objects.bulk_create(
        news,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["organization", "source", "source_name", "model", "object_id"],
        update_fields=["fields", "identity"],
    )
