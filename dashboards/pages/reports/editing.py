"""Create and change a scheduled report, and preview its times."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from dashboards.pages.reports.forms import ScheduledReportForm
from dashboards.pages.reports.listing import find_schedule
from dashboards.schedules import editing
from openrisk.accounts.models import Role
from openrisk.errors import StaleVersion
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, status_of
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once, redirect_to_created


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
@create_once
def new_report(request: MemberRequest) -> HttpResponse:
    member = request.membership
    form, status = ScheduledReportForm(request.POST or None, member=member), 200
    if is_preview(request):
        return show_form(request, form)
    if form.is_valid():
        try:
            schedule = editing.create_schedule(
                actor=member.user, organization=member.organization, **form.values()
            )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
            status = status_of(refusal)
        else:
            messages.success(request, _("The report is scheduled."))
            return redirect_to_created("report", request.organization_slug, schedule.pk)
    return show_form(request, form, 400 if form.errors and status == 200 else status)


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def edit_report(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Change a schedule. Where someone else did, stored and typed values stand side by side."""
    schedule = find_schedule(request, pk)
    form = ScheduledReportForm(request.POST or None, member=request.membership, instance=schedule)
    form.keep_chosen()
    if is_preview(request):
        return show_form(request, form)
    status, differences = 200, None
    if form.is_valid():
        changes = form.changes()
        try:
            if changes:
                editing.update_schedule(
                    actor=request.membership.user,
                    instance=schedule,
                    version=form.cleaned_data["version"],
                    **changes,
                )
        except StaleVersion:
            schedule.refresh_from_db()
            form.show_version(schedule.version)
            status, differences = 409, form.differences()
        except REFUSALS as refusal:
            form.add_refusal(refusal)
            status = status_of(refusal)
        else:
            messages.success(request, _("Saved.") if changes else _("Nothing was changed."))
            return redirect("report", request.organization_slug, schedule.pk)
    if form.errors and status == 200:
        status = 400
    return show_form(request, form, status, differences=differences)


def is_preview(request: MemberRequest) -> bool:
    """Return whether the button was pressed that shows the next times and saves nothing."""
    return request.method == "POST" and request.POST.get("action") == "preview"


def show_form(
    request: MemberRequest, form: ScheduledReportForm, status: int = 200, **context: Any
) -> HttpResponse:
    context |= {"form": form, "schedule": form.instance, "times": form.next_times()}
    return render(request, "dashboards/reports/form.html", context, status=status)


@require_POST
@member_required(Role.MANAGER)
def preview_times(request: MemberRequest) -> HttpResponse:
    """Return the part of the form with the next times of what is entered."""
    form = ScheduledReportForm(request.POST, member=request.membership)
    return render(request, "dashboards/reports/_times.html", {"times": form.next_times()})
