"""Tasks of the register: acceptances and decisions on findings end, reminders are sent, uploads,
previews and expired items deleted, files of attachments swept, large bulk changes and imports
carried out."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django_tasks import TaskContext

from openrisk.accounts.models import User
from openrisk.errors import DomainError
from openrisk.tasks import for_organization, retrying, scheduled, task
from openrisk.tasks.abandoned import find_abandoned
from risks.import_runs.lifecycle import apply_run, begin_task, delete_old_files, end_task
from risks.import_runs.undo import undo_run
from risks.models import BulkChange, BulkState, ImportRun, ImportTask
from risks.registers.options import ReadingOptions
from risks.registers.results import ImportFileError
from risks.registers.upload import preview_again, upload_register
from risks.services import acceptances, reminders
from risks.services.bulk_changes import lifecycle
from risks.services.triage import decisions
from risks.services.workspace import attachments, deleted_items

AT_ONCE = 500  # risks that a request changes by itself
READ_AT_ONCE = 512 * 1024  # bytes of a register that a request reads by itself
ROWS_AT_ONCE = 1_000  # that a request imports or undoes by itself
BATCHES_A_TASK = 5  # then other tasks have their turn
ATTEMPTS = 3


@scheduled("*/15 * * * *", name="risks.expire_acceptances")
@retrying(attempts=3)
@task
def expire_acceptances() -> int:
    """End acceptances whose time is over; their risks return to treatment."""
    return acceptances.expire_due_acceptances()


@scheduled("5 0 * * *", name="risks.end_finding_decisions")
@retrying(attempts=3)
@task
def end_finding_decisions() -> int:
    """Open findings again whose acceptance, or false positive, has ended."""
    return decisions.end_due_decisions()


@scheduled("0 6 * * *", name="risks.send_reminders")
@retrying(attempts=5, base=timedelta(minutes=5))
@task
def send_reminders() -> int:
    """Tell people by e-mail about reviews, mitigations and acceptances that are due."""
    return reminders.send_reminders()


@scheduled("30 3 * * *", name="risks.delete_import_files")
@retrying(attempts=3)
@task
def delete_import_files() -> int:
    """Delete uploads that are older than they are needed; the runs and their rows stay."""
    return delete_old_files()


@scheduled("40 3 * * *", name="risks.delete_expired_items")
@retrying(attempts=3)
@task
def delete_expired_items() -> int:
    """Delete what was deleted 90 days ago for good."""
    return deleted_items.delete_expired_items()


@scheduled("20 3 * * *", name="risks.delete_old_previews")
@retrying(attempts=3)
@task
def delete_old_previews() -> int:
    """Delete previews of bulk changes that no one applied."""
    return lifecycle.delete_old_previews()


@scheduled("15 4 * * *", name="risks.sweep_attachments")
@retrying(attempts=3)
@task
def sweep_attachments() -> dict[str, int]:
    """Delete files of attachments that no row needs, and report rows whose file is missing."""
    result = attachments.sweep_files()
    return {"deleted": result.deleted, "missing": len(result.missing)}


def apply_bulk_change(*, actor: User | None, change: BulkChange, **options: Any) -> BulkChange:
    """Apply a previewed change: here if it is small, else by a worker."""
    with transaction.atomic():
        return carry_out_or_enqueue(lifecycle.begin_change(actor=actor, change=change, **options))


def undo_bulk_change(*, actor: User | None, change: BulkChange) -> BulkChange:
    """Undo a change that was applied: here if it is small, else by a worker."""
    with transaction.atomic():
        return carry_out_or_enqueue(lifecycle.begin_undo(actor=actor, change=change))


def carry_out_or_enqueue(change: BulkChange) -> BulkChange:
    if change.total <= AT_ONCE:
        lifecycle.run_batches(change)
    else:
        for_organization(carry_out_bulk_change, change.organization_id).enqueue(str(change.pk))
    return change


@retrying(attempts=ATTEMPTS, base=timedelta(seconds=5))
@task(takes_context=True)
def carry_out_bulk_change(context: TaskContext, change: str) -> str:
    """Handle some batches, then queue the rest; return the state of the change."""
    found = BulkChange.objects.select_related("organization").filter(pk=UUID(change)).first()
    if found is None:  # its organization was deleted
        return ""
    try:
        if not lifecycle.run_batches(found, BATCHES_A_TASK):
            for_organization(carry_out_bulk_change, found.organization_id).enqueue(change)
    except Exception as error:
        if context.attempt >= ATTEMPTS:
            lifecycle.fail_change(found, type(error).__name__)
        raise
    return str(found.state)


@scheduled("*/5 * * * *", name="risks.end_abandoned_changes")
@task
def end_abandoned_changes() -> int:
    """Stop bulk changes whose task failed or is gone: they would stay in progress for ever."""
    running = BulkChange.objects.filter(state__in=BulkState.running())
    changes = {change.pk: change for change in running.defer("selection", "summary")}
    times = {pk: change.updated_at for pk, change in changes.items()}
    return sum(
        lifecycle.fail_change(changes[pk], _("its worker was lost"))
        for pk in find_abandoned(carry_out_bulk_change, times)
    )


# --- Imports


def upload_import(*, options: ReadingOptions, actor: User, **upload: Any) -> ImportRun:
    """Store a file and preview it: here if it is small, else by a worker."""
    run = upload_register(
        actor=actor, options=options, keep_unclear=True, read_at_once=READ_AT_ONCE, **upload
    )
    if run.file_size > READ_AT_ONCE:
        return enqueue_import(run, ImportTask.READING, actor)
    return run


def read_import_again(
    *, actor: User, run: ImportRun, revision: int | None = None, **changes: Any
) -> ImportRun:
    """Preview a run again, with `changes` to its options: here if its file is small."""
    if run.file_size > READ_AT_ONCE:
        return enqueue_import(run, ImportTask.READING, actor, revision, **changes)
    return preview_again(actor=actor, run=run, revision=revision, keep_unclear=True, **changes)


def apply_import(
    *, actor: User, run: ImportRun, revision: int, skip_errors: bool = False
) -> ImportRun:
    """Apply a run as it was previewed: here if it is small, else by a worker."""
    if count_rows(run) > ROWS_AT_ONCE:
        options = {"revision": revision, "skip_errors": skip_errors}
        return enqueue_import(run, ImportTask.APPLYING, actor, **options)
    return apply_run(actor=actor, run=run, revision=revision, skip_errors=skip_errors)


def undo_import(*, actor: User, run: ImportRun) -> ImportRun:
    """Undo an applied run: here if it is small, else by a worker."""
    if count_rows(run) > ROWS_AT_ONCE:
        return enqueue_import(run, ImportTask.UNDOING, actor)
    return undo_run(actor=actor, run=run)


def count_rows(run: ImportRun) -> int:
    return sum(sum(actions.values()) for actions in run.counts.values())


def enqueue_import(
    run: ImportRun, task_name: str, actor: User, revision: int | None = None, **options: Any
) -> ImportRun:
    """Hand the run to a worker. Raises Conflict where another task works on it."""
    with transaction.atomic():
        run = begin_task(run, task_name, revision)
        arguments = (str(run.pk), str(task_name), str(actor.pk))
        for_organization(carry_out_import, run.organization_id).enqueue(*arguments, options)
    return run


@retrying(attempts=ATTEMPTS, base=timedelta(seconds=5))
@task(takes_context=True)
def carry_out_import(
    context: TaskContext, run: str, task_name: str, actor: str, options: dict[str, Any]
) -> str:
    """Read, apply or undo a run; return the state of the run."""
    runs = ImportRun.objects.select_related("organization")
    found = runs.filter(pk=UUID(run), task=task_name).first()
    if found is None:  # its organization was deleted, or an earlier attempt was the last
        return ""
    person = User.objects.filter(pk=UUID(actor)).first()
    services: dict[str, Callable[..., ImportRun]] = {
        ImportTask.READING: partial(preview_again, keep_unclear=True),
        ImportTask.APPLYING: apply_run,
        ImportTask.UNDOING: undo_run,
    }
    carry_out = services[task_name]
    try:
        with transaction.atomic():
            done = carry_out(actor=person, run=found, task=task_name, **options)
            end_task(done, done.problem)
    except DomainError as refusal:
        end_task(found, "\n".join(refusal.reasons))
    except ImportFileError as error:
        end_task(found, error.located_message)
    except Exception:
        if context.attempt >= ATTEMPTS:
            end_task(found, _("Something went wrong, and nothing was changed. Try again."))
        raise
    return str(found.status)


@scheduled("*/5 * * * *", name="risks.end_abandoned_imports")
@task
def end_abandoned_imports() -> int:
    """Free runs whose task failed or is gone: they would stay in progress for ever."""
    runs = {run.pk: run for run in ImportRun.objects.exclude(task="").defer("contents")}
    times = {pk: run.task_started_at or run.created_at for pk, run in runs.items()}
    abandoned = find_abandoned(carry_out_import, times)
    for pk in abandoned:
        end_task(runs[pk], _("Its worker was lost, and nothing was changed. Try again."))
    return len(abandoned)
