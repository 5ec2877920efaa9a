"""Actions: add, edit, order, do and delete them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from openrisk.accounts.models import Role
from openrisk.pages.confirmation import Question, is_cancelled
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, parse_version, refusal_sentence, status_of
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once, redirect_to_created
from risks.models import MitigationAction
from risks.pages.treatment.forms import DoneForm, MitigationActionForm, action_key
from risks.pages.treatment.mitigation import (
    find_action,
    find_mitigation,
    return_address,
    run_step,
    safe_next,
    show_mitigation,
)
from risks.pages.treatment.mitigation_steps import edit_row
from risks.pages.workspace.deleted import offer_restore
from risks.services import mitigations as services
from risks.services import rows


@form_on("mitigation-page", "number")
@require_POST
@member_required(Role.ANALYST)
@create_once
def add_action(request: MemberRequest, number: int) -> HttpResponse:
    mitigation = find_mitigation(request, number)
    return run_step(
        request,
        mitigation,
        MitigationActionForm(request.POST, mitigation=mitigation),
        lambda fields: services.create_action(mitigation=mitigation, **fields),
        _("The action is added."),
    )


@require_POST
@member_required(Role.ANALYST)
@create_once
def complete_action(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Complete or reopen an action, from any list of actions."""
    actions = MitigationAction.objects.for_organization(request.membership.organization)
    action: Any = get_object_or_404(actions.select_related("mitigation"), pk=pk)
    done = request.POST.get("done") == "yes"
    form = DoneForm(action_key(action), request.POST)
    form.full_clean()
    try:
        services.update_action(
            actor=request.membership.user,
            instance=action,
            done=done,
            version=form.cleaned_data["version"],
        )
    except REFUSALS as refusal:
        if address := safe_next(request):
            messages.error(request, refusal_sentence(refusal))
            return redirect(address)
        form.add_refusal(refusal)
        mitigation = find_mitigation(request, action.mitigation.number)
        return show_mitigation(request, mitigation, sent_form=form, status=status_of(refusal))
    sentence = _("“%(title)s” is done.") if done else _("“%(title)s” is open again.")
    messages.success(request, sentence % {"title": action.title})
    return redirect_to_created(return_address(request, action.mitigation))


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
def edit_action(request: MemberRequest, number: int, pk: UUID) -> HttpResponse:
    mitigation = find_mitigation(request, number)
    action = find_action(mitigation, pk)
    form = MitigationActionForm(request.POST or None, mitigation=mitigation, instance=action)
    arguments = [request.organization_slug, mitigation.reference, action.pk]
    context = {
        "mitigation": mitigation,
        "risk": mitigation.risk,
        "heading": _("Edit action"),
        "delete": reverse("action-delete", args=arguments),
    }
    return edit_row(request, form, services.update_action, action, context)


@require_POST
@member_required(Role.ANALYST)
def order_actions(request: MemberRequest, number: int) -> HttpResponse:
    """Move one action (`move`) up or down (`?to=`), or put all into an order (`order`)."""
    mitigation = find_mitigation(request, number)
    actor, ids = request.membership.user, parse_ids(request.POST.get("order", ""))
    try:
        if moved := parse_ids(request.POST.get("move", "")):
            action = find_action(mitigation, moved[0])
            up = request.GET.get("to") == "up"
            services.move_action(actor=actor, action=action, up=up)
        else:
            services.order_actions(actor=actor, mitigation=mitigation, order=ids)
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
    page = reverse("mitigation-page", args=[request.organization_slug, mitigation.reference])
    return redirect(f"{page}#actions-title")


def parse_ids(text: str) -> list[UUID]:
    """Return the ids between the commas; none where one of them is not an id."""
    try:
        return [UUID(part) for part in text.split(",") if part]
    except ValueError:
        return []


@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
def delete_action(request: MemberRequest, number: int, pk: UUID) -> HttpResponse:
    """Ask for confirmation, then delete the action."""
    mitigation = find_mitigation(request, number)
    action = find_action(mitigation, pk)
    page = redirect("mitigation-page", request.organization_slug, mitigation.reference)
    if is_cancelled(request):
        return page
    if request.POST.get("confirmed") != "yes":
        names = {"title": action.title, "reference": mitigation.reference}
        question = Question(
            _("Delete the action?"),
            [_("“%(title)s” of %(reference)s is removed. Its history stays.") % names],
            _("Delete the action"),
            [("version", str(action.version))],
            request.get_full_path(),
        )
        return render(request, "confirm.html", {"question": question})
    version = parse_version(request.POST.get("version", ""))
    try:
        item = rows.delete(actor=request.membership.user, instance=action, version=version)
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
    else:
        offer_restore(request, item)
    return page
