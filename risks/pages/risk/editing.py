"""The forms to add and to edit a risk. A conflict loses nothing that was typed."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from openrisk.accounts.models import Role, User
from openrisk.errors import StaleVersion
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once, redirect_to_created
from risks.models import Risk
from risks.pages.risk.detail import find_risk
from risks.pages.risk.forms import RiskForm
from risks.pages.widgets import RatingPicker, partial_ratings
from risks.scoring import KINDS
from risks.services import risks as services
from risks.services.catalogue import create_if_new
from risks.services.matrix import matrix_of


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
@create_once
def new_risk(request: MemberRequest) -> HttpResponse:
    membership = request.membership
    form = RiskForm(
        request.POST or None,
        organization=membership.organization,
        matrix=matrix_of(membership.organization),
    )
    if form.is_valid():
        try:
            with transaction.atomic():
                changes = create_chosen(membership.user, form.changes())
                risk = services.create_risk(
                    actor=membership.user, organization=membership.organization, **changes
                )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, f"Risk {risk.reference} created.")
            warn_of_partial_ratings(request, form)
            return redirect_to_created("risk-page", request.organization_slug, risk.reference)
    return show_form(request, form)


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
def edit_risk(request: MemberRequest, number: int) -> HttpResponse:
    risk = find_risk(request, number)
    form = RiskForm(
        request.POST or None,
        organization=risk.organization,
        matrix=matrix_of(risk.organization),
        instance=risk,
    )
    if form.is_valid():
        version, changes = form.cleaned_data["version"], form.changes()
        try:
            if changes:
                with transaction.atomic():
                    changes = create_chosen(request.membership.user, changes)
                    services.update_risk(
                        actor=request.membership.user,
                        instance=risk,
                        version=-1 if version is None else version,
                        **changes,
                    )
        except StaleVersion:
            # Show what was typed beside what is stored now; saving again replaces that.
            data = request.POST.copy()
            data["version"] = str(risk.version)
            form.data = data
            return show_form(request, form, risk, status=409, differences=form.differences())
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            message = "Nothing was changed."
            if changes:
                only_comment = changes.keys() == {"comment"}
                message = "Your comment is in the history." if only_comment else "Saved."
            messages.success(request, message)
            warn_of_partial_ratings(request, form)
            return redirect("risk-page", request.organization_slug, risk.reference)
    return show_form(request, form, risk)


def create_chosen(actor: User, changes: dict[str, Any]) -> dict[str, Any]:
    """Create the assets and controls that were chosen to be created; return `changes` with them."""
    created = {
        name: [create_if_new(actor=actor, row=row) for row in changes[name]]
        for name in ("assets", "controls")
        if name in changes
    }
    return {**changes, **created}


def warn_of_partial_ratings(request: MemberRequest, form: RiskForm) -> None:
    for sentence in partial_ratings(form.cleaned_data, KINDS):
        messages.warning(request, sentence)


def show_form(
    request: MemberRequest,
    form: RiskForm,
    risk: Risk | None = None,
    status: int = 200,
    **context: object,
) -> HttpResponse:
    matrix = matrix_of(request.membership.organization)
    ratings = [RatingPicker(form, kind, matrix) for kind in KINDS]
    if form.errors and status == 200:
        status = 400
    context = {"form": form, "risk": risk, "ratings": ratings, **context}
    return render(request, "risks/risk/form.html", context, status=status)
