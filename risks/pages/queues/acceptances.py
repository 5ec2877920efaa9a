"""All acceptances as a list; the requester corrects or withdraws a request."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from openrisk.accounts.models import Role
from openrisk.errors import StaleVersion
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, refusal_sentence
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once, redirect_to_created
from risks.api.filters import AcceptanceFilterSet
from risks.models import Acceptance, AcceptanceStatus
from risks.pages.listing import ListHead, RowListing
from risks.pages.queues.forms import CorrectionForm, DecisionForm
from risks.pages.risk.tabs import TREATMENT, tab_address
from risks.querysets import DUE_SOON, person_label
from risks.services import acceptances as services

ROW_FIELDS = (
    "pk",
    "status",
    "justification",
    "requester",
    "expires_at",
    "created_at",
    "decided_at",
    "decision_comment",
    "risk__reference",
    "risk__title",
    "risk__current_level",
    "risk__current_score",
)


class AcceptanceListing(RowListing):
    route = "acceptances"
    filterset = AcceptanceFilterSet
    orders = {"created_at": F("created_at"), "expires_at": F("expires_at")}
    default_order = "-created_at"
    columns = (
        ListHead(gettext_lazy("Risk")),
        ListHead(gettext_lazy("Level"), kind="wide-only"),
        ListHead(gettext_lazy("Status")),
        ListHead(gettext_lazy("Requested by"), "created_at", True, kind="wide-only"),
        ListHead(gettext_lazy("Until"), "expires_at"),
    )
    labels = {
        "status": gettext_lazy("Status"),
        "status__in": gettext_lazy("Status"),
        "requester": gettext_lazy("Requested by"),
        "expires_at__lte": gettext_lazy("Ends before"),
    }

    def base_rows(self) -> Any:
        return Acceptance.objects.for_organization(self.organization)

    def load_page(self, ordered: Any) -> list[Any]:
        rows = ordered.values(
            *ROW_FIELDS,
            requester_label=person_label("requester"),
            approver_label=person_label("approver"),
        )
        soon = timezone.now() + DUE_SOON
        return [
            {**row, "ends_soon": row["status"] == "approved" and row["expires_at"] <= soon}
            for row in rows
        ]

    def filter_value(self, name: str, value: str) -> str:
        labels = dict(AcceptanceStatus.choices)
        if name in ("status", "status__in"):
            return ", ".join(str(labels.get(part, part)) for part in value.split(","))
        if name == "requester":
            return dict(self.member_choices).get(value, value)
        if name == "expires_at__lte" and (moment := self.cleaned.get(name)):
            return date_format(moment)
        return value

    def shortcuts(self, person: Any) -> list[dict[str, Any]]:
        """Return the states that people look for, each as an address."""
        soon = (timezone.now() + DUE_SOON).date() + timedelta(days=1)
        queries: list[tuple[str, dict[str, str]]] = [
            (_("Requested"), {"status": "requested"}),
            (_("In force"), {"status": "approved"}),
            (_("Ending soon"), {"status": "approved", "expires_at__lte": f"{soon}T00:00:00Z"}),
            (_("Ended"), {"status__in": "expired,revoked,withdrawn"}),
            (_("Rejected"), {"status": "rejected"}),
            (_("My requests"), {"requester": str(person.pk)}),
            (_("All"), {}),
        ]
        return self.shortcuts_to(queries)


@require_safe
@member_required(Role.VIEWER)
def acceptance_list(request: MemberRequest) -> HttpResponse:
    listing = AcceptanceListing(request.membership.organization, request.GET.dict())
    context = {
        "listing": listing,
        "shortcuts": listing.shortcuts(request.membership.user),
        "may_decide": request.membership.has_role(Role.MANAGER),
        "me": request.membership.user.pk,
    }
    status = 400 if listing.problems else 200
    return render(request, "risks/queues/acceptances.html", context, status=status)


def find_acceptance(request: MemberRequest, pk: UUID) -> Acceptance:
    acceptances = Acceptance.objects.for_organization(request.membership.organization)
    acceptance: Acceptance = get_object_or_404(acceptances.select_related("risk"), pk=pk)
    acceptance.organization = request.membership.organization
    return acceptance


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
def correct_acceptance(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Correct one's own request, field by field beside what someone else may have changed."""
    acceptance = find_acceptance(request, pk)
    form = CorrectionForm(acceptance, request.POST or None)
    form.keep_chosen()
    context: dict[str, Any] = {"form": form, "acceptance": acceptance, "risk": acceptance.risk}
    status = 200
    if form.is_valid():
        changes = form.changes()
        try:
            if changes:
                services.correct_acceptance(
                    actor=request.membership.user,
                    instance=acceptance,
                    version=form.cleaned_data["version"],
                    **changes,
                )
        except StaleVersion:
            acceptance.refresh_from_db()
            form.show_version(acceptance.version)
            status, context["differences"] = 409, form.differences()
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, _("Saved.") if changes else _("Nothing was changed."))
            return redirect(treatment_of(request, acceptance))
    if form.errors and status == 200:
        status = 400
    context["is_own"] = acceptance.requester_id == request.membership.user.pk
    return render(request, "risks/queues/correct.html", context, status=status)


@require_POST
@member_required(Role.ANALYST)
@create_once
def withdraw_acceptance(request: MemberRequest, pk: UUID) -> HttpResponse:
    acceptance = find_acceptance(request, pk)
    form = DecisionForm(acceptance.version, None, request.POST)
    form.full_clean()
    try:
        services.withdraw_acceptance(
            actor=request.membership.user,
            acceptance=acceptance,
            comment=form.cleaned_data.get("comment", ""),
            version=form.cleaned_data["version"],
        )
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
        return redirect("acceptance-correct", request.organization_slug, acceptance.pk)
    messages.success(request, _("Your request is withdrawn."))
    return redirect_to_created(treatment_of(request, acceptance))


def treatment_of(request: MemberRequest, acceptance: Acceptance) -> str:
    """Return the address of the risk's page, where its acceptances are."""
    return tab_address(request.organization_slug, acceptance.risk.reference, TREATMENT)
