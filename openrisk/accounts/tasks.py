"""Mailing invitations; housekeeping of sessions, tokens and failed logins."""

from datetime import timedelta
from uuid import UUID

from django.core.management import call_command
from django.utils import timezone

from openrisk.accounts.credentials.login_limits import forget_old_failures
from openrisk.accounts.members.invitations import mail_invitation
from openrisk.accounts.models import ApiToken, FormSubmission
from openrisk.accounts.retention import delete_old_events
from openrisk.tasks import retrying, scheduled, task


@retrying(attempts=5, base=timedelta(minutes=1))
@task
def send_invitation(invitation: str) -> bool:
    """The task makes the link, so that no queue and no log ever holds it."""
    return mail_invitation(UUID(invitation))


@scheduled("53 3 * * *", name="accounts.prune_events")
@task
def prune_events() -> int:
    """Delete the history of accounts that is older than it is kept."""
    return delete_old_events()


@scheduled("41 * * * *", name="accounts.forget")
@task
def forget() -> int:
    """Delete expired sessions and tokens, old failed logins, and the forms of yesterday."""
    call_command("clearsessions")
    forgotten = forget_old_failures() + FormSubmission.objects.delete_old()
    return forgotten + ApiToken.objects.filter(expiry__lt=timezone.now()).revoke()
