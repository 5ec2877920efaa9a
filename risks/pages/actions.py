"""What can be done on the page of a risk: each a POST, then back to the page."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from openrisk.accounts.models import Role
from openrisk.accounts.pages import MemberRequest, member_required, require_role
from openrisk.api.problems import Conflict, PreconditionFailed
from risks import states
from risks.models import Risk, Status
from risks.pages.detail import find, refused
from risks.pages.forms import AcceptanceForm
from risks.services import acceptances as acceptance_services
from risks.services import risks as services
from risks.services import suggestions

STALE = "Somebody changed this risk since you opened the page. It is shown as it is now: repeat."
MAX_COMMENT = 5000


@require_POST
@member_required(Role.ANALYST)
def take_transition(request: MemberRequest, number: int) -> HttpResponse:
    risk = find(request, number)
    to = request.POST.get("to", "")
    require_role(request, states.NEEDED_ROLE.get(to, Role.ANALYST))
    return _carry_out(
        request,
        risk,
        lambda: services.transition(risk=risk, to=to, **_said(request)),
        f"The risk is now {str(dict(Status.choices).get(to, to)).lower()}.",
    )


@require_POST
@member_required(Role.ANALYST)
def review(request: MemberRequest, number: int) -> HttpResponse:
    risk = find(request, number)
    return _carry_out(
        request,
        risk,
        lambda: services.review(risk=risk, **_said(request)),
        "The risk is marked as reviewed.",
    )


@require_POST
@member_required(Role.ANALYST)
def request_acceptance(request: MemberRequest, number: int) -> HttpResponse:
    risk = find(request, number)
    form = AcceptanceForm(request.POST)
    if not form.is_valid():
        return refused(request, risk, [], status=400, acceptance_form=form)
    fields = {"actor": request.membership.user, "risk": risk, **form.fields_for_service()}
    try:
        acceptance_services.request_acceptance(**fields)
    except ValidationError as error:
        form.add_error(None, error)
        return refused(request, risk, [], status=400, acceptance_form=form)
    except Conflict as conflict:
        return refused(request, risk, list(conflict.reasons), status=409, acceptance_form=form)
    messages.success(request, "The acceptance is requested. Somebody else decides.")
    return redirect("risk-page", request.organization_slug, risk.reference)


DECISIONS = {"approve": "approved", "reject": "rejected", "revoke": "revoked"}


@require_POST
@member_required(Role.MANAGER)
def decide_acceptance(request: MemberRequest, number: int, pk: UUID) -> HttpResponse:
    risk = find(request, number)
    acceptance = get_object_or_404(risk.acceptances.all(), pk=pk)
    acceptance.risk = risk
    decision = request.POST.get("decision", "")
    if decision not in DECISIONS:
        return refused(request, risk, ["Choose to approve, reject or revoke."], status=400)
    said: dict[str, Any] = {"acceptance": acceptance, **_said(request)}

    def carry_out() -> None:
        if decision == "revoke":
            acceptance_services.revoke(**said)
        else:
            acceptance_services.decide(approve=decision == "approve", **said)

    return _carry_out(request, risk, carry_out, f"The acceptance is {DECISIONS[decision]}.")


@require_POST
@member_required(Role.ANALYST)
def decide_suggestion(request: MemberRequest, number: int, pk: UUID) -> HttpResponse:
    risk = find(request, number)
    suggestion = get_object_or_404(risk.suggestions.all(), pk=pk)
    decision = request.POST.get("decision", "")
    decide = {
        "accept": suggestions.accept_suggestion,
        "dismiss": suggestions.dismiss_suggestion,
    }.get(decision)
    if decide is None:
        return refused(request, risk, ["Choose to accept or to dismiss."], status=400)
    done = "rated as suggested" if decision == "accept" else "left as it is"
    return _carry_out(
        request,
        risk,
        lambda: decide(actor=request.membership.user, suggestion=suggestion),
        f"The risk is {done}.",
    )


def _said(request: MemberRequest) -> dict[str, Any]:
    """Who, why, and the version that was on the screen (nonsense matches none)."""
    version = request.POST.get("version", "")
    return {
        "actor": request.membership.user,
        "comment": request.POST.get("comment", "").replace("\0", "").strip()[:MAX_COMMENT],
        "version": int(version) if version.isdecimal() and len(version) < 10 else -1,
    }


def _carry_out(
    request: MemberRequest, risk: Risk, change: Callable[[], Any], done: str
) -> HttpResponse:
    """Back to the page, or the page with the reasons why the change was refused."""
    comment = request.POST.get("comment", "")
    try:
        change()
    except Conflict as conflict:
        return refused(request, risk, list(conflict.reasons), status=409, comment=comment)
    except PreconditionFailed:
        return refused(request, risk, [STALE], status=412, comment=comment)
    except ValidationError as error:
        return refused(request, risk, error.messages, status=400, comment=comment)
    messages.success(request, done)
    return redirect("risk-page", request.organization_slug, risk.reference)
