"""The forms to add and to edit a risk. A conflict loses nothing that was typed."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from openrisk.accounts.models import Role
from openrisk.errors import StaleVersion
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once, mark_created, redirect_to_created
from risks.custom_fields.services import fields_of
from risks.models import Risk
from risks.pages.risk.detail import find_risk
from risks.pages.risk.forms import RATING_TITLES, FirstMitigationForm, RiskForm, initial_values
from risks.pages.risk.tabs import ACTIVITY, OVERVIEW, tab_address
from risks.pages.widgets import RatingPicker, partial_ratings
from risks.pages.workspace.copying_form import CopiedMitigationsForm
from risks.scoring import KINDS
from risks.services import risks as services
from risks.services.catalogue import create_chosen
from risks.services.matrix import matrix_of
from risks.services.mitigations import create_mitigation
from risks.services.workspace.copying import copy_mitigations

CARRIED_OVER = ("category", "owner")  # to the next new risk by "Save and add another"


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
@create_once
def new_risk(request: MemberRequest) -> HttpResponse:
    organization = request.membership.organization
    form = RiskForm(request.POST or None, organization=organization, matrix=matrix_of(organization))
    if not form.is_bound:
        form.initial.update(values_to_begin_with(request))
    plan = FirstMitigationForm(request.POST or None)
    number = number_to_copy(request)
    copied = CopiedMitigationsForm(organization, number, request.POST or None) if number else None
    if form.is_valid() and plan.is_valid() and (copied is None or copied.is_valid()):
        try:
            risk = create_with_plan(request, form, plan, copied)
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            warn_of_partial_ratings(request, form)
            return lead_on(request, form, risk)
    return show_form(request, form, plan=plan, copied=copied)


def number_to_copy(request: MemberRequest) -> int | None:
    """Return the number of the risk that `copy` names."""
    number = request.GET.get("copy", "").removeprefix("R-")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None


def values_to_begin_with(request: MemberRequest) -> dict[str, Any]:
    """Return what the form of a new risk shows at first: a copy of the risk that `copy` names."""
    if number := number_to_copy(request):
        risk = find_risk(request, number)
        original = initial_values(risk, fields_of(risk.organization))
        title = _("Copy of %(title)s") % {"title": original["title"]}
        return {**original, "title": title[:255], "external_id": "", "status": "draft"}
    return {name: request.GET[name] for name in CARRIED_OVER if name in request.GET}


def create_with_plan(
    request: MemberRequest,
    form: RiskForm,
    plan: FirstMitigationForm,
    copied: CopiedMitigationsForm | None,
) -> Risk:
    """Create the risk, the assets and controls named with it, and its mitigations; or none."""
    actor, organization = request.membership.user, request.membership.organization
    with transaction.atomic():
        changes = create_chosen(actor=actor, fields=form.changes())
        risk = services.create_risk(actor=actor, organization=organization, **changes)
        if plan.cleaned_data["title"]:
            create_mitigation(
                actor=actor, organization=organization, risk=risk, **plan.cleaned_data
            )
        if copied is not None:
            chosen = copied.cleaned_data["mitigations"]
            copy_mitigations(actor=actor, mitigations=chosen, risk=risk)
    return risk


def lead_on(request: MemberRequest, form: RiskForm, risk: Risk) -> HttpResponse:
    """Lead to the page of the new risk, or to an empty form for the next one."""
    address = reverse("risk-page", args=[request.organization_slug, risk.reference])
    link = format_html('<a href="{}">{}</a>', address, risk.reference)
    if "another" not in request.POST:
        messages.success(request, _("Risk %(risk)s created.") % {"risk": risk.reference})
        return redirect_to_created("risk-page", request.organization_slug, risk.reference)
    sentence = _("Risk {risk} created. Enter the next one.")
    messages.success(request, format_html(sentence, risk=link))
    query = {name: form.data[name] for name in CARRIED_OVER if form.data.get(name)}
    address = reverse("risk-new", args=[request.organization_slug], query=query)
    return mark_created(redirect(address), "risk-page", request.organization_slug, risk.reference)


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
@create_once
def edit_risk(request: MemberRequest, number: int) -> HttpResponse:
    risk = find_risk(request, number)
    form = RiskForm(
        request.POST or None,
        organization=risk.organization,
        matrix=matrix_of(risk.organization),
        instance=risk,
    )
    form.keep_chosen()
    if form.is_valid():
        changes = form.changes()
        try:
            if changes:
                save_changes(request, form, risk, changes)
        except StaleVersion:
            form.show_version(risk.version)
            return show_form(request, form, risk, status=409, differences=form.differences())
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            is_comment = changes.keys() == {"comment"}
            message = _("Your comment is posted.") if is_comment else _("Saved.")
            messages.success(request, message if changes else _("Nothing was changed."))
            warn_of_partial_ratings(request, form)
            tab = ACTIVITY if is_comment else OVERVIEW
            address = tab_address(request.organization_slug, risk.reference, tab)
            # A change has the version to tell that it was made; a comment alone leaves it as it is.
            return redirect_to_created(address) if is_comment else redirect(address)
    return show_form(request, form, risk)


def save_changes(
    request: MemberRequest, form: RiskForm, risk: Risk, changes: dict[str, Any]
) -> None:
    actor, version = request.membership.user, form.cleaned_data["version"]
    with transaction.atomic():
        services.update_risk(
            actor=actor,
            instance=risk,
            version=-1 if version is None else version,
            **create_chosen(actor=actor, fields=changes),
        )


def warn_of_partial_ratings(request: MemberRequest, form: RiskForm) -> None:
    for sentence in partial_ratings(form.cleaned_data, KINDS):
        messages.warning(request, sentence)


def show_form(
    request: MemberRequest,
    form: RiskForm,
    risk: Risk | None = None,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    matrix = matrix_of(request.membership.organization)
    inherent, *later = (
        RatingPicker(form, kind, matrix, str(RATING_TITLES[kind])) for kind in KINDS
    )
    forms = (form, context.get("plan"), context.get("copied"))
    if status == 200 and any(sent.errors for sent in forms if sent is not None):
        status = 400
    context = {"form": form, "risk": risk, "inherent": inherent, "later": later, **context}
    return render(request, "risks/risk/form.html", context, status=status)
