"""The treatment on the page of a risk: plan mitigations, move them, add actions and do them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from openrisk.accounts.models import Role
from openrisk.errors import StaleVersion
from openrisk.pages.confirmation import Question, is_cancelled
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, StepForm, parse_version, refusal_sentence
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once, redirect_to_created
from risks.models import MitigationAction, MitigationStatus, Risk
from risks.pages.risk.actions import run_action
from risks.pages.risk.detail import find_risk
from risks.pages.risk.tabs import TREATMENT, tab_address
from risks.pages.treatment.forms import (
    DoneForm,
    MitigationActionForm,
    MitigationForm,
    action_key,
    mitigation_key,
)
from risks.pages.workspace.deleted import offer_restore
from risks.services import mitigations as services
from risks.services import rows


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
            messages.success(request, f"Mitigation {mitigation.reference} planned.")
            return redirect_to_created(treatment_address(request, risk))
    return show_form(request, form, risk, "Plan a mitigation")


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
def edit_mitigation(request: MemberRequest, number: int, pk: UUID) -> HttpResponse:
    risk = find_risk(request, number)
    mitigation = get_object_or_404(risk.mitigations.all(), pk=pk)
    form = MitigationForm(request.POST or None, organization=risk.organization, instance=mitigation)
    if form.is_valid() and save_form(
        request, form, services.update_mitigation, mitigation, form.changes()
    ):
        messages.success(request, f"Mitigation {mitigation.reference} saved.")
        return redirect(treatment_address(request, risk))
    return show_form(request, form, risk, f"Edit {mitigation.reference}")


def save_form(
    request: MemberRequest, form: Any, update: Any, instance: Any, fields: dict[str, Any]
) -> bool:
    """Save `fields` by the service; return False, with the reasons in the form, if it refuses.

    After a change by someone else the form can be sent again, and then replaces that.
    """
    try:
        update(
            actor=request.membership.user,
            instance=instance,
            version=form.cleaned_data["version"],
            **fields,
        )
    except REFUSALS as refusal:
        form.add_refusal(refusal)
        if isinstance(refusal, StaleVersion):
            instance.refresh_from_db()
            form.data = form.data.copy()
            form.data["version"] = str(instance.version)
        return False
    return True


def show_form(
    request: MemberRequest, form: Any, risk: Risk, heading: str, **context: Any
) -> HttpResponse:
    context = {"form": form, "risk": risk, "heading": heading, **context}
    status = 400 if form.errors else 200
    return render(request, "risks/treatment/form.html", context, status=status)


@form_on("risk-page", "number", query="tab=treatment")
@require_POST
@member_required(Role.ANALYST)
@create_once
def change_mitigation_status(request: MemberRequest, number: int, pk: UUID) -> HttpResponse:
    risk = find_risk(request, number)
    mitigation = get_object_or_404(risk.mitigations.all(), pk=pk)
    to = request.POST.get("to", "")
    form = StepForm(mitigation_key(mitigation), mitigation.version, request.POST)
    label = str(dict(MitigationStatus.choices).get(to, to)).lower()
    return run_action(
        request,
        risk,
        form,
        lambda fields: services.set_status(mitigation=mitigation, to=to, **fields),
        f"{mitigation.reference} is now {label}.",
        version=mitigation.version,
    )


@form_on("risk-page", "number", query="tab=treatment")
@require_POST
@member_required(Role.ANALYST)
@create_once
def add_action(request: MemberRequest, number: int, pk: UUID) -> HttpResponse:
    risk = find_risk(request, number)
    mitigation = get_object_or_404(risk.mitigations.all(), pk=pk)
    return run_action(
        request,
        risk,
        MitigationActionForm(request.POST, mitigation=mitigation),
        lambda fields: services.create_action(mitigation=mitigation, **fields),
        f"The action is added to {mitigation.reference}.",
    )


@form_on("risk-page", "number", query="tab=treatment")
@require_POST
@member_required(Role.ANALYST)
@create_once
def complete_action(request: MemberRequest, number: int, pk: UUID) -> HttpResponse:
    """Complete or reopen an action, from the page of its risk or from My work."""
    risk = find_risk(request, number)
    action = find_action(risk, pk)
    done = request.POST.get("done") == "yes"
    response = run_action(
        request,
        risk,
        DoneForm(action_key(action), request.POST),
        lambda fields: services.update_action(instance=action, done=done, **fields),
        f"“{action.title}” is {'done' if done else 'open again'}.",
        version=action.version,
    )
    if response.status_code == 302 and request.POST.get("back") == "my-work":
        return redirect_to_created("analyst", request.organization_slug)
    return response


def treatment_address(request: MemberRequest, risk: Risk) -> str:
    return tab_address(request.organization_slug, risk.reference, TREATMENT)


def find_action(risk: Risk, pk: UUID) -> MitigationAction:
    """The action of this risk, or 404."""
    actions = MitigationAction.objects.filter(mitigation__risk=risk).select_related("mitigation")
    action: MitigationAction = get_object_or_404(actions, pk=pk)
    return action


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
def edit_action(request: MemberRequest, number: int, pk: UUID) -> HttpResponse:
    risk = find_risk(request, number)
    action = find_action(risk, pk)
    form = MitigationActionForm(request.POST or None, mitigation=action.mitigation, instance=action)
    if form.is_valid():
        fields = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        if save_form(request, form, services.update_action, action, fields):
            messages.success(request, "The action is saved.")
            return redirect(treatment_address(request, risk))
    delete = reverse("action-delete", args=[request.organization_slug, risk.reference, action.pk])
    return show_form(request, form, risk, "Edit action", delete=delete)


@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
def delete_action(request: MemberRequest, number: int, pk: UUID) -> HttpResponse:
    """Ask for confirmation, then delete the action."""
    risk = find_risk(request, number)
    action = find_action(risk, pk)
    page = redirect(treatment_address(request, risk))
    if is_cancelled(request):
        return page
    if request.POST.get("confirmed") != "yes":
        question = Question(
            "Delete the action?",
            [f"“{action.title}” of {action.mitigation.reference} is removed. Its history stays."],
            "Delete the action",
            [("version", str(action.version))],
            request.get_full_path(),
        )
        return render(request, "confirm.html", {"question": question})
    try:
        item = rows.delete(
            actor=request.membership.user,
            instance=action,
            version=parse_version(request.POST.get("version", "")),
        )
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
    else:
        offer_restore(request, item)
    return page
