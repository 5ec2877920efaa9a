"""Tasks of the register: acceptances and decisions on findings end, reminders are sent, uploads,
previews and expired items deleted, files of attachments swept, large bulk changes carried out."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django_tasks import TaskContext

from openrisk.accounts.models import User
from openrisk.tasks import for_organization, retrying, scheduled, task
from openrisk.tasks.abandoned import find_abandoned
from risks.import_runs.lifecycle import delete_old_files
from risks.models import BulkChange, BulkState
from risks.services import acceptances, reminders
from risks.services.bulk_changes import lifecycle
from risks.services.triage import decisions
from risks.services.workspace import attachments, deleted_items

AT_ONCE = 500  # risks that a request changes by itself
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
