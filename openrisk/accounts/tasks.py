"""Housekeeping of sessions, tokens and failed logins."""

from django.core.management import call_command
from django.utils import timezone

from openrisk.accounts.models import ApiToken
from openrisk.accounts.services import forget_old_failures
from openrisk.tasks import scheduled, task


@scheduled("41 * * * *", name="accounts.forget")
@task
def forget() -> int:
    """Delete expired sessions and tokens, and failed logins that count no more."""
    call_command("clearsessions")
    return forget_old_failures() + ApiToken.objects.filter(expiry__lt=timezone.now()).delete()[0]
