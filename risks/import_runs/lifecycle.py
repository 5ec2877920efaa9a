"""Life of a run: previewed, applied in one transaction, undone until someone edits what it wrote.

A run carries out records (`risks.import_runs.changes`) on the models that have an importer
(`risks.import_runs.plan`), whatever the records were read from.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from openrisk.accounts.models import User
from openrisk.database.statements import allow_long_statements
from openrisk.errors import Conflict, StaleVersion
from risks.history import recorded
from risks.import_runs.changes import PlannedChange, SourceRecord
from risks.import_runs.context import BATCH, ImportContext, in_batches
from risks.import_runs.importers.base import ModelImporter
from risks.import_runs.plan import (
    Plan,
    count_actions,
    plan_changes,
    to_import_rows,
    to_source_records,
)
from risks.import_runs.provenance import save_provenance
from risks.import_runs.sources import remember_source
from risks.models import ImportFile, ImportRow, ImportRun, Risk, RowAction, RunStatus
from risks.states import REQUIRED_ROLE
from risks.text import count_text

MAX_LISTED = 20  # reasons that a refusal lists
RISK = Risk._meta.label_lower
ROW_COUNTS = ("guessed", "held_back", "edited", "decided")
KEEP_FILES = timedelta(days=30)  # long enough to correct a file and to look up how it was read

RecordReader = Callable[[ImportRun], Sequence[SourceRecord]]
FollowUp = Callable[[ImportContext], Iterable[SourceRecord]]


class RowsInError(Conflict):
    """Rows of the file cannot be imported."""

    code = "rows_in_error"

    def __init__(self, errors: Sequence[dict[str, Any]]) -> None:
        super().__init__(
            f"{count_text(len(errors), 'error')} in the rows. Correct the file and upload it "
            "again, or apply with skip_errors to leave these rows out.",
            *(describe_error(error) for error in errors[:MAX_LISTED]),
        )
        self.details = {"rows": list(errors[:MAX_LISTED])}


class QuestionOpen(Conflict):
    """Something about the run is not known and has to be said before it is applied."""

    code = "question_open"

    def __init__(self, question: dict[str, Any]) -> None:
        answers = " / ".join(answer["label"] for answer in question["answers"])
        super().__init__(f"{question['text']} Answer before you import: {answers}.")
        self.details = {"question": question}


class PreviewOutdated(Conflict):
    """The register has changed since the run was previewed."""

    code = "preview_outdated"


def describe_error(error: dict[str, Any]) -> str:
    """ "Row 4, column Impact: ..." """
    column = f", column {error['column']}" if error["column"] else ""
    return f"Row {error['row']}{column}: {error['reason']}"


# --- Preview


def stored_records(run: ImportRun) -> list[SourceRecord]:
    """The records of the preview."""
    return to_source_records(run.rows.order_by("id"))


def start_run(
    *,
    actor: User | None,
    run: ImportRun,
    records: Iterable[SourceRecord],
    follow_up: FollowUp = lambda context: (),
) -> ImportRun:
    """Save a new run with its preview. The register stays as it is.

    `follow_up` gives more records once all others are planned, e.g. for what a scan did not see.
    """
    run.actor = actor
    with recorded(actor=actor):
        run.save()
        store_preview(run, records, follow_up)
    return run


def refresh_preview(
    *,
    actor: User | None,
    run: ImportRun,
    read_records: RecordReader = stored_records,
    revision: int | None = None,
    task: str = "",
) -> ImportRun:
    """Preview again, against the register as it is now.

    `read_records` may change the run; it gets the run locked and returns its records. `revision`
    and `task` are as in `apply_run`.
    """
    with recorded(actor=actor):
        run = lock_run(run)
        refuse_unless_previewed(run, task)
        if revision is not None:
            refuse_other_revision(run, revision)
        run.problem = ""
        records = read_records(run)
        run.rows.all().delete()
        run.save()
        store_preview(run, records)
    return run


def store_preview(
    run: ImportRun,
    records: Iterable[SourceRecord],
    follow_up: FollowUp = lambda context: (),
) -> None:
    """Plan the records and save what they would do as rows of the run."""
    allow_long_statements()
    context = ImportContext(run)
    run.counts = count_actions(plan_changes(context))
    run.row_counts = dict.fromkeys(ROW_COUNTS, 0)
    run.revision += 1
    for batch in split_records(run, records):
        store_batch(context, batch)
    for batch in split_records(run, follow_up(context)):
        store_batch(context, batch)
    run.save(update_fields=["counts", "row_counts", "revision", "problem"])


def split_records(run: ImportRun, records: Iterable[SourceRecord]) -> Iterator[list[SourceRecord]]:
    """Some records at a time if the run is streamed, else all of them at once."""
    return in_batches(records) if run.streamed else iter([list(records)])


def store_batch(context: ImportContext, records: list[SourceRecord]) -> None:
    context.records = records
    plan, row_counts = plan_changes(context), context.run.row_counts
    by_record = {id(change.record): change for _, changes in plan for change in changes}
    rows = to_import_rows(context.run, (by_record[id(record)] for record in records))
    ImportRow.objects.bulk_create(rows, batch_size=BATCH)
    for row in rows:
        row_counts["guessed"] += row.is_guessed
        row_counts["held_back"] += row.is_held_back
        row_counts["edited"] += bool(row.edited)
        row_counts["decided"] += is_decision(row)
    for model, counts in count_actions(plan).items():
        total = context.run.counts.setdefault(model, dict.fromkeys(counts, 0))
        for action, count in counts.items():
            total[action] += count


def is_decision(row: ImportRow) -> bool:
    """Return whether the row moves a risk to a status that only managers decide on."""
    return row.model == RISK and row.changes.get("status", [None, None])[1] in REQUIRED_ROLE


# --- Apply


def apply_run(
    *,
    actor: User | None,
    run: ImportRun,
    skip_errors: bool = False,
    revision: int | None = None,
    task: str = "",
) -> ImportRun:
    """Write the changes as they were previewed, or raise Conflict and write nothing.

    Rows in error are refused, unless `skip_errors` leaves them out. `revision` is that of the
    preview which the person saw, `task` what the caller works on (`begin_task`).
    """
    with recorded(actor=actor, run_id=run.pk, comment=f"Import of {run.file_name}"):
        allow_long_statements()
        run = lock_run(run)
        refuse_unless_previewed(run, task)
        if revision is not None:
            refuse_other_revision(run, revision)
        if run.problem:
            raise Conflict(run.problem)
        if run.question:
            raise QuestionOpen(run.question)
        errors = [e for row in run.rows.exclude(errors=[]).order_by("id") for e in row.errors]
        if errors and not skip_errors:
            raise RowsInError(errors)
        context = ImportContext(run, locking=True)
        for rows in stored_rows(run):
            context.records = to_source_records(rows)
            context.object_ids |= {
                (row.model, row.identity): row.object_id for row in rows if row.object_id
            }
            plan = plan_changes(context)
            refuse_outdated_preview(rows, plan)
            for importer, changes in plan:
                write_changes(importer, changes)
                save_provenance(run, importer.model_label(), changes)
        run.status, run.applied_by, run.applied_at = RunStatus.APPLIED, actor, timezone.now()
        run.save(update_fields=["status", "applied_by", "applied_at"])
        remember_source(run)
    return run


def lock_run(run: ImportRun) -> ImportRun:
    """The run as it is now, which no other request can apply or undo until the transaction ends."""
    runs = ImportRun.objects.select_related("organization")
    return runs.select_for_update(of=("self",)).get(pk=run.pk)


def refuse_other_revision(run: ImportRun, revision: int) -> None:
    if run.revision != revision:
        raise StaleVersion(
            "Someone else changed this preview since you opened the page. Look at it again."
        )


def refuse_unless_previewed(run: ImportRun, task: str = "") -> None:
    refuse_while_busy(run, task)
    if run.status != RunStatus.PREVIEWED:
        raise Conflict(f"This run is {run.status} already. Upload the file again.")


def stored_rows(run: ImportRun) -> Iterator[list[ImportRow]]:
    """The rows in their order; some at a time if the run is streamed."""
    if not run.streamed:
        yield list(run.rows.order_by("id"))
        return
    rows = list(run.rows.order_by("id")[:BATCH])
    while rows:
        yield rows
        rows = list(run.rows.filter(id__gt=rows[-1].pk).order_by("id")[:BATCH])


def refuse_outdated_preview(rows: Sequence[ImportRow], plan: Plan) -> None:
    """Raise PreviewOutdated if a row would now do something else than its preview shows."""
    planned = {
        (change.record.model, change.record.identity, change.record.row_number): change
        for _, changes in plan
        for change in changes
    }
    outdated = []
    for row in rows:
        change = planned[row.model, row.identity, row.row_number]
        previewed = (row.action, row.object_id, row.changes, row.superseded)
        if previewed != (change.action, change.object_id, change.changes, change.superseded):
            outdated.append(row)
    if outdated:
        raise PreviewOutdated(
            "The register has changed since the preview. Preview again, then apply.",
            *(
                f"Row {row.row_number} ({row.identity}) would now do something else."
                for row in outdated[:MAX_LISTED]
            ),
        )


def write_changes(importer: ModelImporter, changes: Sequence[PlannedChange]) -> None:
    created = [change for change in changes if change.action == RowAction.CREATE]
    updated = {
        change.object_id: change.new_values
        for change in changes
        if change.action == RowAction.UPDATE and change.object_id
    }
    if created:
        importer.create(created)
    if updated:
        importer.update(updated)
    importer.mark_seen(changes)


# --- Work that a worker does


def refuse_while_busy(run: ImportRun, task: str = "") -> None:
    """Raise Conflict while a worker does something else with the run than `task`."""
    if run.task and run.task != task:
        raise Conflict(
            f"{run.get_task_display()} this file is in progress. Wait until it has ended."
        )


def begin_task(run: ImportRun, task: str, revision: int | None = None) -> ImportRun:
    """Mark the run as worked on. Raises Conflict where another task is in progress."""
    with transaction.atomic():
        run = lock_run(run)
        refuse_while_busy(run)
        if revision is not None:
            refuse_other_revision(run, revision)
        run.task, run.task_started_at, run.problem = task, timezone.now(), ""
        run.save(update_fields=["task", "task_started_at", "problem"])
    return run


def end_task(run: ImportRun, problem: str = "") -> None:
    """Take the mark away; `problem` is why the task has no result."""
    with transaction.atomic():
        run = lock_run(run)
        run.task, run.problem = "", problem
        run.save(update_fields=["task", "problem"])


# --- The uploads


def delete_old_files() -> int:
    """Delete the stored files of runs after KEEP_FILES; returns how many."""
    old = ImportFile.objects.filter(created_at__lt=timezone.now() - KEEP_FILES)
    return int(old.delete()[0])
