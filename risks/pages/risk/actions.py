"""The actions on the page of a risk: each is a POST of its own form, then back to the page.

After a refusal the page is shown again, with the reason and what was typed, in the form it came
from.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from openrisk.accounts.models import Role
from openrisk.pages.confirmation import Question, ask_first, is_cancelled
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, StepForm, parse_version, status_of
from openrisk.pages.guards import MemberRequest, member_required, require_role
from openrisk.pages.submissions import create_once, redirect_to_created
from risks import states
from risks.models import Risk, Status
from risks.pages.risk.detail import (
    acceptance_key,
    confirmation_key,
    find_risk,
    show_risk,
    suggestion_key,
    transition_key,
)
from risks.pages.risk.forms import AcceptanceForm, SuggestionForm
from risks.pages.risk.tabs import tab_address, tab_of_form
from risks.pages.workspace.deleted import offer_restore, restorable_sentence
from risks.services import acceptances as acceptance_services
from risks.services import proposals
from risks.services import risks as services
from risks.services.deletion import describe_parts


@form_on("risk-page", "number")
@require_POST
@member_required(Role.ANALYST)
@create_once
def change_status(request: MemberRequest, number: int) -> HttpResponse:
    risk = find_risk(request, number)
    to = request.POST.get("to", "")
    require_role(request, states.REQUIRED_ROLE.get(to, Role.ANALYST))
    form = StepForm(transition_key(to), risk.version, request.POST)
    label = dict(Status.choices).get(to, to)
    warning = "" if services.blockers_for(risk, to) else states.WARNINGS.get(to, "")
    return run_action(
        request,
        risk,
        form,
        lambda fields: services.take_transition(risk=risk, to=to, **fields),
        _("The risk is now %(status)s.") % {"status": str(label).lower()},
        question=(
            _("Move %(risk)s to %(status)s?") % {"risk": risk.reference, "status": label},
            warning,
            _("Move to %(status)s") % {"status": label},
        ),
    )


@form_on("risk-page", "number")
@require_POST
@member_required(Role.ANALYST)
@create_once
def mark_reviewed(request: MemberRequest, number: int) -> HttpResponse:
    risk = find_risk(request, number)
    return run_action(
        request,
        risk,
        StepForm("review", risk.version, request.POST),
        lambda fields: services.mark_reviewed(risk=risk, **fields),
        _("The risk is marked as reviewed."),
    )


@form_on("risk-page", "number")
@require_POST
@member_required(Role.ANALYST)
@create_once
def confirm_ratings(request: MemberRequest, number: int) -> HttpResponse:
    risk = find_risk(request, number)
    kind = request.POST.get("kind", "")
    return run_action(
        request,
        risk,
        StepForm(confirmation_key(kind), risk.version, request.POST),
        lambda fields: services.confirm_ratings(risk=risk, kind=kind, **fields),
        _("The %(kind)s rating is confirmed.") % {"kind": kind},
    )


@form_on("risk-page", "number", query="tab=treatment")
@require_POST
@member_required(Role.ANALYST)
@create_once
def request_acceptance(request: MemberRequest, number: int) -> HttpResponse:
    risk = find_risk(request, number)
    return run_action(
        request,
        risk,
        AcceptanceForm(request.POST),
        lambda fields: acceptance_services.request_acceptance(risk=risk, **fields),
        _("Acceptance requested. A manager will decide."),
    )


DECISIONS = {"approve": "approved", "reject": "rejected", "revoke": "revoked"}


@form_on("risk-page", "number", query="tab=treatment")
@require_POST
@member_required(Role.MANAGER)
@create_once
def decide_acceptance(request: MemberRequest, number: int, pk: UUID) -> HttpResponse:
    risk = find_risk(request, number)
    acceptance = get_object_or_404(risk.acceptances.all(), pk=pk)
    acceptance.risk = risk
    decision = request.POST.get("decision", "")
    form = StepForm(acceptance_key(acceptance), acceptance.version, request.POST)

    def decide(fields: dict[str, Any]) -> None:
        if decision == "revoke":
            acceptance_services.revoke_acceptance(acceptance=acceptance, **fields)
        elif decision == "reject":
            acceptance_services.decide_acceptance(acceptance=acceptance, approve=False, **fields)
        else:
            seen = parse_version(request.POST.get("risk_version", ""))
            acceptance_services.decide_acceptance(
                acceptance=acceptance, approve=True, risk_version=seen, **fields
            )

    if decision not in DECISIONS:
        form.add_error(None, _("Choose to approve, to reject or to revoke."))
        return show_refusal(request, risk, form, 400)
    button = f"{decision.capitalize()} the acceptance"
    warning = acceptance_services.WARNINGS.get(decision, "")
    return run_action(
        request,
        risk,
        form,
        decide,
        f"The acceptance is {DECISIONS[decision]}.",
        question=(f"{button} of {risk.reference}?", warning, button),
        version=acceptance.version,
    )


@form_on("risk-page", "number")
@require_POST
@member_required(Role.ANALYST)
@create_once
def decide_suggestion(request: MemberRequest, number: int, pk: UUID) -> HttpResponse:
    risk = find_risk(request, number)
    suggestion = get_object_or_404(risk.suggestions.all(), pk=pk)
    decision = request.POST.get("decision", "")
    form = SuggestionForm(suggestion_key(suggestion), request.POST)
    decide = {
        "accept": proposals.accept_suggestion,
        "dismiss": proposals.dismiss_suggestion,
    }.get(decision)
    if decide is None:
        form.add_error(None, _("Choose to accept or to dismiss."))
        return show_refusal(request, risk, form, 400)
    done = _("The risk is rated as suggested.")
    if decision == "dismiss":
        done = _("The risk is left as it is.")
    return run_action(
        request,
        risk,
        form,
        lambda fields: decide(suggestion=suggestion, **fields),
        done,
    )


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def delete_risk(request: MemberRequest, number: int) -> HttpResponse:
    """Ask for confirmation, listing what is deleted with the risk; then delete it."""
    risk = find_risk(request, number)
    page = redirect("risk-page", request.organization_slug, risk.reference)
    if is_cancelled(request):
        return page
    if request.POST.get("confirmed") != "yes":
        question = deletion_question(risk, request.get_full_path())
        return render(request, "confirm.html", {"question": question})
    form = StepForm("delete", risk.version, request.POST)
    form.full_clean()
    try:
        version = form.cleaned_data["version"]
        item = services.delete_risk(actor=request.membership.user, instance=risk, version=version)
    except REFUSALS as refusal:
        form.add_refusal(refusal)
        for problem in form.problems():
            messages.error(request, problem)
        return page
    offer_restore(request, item)
    return redirect("risk-list", request.organization_slug)


def deletion_question(risk: Risk, address: str) -> Question:
    parts = describe_parts(risk)
    consequences = [
        _("“%(title)s” is removed from the register, its lists and figures. Its history stays.")
        % {"title": risk.title},
        _("Also deleted: %(parts)s.") % {"parts": parts}
        if parts
        else _("Nothing else is deleted."),
        restorable_sentence(),
    ]
    title = button = f"Delete {risk.reference}"
    return Question(f"{title}?", consequences, button, [("version", str(risk.version))], address)


def run_action(
    request: MemberRequest,
    risk: Risk,
    form: Any,
    change: Callable[[dict[str, Any]], Any],
    done: str,
    *,
    question: tuple[str, str, str] | None = None,
    version: int | None = None,
) -> HttpResponse:
    """Call `change` with the fields of the form, then redirect to the page with the message `done`.

    If `question` (title, warning, button) has a warning, ask for confirmation first. After a
    refusal show the page with the reasons in the form.
    """
    if is_cancelled(request):
        return show_risk(request, risk, sent_form=form)
    if not form.is_valid():
        return show_refusal(request, risk, form, 400)
    fields = {"actor": request.membership.user, **form.cleaned_data}
    stale = fields.get("version", version) != (risk.version if version is None else version)
    if question and question[1] and not stale:
        title, warning, button = question
        if confirmation := ask_first(request, title, [f"“{risk.title}”", warning], button):
            return render(request, "confirm.html", {"question": confirmation})
    try:
        change(fields)
    except REFUSALS as refusal:
        form.add_refusal(refusal)
        return show_refusal(request, risk, form, status_of(refusal))
    messages.success(request, done)
    tab = tab_of_form(form.key)
    return redirect_to_created(tab_address(request.organization_slug, risk.reference, tab))


def show_refusal(request: MemberRequest, risk: Risk, form: Any, status: int) -> HttpResponse:
    """Show the page of the risk as it is now, with the form that was refused."""
    risk.refresh_from_db()
    risk.organization = request.membership.organization
    return show_risk(request, risk, sent_form=form, status=status)
