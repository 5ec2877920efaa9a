"""Plan a mitigation for a risk."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from openrisk.accounts.models import Role
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once, redirect_to_created
from risks.pages.risk.detail import find_risk
from risks.pages.treatment.forms import MitigationForm
from risks.services import mitigations as services


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
@create_once
def new_mitigation(request: MemberRequest, number: int) -> HttpResponse:
    risk = find_risk(request, number)
    form = MitigationForm(request.POST or None, organization=risk.organization)
    if form.is_valid():
        try:
            mitigation = services.create_mitigation(
                actor=request.membership.user,
                organization=risk.organization,
                risk=risk,
                **form.changes(),
            )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            sentence = _("Mitigation %(reference)s planned.")
            messages.success(request, sentence % {"reference": mitigation.reference})
            slug = request.organization_slug
            return redirect_to_created("mitigation-page", slug, mitigation.reference)
    context = {"form": form, "risk": risk, "heading": _("Plan a mitigation")}
    status = 400 if form.errors else 200
    return render(request, "risks/treatment/form.html", context, status=status)
