"""Scheduled tasks of the register: acceptances expire, reminders are sent."""

from datetime import timedelta

from openrisk.tasks import retrying, scheduled, task
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
