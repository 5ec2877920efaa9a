"""The periods for which data is kept, read from the constants of the services that delete it."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from openrisk.accounts.credentials.devices import LIFETIME as DEVICE_LIFETIME
from openrisk.accounts.members.invitations import LIFETIME as INVITATION_LIFETIME
from openrisk.accounts.models import FormSubmission, Role
from openrisk.accounts.retention import EVENTS_KEPT_FOR
from openrisk.api.idempotency import KEPT_FOR as ANSWERS_KEPT_FOR
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.tasks.tasks import DAYS_FAILURES_ARE_KEPT, DAYS_SUCCESSES_ARE_KEPT
from risks.import_runs.lifecycle import KEEP_FILES
from risks.services.bulk_changes.lifecycle import KEEP_PREVIEWS
from risks.services.deletion import KEPT_FOR as DELETED_KEPT_FOR


def describe_period(period: timedelta) -> str:
    """Return "90 days", or "12 hours" below a day."""
    if period.days:
        text = ngettext("%(count)s day", "%(count)s days", period.days)
        return text % {"count": period.days}
    hours = period.seconds // 3600
    return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}


Period = tuple[str, str, str]  # what, for how long, and what happens then


def periods_of_register() -> list[Period]:
    forever = _("No limit")
    return [
        (
            _("Risks, mitigations, findings, controls, assets"),
            forever,
            _("Until someone deletes them."),
        ),
        (
            _("History of the register, comments, scores over time"),
            forever,
            _("It cannot be changed, and stays when what it is about is deleted."),
        ),
        (
            _("Deleted items"),
            describe_period(DELETED_KEPT_FOR),
            _("Until then they can be restored; then they are deleted for good."),
        ),
        (
            _("Files"),
            forever,
            _("A file that was deleted goes with the deleted items."),
        ),
        (
            _("Uploaded spreadsheets"),
            describe_period(KEEP_FILES),
            _("The file is deleted. What it changed, and how it was read, stays."),
        ),
        (
            _("Previews of bulk changes"),
            describe_period(KEEP_PREVIEWS),
            _("A preview that was not applied is deleted. Applied changes stay."),
        ),
    ]


def periods_of_accounts() -> list[Period]:
    successes, failures = timedelta(DAYS_SUCCESSES_ARE_KEPT), timedelta(DAYS_FAILURES_ARE_KEPT)
    submissions: timedelta = FormSubmission.objects.all().KEPT_FOR
    return [
        (
            _("History of accounts"),
            describe_period(EVENTS_KEPT_FOR),
            _("Sign-ins, roles, invitations and tokens that are older are deleted."),
        ),
        (
            _("Sessions"),
            describe_period(timedelta(seconds=settings.SESSION_COOKIE_AGE)),
            _("People sign in again."),
        ),
        (_("Invitations"), describe_period(INVITATION_LIFETIME), _("The link no longer works.")),
        (
            _("Known devices"),
            describe_period(DEVICE_LIFETIME),
            _("A device counts as unknown again when someone signs in with it."),
        ),
        (
            _("Background tasks"),
            _("%(successes)s, failed ones %(failures)s")
            % {
                "successes": describe_period(successes),
                "failures": describe_period(failures),
            },
            _("The record of the task is deleted, not what it did."),
        ),
        (
            _("Forms sent twice, repeated API requests"),
            describe_period(max(submissions, ANSWERS_KEPT_FOR)),
            _("Repeated later, they count as new."),
        ),
    ]


@require_safe
@member_required(Role.VIEWER)
def retention_page(request: MemberRequest) -> HttpResponse:
    periods = periods_of_register() + periods_of_accounts()
    return render(request, "risks/settings/retention.html", {"periods": periods})
