"""What can be done on the page of a risk: each a POST of a form of its own, then back to the page.

A refusal shows the page again, with its reason and what was typed in the form it came from.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from openrisk.accounts.models import Role
from openrisk.pages.confirmation import Question, ask_first, is_cancelled
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, StepForm, parse_version, status_of
from openrisk.pages.guards import MemberRequest, member_required, require_role
from openrisk.pages.submissions import create_once, redirect_to_created
from risks import states
from risks.models import Risk, Status
from risks.pages.detail import (
    acceptance_key,
    find_risk,
    show_risk,
    suggestion_key,
    transition_key,
)
from risks.pages.forms import AcceptanceForm, CommentForm, SuggestionForm
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
    return _carry_out(
        request,
        risk,
        form,
        lambda said: services.take_transition(risk=risk, to=to, **said),
        f"The risk is now {str(label).lower()}.",
        question=(f"Move {risk.reference} to {label}?", warning, f"Move to {label}"),
    )


@form_on("risk-page", "number")
@require_POST
@member_required(Role.ANALYST)
@create_once
def mark_reviewed(request: MemberRequest, number: int) -> HttpResponse:
    risk = find_risk(request, number)
    return _carry_out(
        request,
        risk,
        StepForm("review", risk.version, request.POST),
        lambda said: services.mark_reviewed(risk=risk, **said),
        "The risk is marked as reviewed.",
    )


@form_on("risk-page", "number")
@require_POST
@member_required(Role.ANALYST)
@create_once
def add_comment(request: MemberRequest, number: int) -> HttpResponse:
    risk = find_risk(request, number)
    return _carry_out(
        request,
        risk,
        CommentForm(request.POST),
        lambda said: services.add_comment(risk=risk, **said),
        "Your comment is in the history.",
    )


@form_on("risk-page", "number")
@require_POST
@member_required(Role.ANALYST)
@create_once
def request_acceptance(request: MemberRequest, number: int) -> HttpResponse:
    risk = find_risk(request, number)
    return _carry_out(
        request,
        risk,
        AcceptanceForm(request.POST),
        lambda said: acceptance_services.request_acceptance(risk=risk, **said),
        "Acceptance requested. A manager will decide.",
    )


DECISIONS = {"approve": "approved", "reject": "rejected", "revoke": "revoked"}


@form_on("risk-page", "number")
@require_POST
@member_required(Role.MANAGER)
@create_once
def decide_acceptance(request: MemberRequest, number: int, pk: UUID) -> HttpResponse:
    risk = find_risk(request, number)
    acceptance = get_object_or_404(risk.acceptances.all(), pk=pk)
    acceptance.risk = risk
    decision = request.POST.get("decision", "")
    form = StepForm(acceptance_key(acceptance), acceptance.version, request.POST)

    def decide(said: dict[str, Any]) -> None:
        if decision == "revoke":
            acceptance_services.revoke_acceptance(acceptance=acceptance, **said)
        elif decision == "reject":
            acceptance_services.decide_acceptance(acceptance=acceptance, approve=False, **said)
        else:
            seen = parse_version(request.POST.get("risk_version", ""))
            acceptance_services.decide_acceptance(
                acceptance=acceptance, approve=True, risk_version=seen, **said
            )

    if decision not in DECISIONS:
        form.add_error(None, "Choose to approve, reject or revoke.")
        return _refuse(request, risk, form, 400)
    button = f"{decision.capitalize()} the acceptance"
    warning = acceptance_services.WARNINGS.get(decision, "")
    return _carry_out(
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
        form.add_error(None, "Choose to accept or to dismiss.")
        return _refuse(request, risk, form, 400)
    done = "rated as suggested" if decision == "accept" else "left as it is"
    return _carry_out(
        request,
        risk,
        form,
        lambda said: decide(suggestion=suggestion, **said),
        f"The risk is {done}.",
    )


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def delete_risk(request: MemberRequest, number: int) -> HttpResponse:
    """Ask, naming what goes with the risk; then delete it."""
    risk = find_risk(request, number)
    page = redirect("risk-page", request.organization_slug, risk.reference)
    if is_cancelled(request):
        return page
    if request.POST.get("confirmed") != "yes":
        return _ask_to_delete(request, risk)
    form = StepForm("delete", risk.version, request.POST)
    form.full_clean()
    try:
        version = form.cleaned_data["version"]
        services.delete_risk(actor=request.membership.user, instance=risk, version=version)
    except REFUSALS as refusal:
        form.add_refusal(refusal)
        for problem in form.problems():
            messages.error(request, problem)
        return page
    messages.success(request, f"Risk {risk.reference} and what belonged to it are deleted.")
    return redirect("risk-list", request.organization_slug)


def _ask_to_delete(request: MemberRequest, risk: Risk) -> HttpResponse:
    parts = describe_parts(risk)
    consequences = [
        f"“{risk.title}” leaves the register, its lists and figures. Its history stays.",
        f"With it go: {parts}." if parts else "Nothing else goes with it.",
        "This cannot be undone.",
    ]
    question = Question(
        f"Delete {risk.reference}?",
        consequences,
        f"Delete {risk.reference}",
        [("version", str(risk.version))],
        request.get_full_path(),
    )
    return render(request, "confirm.html", {"question": question})


def _carry_out(
    request: MemberRequest,
    risk: Risk,
    form: Any,
    change: Callable[[dict[str, Any]], Any],
    done: str,
    *,
    question: tuple[str, str, str] | None = None,
    version: int | None = None,
) -> HttpResponse:
    """Make the change and lead back to the page; or ask first, where `question` has a warning; or
    show the page with the reasons why the change was refused, in its form."""
    if is_cancelled(request):
        return show_risk(request, risk, typed=form)
    if not form.is_valid():
        return _refuse(request, risk, form, 400)
    said = {"actor": request.membership.user, **form.cleaned_data}
    stale = said.get("version", version) != (risk.version if version is None else version)
    if question and question[1] and not stale:
        title, warning, button = question
        asked = ask_first(request, title, [f"“{risk.title}”", warning], button)
        if asked:
            return render(request, "confirm.html", {"question": asked})
    try:
        change(said)
    except REFUSALS as refusal:
        form.add_refusal(refusal)
        return _refuse(request, risk, form, status_of(refusal))
    messages.success(request, done)
    return redirect_to_created("risk-page", request.organization_slug, risk.reference)


def _refuse(request: MemberRequest, risk: Risk, form: Any, status: int) -> HttpResponse:
    """The page again, as it is now."""
    risk.refresh_from_db()
    risk.organization = request.membership.organization
    return show_risk(request, risk, typed=form, status=status)
