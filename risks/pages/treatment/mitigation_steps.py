"""Edit a mitigation, move it and validate it: each POST leads back to its page."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from openrisk.accounts.models import Role
from openrisk.errors import StaleVersion
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, StepForm
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once
from risks.models import MitigationStatus
from risks.pages.treatment.forms import MitigationForm, ValidationForm, mitigation_key
from risks.pages.treatment.mitigation import find_mitigation, return_address, run_step
from risks.services import mitigations as services


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
def edit_mitigation(request: MemberRequest, number: int) -> HttpResponse:
    mitigation = find_mitigation(request, number)
    form = MitigationForm(
        request.POST or None, organization=mitigation.organization, instance=mitigation
    )
    heading = _("Edit %(reference)s") % {"reference": mitigation.reference}
    context = {"mitigation": mitigation, "risk": mitigation.risk, "heading": heading}
    return edit_row(request, form, services.update_mitigation, mitigation, context)


def edit_row(
    request: MemberRequest, form: Any, update: Any, instance: Any, context: dict[str, Any]
) -> HttpResponse:
    """Save the form by `update` and lead back; or show it, with the reasons of a refusal.

    Where someone else changed the row, stored and typed values stand side by side.
    """
    form.keep_chosen()
    status, mitigation = 200, context["mitigation"]
    if form.is_valid():
        changes = form.changes()
        try:
            if changes:
                version = form.cleaned_data["version"]
                actor = request.membership.user
                update(actor=actor, instance=instance, version=version, **changes)
        except StaleVersion:
            instance.refresh_from_db()
            form.show_version(instance.version)
            status, context = 409, {**context, "differences": form.differences()}
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, _("Saved.") if changes else _("Nothing was changed."))
            return redirect(return_address(request, mitigation))
    if form.errors and status == 200:
        status = 400
    context = {"form": form, **context}
    return render(request, "risks/treatment/form.html", context, status=status)


@form_on("mitigation-page", "number")
@require_POST
@member_required(Role.ANALYST)
@create_once
def change_status(request: MemberRequest, number: int) -> HttpResponse:
    mitigation = find_mitigation(request, number)
    to = request.POST.get("to", "")
    form = StepForm(mitigation_key(mitigation), mitigation.version, request.POST)
    label = str(dict(MitigationStatus.choices).get(to, to)).lower()
    return run_step(
        request,
        mitigation,
        form,
        lambda fields: services.set_status(mitigation=mitigation, to=to, **fields),
        _("%(reference)s is now %(status)s.")
        % {"reference": mitigation.reference, "status": label},
    )


@form_on("mitigation-page", "number")
@require_POST
@member_required(Role.ANALYST)
@create_once
def validate_mitigation(request: MemberRequest, number: int) -> HttpResponse:
    mitigation = find_mitigation(request, number)
    form = ValidationForm(mitigation.version, request.POST)
    effective = request.POST.get("effective")
    sentence = _("%(reference)s is effective, and done.")
    if effective == "no":
        sentence = _("%(reference)s is not effective, and in progress again.")
    if effective not in ("yes", "no"):
        form.add_error(None, _("Choose whether it is effective or not."))
    return run_step(
        request,
        mitigation,
        form,
        lambda fields: services.validate_mitigation(
            mitigation=mitigation, effective=effective == "yes", **fields
        ),
        sentence % {"reference": mitigation.reference},
    )
