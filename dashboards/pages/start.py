"""The way into an empty organization: its checklist, and sample data to look around in."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dashboards.start import checklist
from dashboards.start.checklist import Checklist
from openrisk.accounts.models import Role
from openrisk.pages.confirmation import ask_first, is_cancelled
from openrisk.pages.forms import REFUSALS, refusal_sentence
from openrisk.pages.guards import MemberRequest, member_required
from risks.demo.sample.service import fill_sample_data, remove_sample_data


def empty_page(request: MemberRequest, start: Checklist) -> HttpResponse:
    """The overview of an organization without risks."""
    return render(request, "dashboards/empty.html", checklist_context(start))


def checklist_context(start: Checklist) -> dict[str, Any]:
    return {
        "start": start,
        "may_manage": start.member.has_role(Role.MANAGER),
        "managers": start.people_with(Role.MANAGER) if not start.has_risks else "",
    }


@require_POST
@member_required(Role.MANAGER)
def dismiss_checklist(request: MemberRequest) -> HttpResponse:
    organization = request.membership.organization
    checklist.dismiss(actor=request.membership.user, organization=organization)
    messages.success(request, _("The checklist is no longer shown."))
    return redirect("home", request.organization_slug)


@require_POST
@member_required(Role.MANAGER)
def fill_sample(request: MemberRequest) -> HttpResponse:
    """Fill the empty register. A double click fills it once."""
    membership = request.membership
    try:
        fill_sample_data(actor=membership.user, organization=membership.organization)
        messages.success(request, _("Sample data is in the register. Look around."))
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
    return redirect("home", request.organization_slug)


@require_POST
@member_required(Role.MANAGER)
def remove_sample(request: MemberRequest) -> HttpResponse:
    if is_cancelled(request):
        return redirect("home", request.organization_slug)
    question = ask_first(
        request,
        _("Remove the sample data?"),
        [
            _("Its risks, mitigations, assets, controls and categories are deleted."),
            _("What people changed, added something to or use stays, and so does all of yours."),
        ],
        _("Remove the sample data"),
    )
    if question:
        return render(request, "confirm.html", {"question": question})
    membership = request.membership
    removal = remove_sample_data(actor=membership.user, organization=membership.organization)
    messages.success(request, removal.sentence)
    return redirect("home", request.organization_slug)
