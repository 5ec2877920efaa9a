"""Scheduled tasks of the register: acceptances expire, reminders are sent, uploads deleted."""

from datetime import timedelta

from openrisk.tasks import retrying, scheduled, task
from risks.import_runs.lifecycle import delete_old_files
from risks.services import acceptances, reminders


@scheduled("*/15 * * * *", name="risks.expire_acceptances")
@retrying(attempts=3)
@task
def expire_acceptances() -> int:
    """End acceptances whose time is over; their risks return to treatment."""
    return acceptances.expire_due_acceptances()


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
