"""Send a report to oneself, pause and resume its schedule, delete it."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dashboards.pages.reports.listing import find_schedule
from dashboards.pages.reports.rows import build_rows
from dashboards.schedules import editing, sending
from openrisk.accounts.models import Role
from openrisk.pages.confirmation import ask_first, is_cancelled
from openrisk.pages.forms import REFUSALS, parse_version, refusal_sentence
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once, redirect_to_created
from risks.pages.workspace.deleted import offer_restore
from risks.services import rows


@require_POST
@member_required(Role.ANALYST)
@create_once
def send_to_me(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Send the report as it is now to the person who asks, and say what the mail server said."""
    schedule = find_schedule(request, pk)
    [row] = build_rows(request.membership, [schedule])
    if not row.is_visible:
        raise Http404
    person = request.membership.user
    try:
        sending.send_to_person(schedule, person)
    except OSError as error:  # includes all errors of smtplib
        messages.error(
            request,
            _(
                "Nothing was sent, the mail server failed: %(error)s. Try again later, or ask "
                "those who operate this installation."
            )
            % {"error": str(error)[:300]},
        )
        return redirect("report", request.organization_slug, pk)
    messages.success(
        request,
        _("Sent to %(address)s only. The schedule is unchanged.") % {"address": person.email},
    )
    return redirect_to_created("report", request.organization_slug, pk)


@require_POST
@member_required(Role.MANAGER)
@create_once
def change_pause(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Pause the schedule, or let it go on from now."""
    schedule = find_schedule(request, pk)
    resumes = request.POST.get("active") == "yes"
    version = parse_version(request.POST.get("version", ""))
    actor = request.membership.user
    try:
        if resumes:
            editing.update_schedule(actor=actor, instance=schedule, version=version, active=True)
        else:
            editing.pause_schedule(actor=actor, instance=schedule, version=version)
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
        return redirect("report", request.organization_slug, pk)
    messages.success(
        request,
        _("The report is sent again, from its next time on.")
        if resumes
        else _("Paused. Nothing is sent until you resume it."),
    )
    return redirect_to_created("report", request.organization_slug, pk)


@require_POST
@member_required(Role.MANAGER)
def delete_report(request: MemberRequest, pk: UUID) -> HttpResponse:
    schedule = find_schedule(request, pk)
    if is_cancelled(request):
        return redirect("report", request.organization_slug, pk)
    [row] = build_rows(request.membership, [schedule])
    question = ask_first(
        request,
        _("Delete the schedule of “%(name)s”?") % {"name": row.name},
        [
            _("It is no longer sent to %(recipients)s.")
            % {"recipients": ", ".join(row.recipients)},
            _("It can be restored for 90 days."),
        ],
        _("Delete this schedule"),
    )
    if question:
        return render(request, "confirm.html", {"question": question})
    try:
        item = rows.delete(actor=request.membership.user, instance=schedule)
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
        return redirect("reports", request.organization_slug)
    offer_restore(request, item)
    return redirect("reports", request.organization_slug)
