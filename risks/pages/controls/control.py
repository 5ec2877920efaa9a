"""The page of one control: its text, status, evidence, risks and activity."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from openrisk.accounts.members.memberships import member_ids
from openrisk.accounts.models import Role
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, PageForm, status_of
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once, redirect_to_created
from risks.history.entries import load_history
from risks.history.sentences import Subject
from risks.models import Control, Risk
from risks.models.workspace.attachments import SOON_DAYS
from risks.pages.controls.forms import KEY, RISKS_KEY, ControlRisksForm, ControlStatusForm
from risks.pages.workspace.evidence import EvidenceCard, load_card
from risks.services.catalogue import update_control
from risks.services.risks import link_control, unlink_control

SOON = timedelta(days=SOON_DAYS + 1)
RISKS_ON_PAGE = 25
CHILDREN_ON_PAGE = 100
RISK_FIELDS = ("pk", "reference", "title", "status", "current_level", "current_score")


@require_safe
@member_required(Role.VIEWER)
def control_page(request: MemberRequest, pk: UUID) -> HttpResponse:
    return show_control(request, find_control(request, pk))


def find_control(request: MemberRequest, pk: UUID) -> Control:
    """Return the control of the organization of the page, or 404."""
    organization = request.membership.organization
    controls = Control.objects.for_organization(organization)
    control: Control = get_object_or_404(
        controls.select_related("framework", "parent__framework", "owner"), pk=pk
    )
    control.organization = control.framework.organization = organization
    return control


def show_control(
    request: MemberRequest, control: Control, *, sent_form: Any = None, status: int = 200
) -> HttpResponse:
    """Show the page. A form that was sent replaces the empty form with its key."""
    member = request.membership
    forms = {KEY: ControlStatusForm(control), RISKS_KEY: ControlRisksForm(member.organization)}
    if sent_form is not None:
        forms[sent_form.key] = sent_form
    risks = Risk.objects.filter(control_links__control=control)
    evidence = load_card(member, control)
    before = request.GET.get("before", "")
    context = {
        "control": control,
        "framework_address": reverse(
            "controls",
            args=[request.organization_slug],
            query={"framework": str(control.framework_id)},
        ),
        "children": list(
            control.children.order_by("sort_key", "id").values(
                "pk", "identifier", "title", "status"
            )[:CHILDREN_ON_PAGE]
        ),
        "owner_has_left": control.owner_id is not None
        and not member_ids(member.organization, {control.owner_id}),
        "risks": list(risks.order_by("-number").values(*RISK_FIELDS)[:RISKS_ON_PAGE]),
        "risk_count": risks.count(),
        "evidence": evidence,
        "evidence_notes": describe_evidence(evidence),
        "status_form": forms[KEY],
        "risks_form": forms[RISKS_KEY],
        "sent_form": sent_form,
        "history": load_history(
            {control.pk: Subject(_("the control"), is_main=True)},
            int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
            known=[row for row in (control, control.framework, control.owner, member.user) if row],
        ),
        "may_write": member.has_role(Role.ANALYST),
        "may_decide": member.has_role(Role.MANAGER),
    }
    return render(request, "risks/controls/control.html", context, status=status)


def describe_evidence(card: EvidenceCard) -> list[tuple[str, str]]:
    """Return tone and text of badges on evidence that has expired, or soon will have."""
    today = timezone.now().date()
    expired = sum(file.is_expired for file in card.files)
    soon = sum(file.attachment.is_expired(today + SOON) for file in card.files) - expired
    badges = []
    if expired:
        text = ngettext("%(count)s file has expired", "%(count)s files have expired", expired)
        badges.append(("error", text % {"count": expired}))
    if soon:
        text = ngettext("%(count)s file expires soon", "%(count)s files expire soon", soon)
        badges.append(("warning", text % {"count": soon}))
    return badges


@form_on("control", "pk")
@require_POST
@member_required(Role.ANALYST)
@create_once
def change_status(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Set status and owner, with the reason."""
    control = find_control(request, pk)
    form = ControlStatusForm(control, request.POST)

    def save(fields: dict[str, Any]) -> str:
        update_control(instance=control, **fields)
        return _("%(control)s is saved.") % {"control": control.identifier}

    return run_step(request, control, form, save)


@form_on("control", "pk")
@require_POST
@member_required(Role.ANALYST)
@create_once
def add_risks(request: MemberRequest, pk: UUID) -> HttpResponse:
    control = find_control(request, pk)
    form = ControlRisksForm(control.organization, request.POST)

    def link(fields: dict[str, Any]) -> str:
        count = link_control(control=control, **fields)
        text = ngettext("%(count)s risk added.", "%(count)s risks added.", count)
        return text % {"count": count}

    return run_step(request, control, form, link)


@require_POST
@member_required(Role.ANALYST)
@create_once
def remove_risk(request: MemberRequest, pk: UUID, risk: UUID) -> HttpResponse:
    control = find_control(request, pk)
    linked = get_object_or_404(Risk, pk=risk, control_links__control=control)
    linked.organization = control.organization
    form = PageForm(request.POST)

    def unlink(fields: dict[str, Any]) -> str:
        unlink_control(control=control, risk=linked, **fields)
        return _("%(risk)s is no longer linked.") % {"risk": linked.reference}

    return run_step(request, control, form, unlink)


def run_step(
    request: MemberRequest, control: Control, form: Any, change: Callable[[dict[str, Any]], str]
) -> HttpResponse:
    """Call `change` with the fields of the form, then lead back with the message it returns.

    After a refusal show the page with the reasons in the form.
    """
    if not form.is_valid():
        return show_control(request, control, sent_form=form, status=400)
    try:
        done = change({"actor": request.membership.user, **form.cleaned_data})
    except REFUSALS as refusal:
        form.add_refusal(refusal)
        organization = control.organization
        control.refresh_from_db()
        control.organization = control.framework.organization = organization
        if isinstance(form, ControlStatusForm):
            form.show_version(control.version)
        return show_control(request, control, sent_form=form, status=status_of(refusal))
    messages.success(request, done)
    return redirect_to_created("control", request.organization_slug, control.pk)
