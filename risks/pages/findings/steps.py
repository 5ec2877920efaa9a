"""Decide about one finding: each POST leads back to its page, or to the risk that it made."""

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from openrisk.accounts.models import Role
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, StepForm, status_of
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once, redirect_to_created
from risks.models import Finding, FindingState
from risks.pages.findings.finding import find_finding, refresh_finding, run_step
from risks.pages.findings.forms import (
    AttachForm,
    FindingDecisionForm,
    RiskOfFindingsForm,
    risk_fields,
)
from risks.services.matrix import matrix_of
from risks.services.triage import decisions, risks_of_findings


@form_on("finding-page", "pk")
@require_POST
@member_required(Role.ANALYST)
@create_once
def accept_finding(request: MemberRequest, pk: UUID) -> HttpResponse:
    return decide(request, pk, FindingState.ACCEPTED, _("The finding is accepted."))


@form_on("finding-page", "pk")
@require_POST
@member_required(Role.ANALYST)
@create_once
def reject_finding(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Call the finding a false positive."""
    return decide(request, pk, FindingState.FALSE_POSITIVE, _("The finding is a false positive."))


def decide(request: MemberRequest, pk: UUID, state: str, done: str) -> HttpResponse:
    finding = find_finding(request, pk)
    form = FindingDecisionForm(state, finding.version, request.POST)
    return run_step(request, finding, form, partial(decisions.decide_finding, state=state), done)


@form_on("finding-page", "pk")
@require_POST
@member_required(Role.ANALYST)
@create_once
def reopen_finding(request: MemberRequest, pk: UUID) -> HttpResponse:
    finding = find_finding(request, pk)
    form = StepForm("reopen", finding.version, request.POST)
    done = _("The finding is open again.")
    return run_step(request, finding, form, decisions.reopen_finding, done)


@form_on("finding-page", "pk")
@require_POST
@member_required(Role.ANALYST)
@create_once
def attach_finding(request: MemberRequest, pk: UUID) -> HttpResponse:
    finding = find_finding(request, pk)
    form = AttachForm(finding.organization, finding.version, request.POST)
    done = _("The finding is attached to the risk.")
    return run_step(request, finding, form, risks_of_findings.attach_finding, done)


@form_on("finding-page", "pk")
@require_POST
@member_required(Role.ANALYST)
@create_once
def detach_finding(request: MemberRequest, pk: UUID) -> HttpResponse:
    finding = find_finding(request, pk)
    form = StepForm("detach", finding.version, request.POST)
    done = _("The finding is detached. The risk stays.")
    return run_step(request, finding, form, risks_of_findings.detach_finding, done)


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
@create_once
def make_risk(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Make a risk of the finding, then plan its first mitigation."""
    finding = find_finding(request, pk)
    if finding.risk is not None and request.method == "GET":
        messages.info(request, risks_of_findings.attached_already())
        return redirect("finding-page", request.organization_slug, pk)
    organization = finding.organization
    findings = Finding.objects.for_organization(organization).filter(pk=pk)
    suggested = risks_of_findings.suggest_risk(organization, findings)
    form = RiskOfFindingsForm(
        matrix_of(organization), suggested, finding.version, request.POST or None
    )
    status = 400 if form.errors else 200
    if form.is_valid():
        try:
            risk = risks_of_findings.make_risk_of(
                actor=request.membership.user,
                finding=finding,
                version=form.cleaned_data["version"],
                **risk_fields(form.cleaned_data),
            )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
            refresh_finding(finding)
            form.show_version(finding.version)
            status = status_of(refusal)
        else:
            sentence = _("Risk %(reference)s created. Plan how to lower it.")
            messages.success(request, sentence % {"reference": risk.reference})
            return redirect_to_created("mitigation-new", request.organization_slug, risk.reference)
    context = {"finding": finding, "form": form, "suggested": suggested}
    return render(request, "risks/findings/make_risk.html", context, status=status)
