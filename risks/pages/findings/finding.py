"""The page of one finding, and its short form over the list."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from openrisk.accounts.models import Role
from openrisk.pages.forms import REFUSALS, StepForm, status_of
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import redirect_to_created
from risks.history.entries import load_history
from risks.history.sentences import Subject
from risks.models import Finding, FindingState
from risks.pages.findings.columns import percent_text
from risks.pages.findings.forms import AttachForm, FindingDecisionForm
from risks.pages.findings.sightings import load_sightings
from risks.pages.register.dialogs import render_dialog


@require_safe
@member_required(Role.VIEWER)
def finding_page(request: MemberRequest, pk: UUID) -> HttpResponse:
    return show_finding(request, find_finding(request, pk))


@require_safe
@member_required(Role.ANALYST)
def finding_menu(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Offer what can be done to a finding, in the dialog over the list."""
    finding = find_finding(request, pk)
    context = {
        "finding": finding,
        "forms": build_forms(finding),
        "back": reverse("finding-list", args=[request.organization_slug]),
    }
    return render_dialog(request, "risks/findings/menu.html", context)


def find_finding(request: MemberRequest, pk: UUID) -> Finding:
    """Return the finding in the organization of the page, or 404."""
    organization = request.membership.organization
    findings = Finding.objects.for_organization(organization)
    related = ("asset__owner", "risk", "proposal", "decided_by")
    finding: Finding = get_object_or_404(findings.select_related(*related), pk=pk)
    finding.organization = organization
    return finding


def refresh_finding(finding: Finding) -> None:
    """Read the finding again, for the page that shows a refusal."""
    organization = finding.organization
    finding.refresh_from_db()
    finding.organization = organization


def build_forms(finding: Finding, sent_form: Any = None) -> dict[str, Any]:
    """Return the forms of what can be done now, by their keys; one that was sent as it was sent."""
    forms: dict[str, Any] = {}
    if finding.state != FindingState.RESOLVED:
        for state in FindingState.decided():
            form = FindingDecisionForm(state, finding.version)
            forms[form.key] = form
    if finding.state in FindingState.decided():
        forms["reopen"] = StepForm("reopen", finding.version)
    if finding.risk_id is None:
        forms["attach"] = AttachForm(finding.organization, finding.version)
    else:
        forms["detach"] = StepForm("detach", finding.version)
    if sent_form is not None and sent_form.key in forms:
        forms[sent_form.key] = sent_form
    return {key.replace("-", "_"): form for key, form in forms.items()}


def show_finding(
    request: MemberRequest, finding: Finding, *, sent_form: Any = None, status: int = 200
) -> HttpResponse:
    """Show the page. A form that was sent replaces the empty form with its key."""
    may_write = request.membership.has_role(Role.ANALYST)
    before = request.GET.get("before", "")
    page = load_history(
        {finding.pk: Subject(_("the finding"), is_main=True)},
        int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
        known=[row for row in (finding.asset, finding.risk, request.membership.user) if row],
    )
    sightings, has_more = load_sightings(finding)
    address = reverse("finding-page", args=[request.organization_slug, finding.pk])
    context = {
        "finding": finding,
        "epss": "" if finding.epss is None else percent_text(finding.epss),
        "forms": build_forms(finding, sent_form) if may_write else {},
        "sent_form": sent_form,
        "may_write": may_write,
        "sightings": sightings,
        "has_more_sightings": has_more,
        "entries": page.entries,
        "older_url": f"{address}?before={page.older}#activity" if page.older else "",
    }
    return render(request, "risks/findings/finding.html", context, status=status)


def run_step(
    request: MemberRequest, finding: Finding, form: Any, change: Any, done: str
) -> HttpResponse:
    """Call `change` with the fields of the form, then lead back with the message `done`.

    After a refusal show the page with the reasons in the form.
    """
    if not form.is_valid():
        return show_finding(request, finding, sent_form=form, status=400)
    try:
        change(actor=request.membership.user, finding=finding, **form.cleaned_data)
    except REFUSALS as refusal:
        form.add_refusal(refusal)
        refresh_finding(finding)
        form.show_version(finding.version)
        return show_finding(request, finding, sent_form=form, status=status_of(refusal))
    messages.success(request, done)
    return redirect_to_created("finding-page", request.organization_slug, finding.pk)
