"""Changing one part of a risk from its cell in the list, or without a script on a small page."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from openrisk.accounts.models import Role
from openrisk.errors import StaleVersion
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS
from openrisk.pages.guards import MemberRequest, member_required
from risks.custom_fields.definitions import field_of
from risks.custom_fields.services import fields_of
from risks.fields import FIELD
from risks.models import Risk
from risks.pages.register.cells import build_cells, row_words
from risks.pages.register.dialogs import render_dialog
from risks.pages.register.listing import Listing
from risks.pages.register.query import ListQuery, list_address
from risks.pages.risk.detail import find_risk
from risks.pages.risk.forms import RiskForm
from risks.pages.widgets import RatingPicker
from risks.scoring import KINDS
from risks.services import risks as services
from risks.services.matrix import matrix_of

FIELDS = ("owner", "assignee", "reviewer", "category", "treatment", "tags", "next_review_at")
# "rating" is that of the current score: residual where it is assessed, else inherent.
FROM_RISK = "from-risk"  # a parameter of the address
PARTS = (*FIELDS, "rating", *KINDS)


class QuickEditForm(RiskForm):
    """The form of a risk with some of its fields only."""

    def __init__(self, data: Any, risk: Risk, names: Sequence[str]) -> None:
        matrix = matrix_of(risk.organization)
        super().__init__(data, organization=risk.organization, matrix=matrix, instance=risk)
        self.fields = {
            name: field for name, field in self.fields.items() if name in (*names, "version")
        }
        first: Any = self.fields[names[0]]
        first.widget.attrs["autofocus"] = True


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
def edit_part(request: MemberRequest, number: int, part: str) -> HttpResponse:
    own = field_of(fields_of(request.membership.organization), part)
    if part not in PARTS and (own is None or own.is_retired):
        raise Http404
    risk = find_risk(request, number)
    if request.htmx and "row" in request.GET:
        return render_row(request, risk)
    kind = rating_kind(risk, part)
    names = (f"{kind}_likelihood", f"{kind}_impact") if kind else (part,)
    form = QuickEditForm(request.POST or None, risk, names)
    if form.is_valid():
        try:
            if changes := form.changes():
                version = form.cleaned_data["version"]
                services.update_risk(
                    actor=request.membership.user, instance=risk, version=version, **changes
                )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
            if isinstance(refusal, StaleVersion):
                form.show_version(risk.version)
        else:
            return answer_saved(request, risk, in_dialog=bool(kind))
    context: dict[str, Any] = {
        "form": form,
        "risk": risk,
        "part": part,
        "field": form[names[0]],
        "picker": RatingPicker(form, kind, matrix_of(risk.organization)) if kind else None,
        "title": own.label if own else _("Rating") if kind else FIELD[part].title,
        "query": request.GET.urlencode(),
        "back": address_to_return_to(request, risk),
    }
    # htmx shows the answer to a refused form only where it is a 400.
    status = 400 if form.errors else 200
    if request.htmx and not kind:
        return render(request, "risks/register/_quick_edit.html", context, status=status)
    return render_dialog(request, "risks/register/quick_edit.html", context, status)


def address_to_return_to(request: MemberRequest, risk: Risk) -> str:
    """Return the page of the risk where the part was changed from there; else the list."""
    if request.GET.get(FROM_RISK):
        return reverse("risk-page", args=[request.organization_slug, risk.reference])
    return list_address(request.organization_slug, ListQuery.read(request.GET))


def rating_kind(risk: Risk, part: str) -> str:
    """Return the kind of rating that `part` is, or ""."""
    if part == "rating":
        return "residual" if risk.residual_score is not None else "inherent"
    return part if part in KINDS else ""


def answer_saved(request: MemberRequest, risk: Risk, *, in_dialog: bool) -> HttpResponse:
    """Answer with the row of the list as it is now, or lead back to the list."""
    if request.htmx:
        response = render_row(request, risk)
        row = f'tr[data-risk="{risk.reference}"]'
        response["HX-Retarget"] = row if in_dialog else "closest tr"
        response["HX-Reswap"] = "outerHTML"
        return response
    messages.success(request, _("%(reference)s saved.") % {"reference": risk.reference})
    return redirect(address_to_return_to(request, risk))


def render_row(request: MemberRequest, risk: Risk) -> HttpResponse:
    query = ListQuery.read(request.GET)
    listing = Listing(risk.organization, ListQuery({"columns": query.get("columns")}))
    rows = listing.load_rows(Risk.objects.filter(pk=risk.pk), 0, 1)
    build_cells(listing.columns, rows)
    listing.query = query.changed(row=None, page=query.get("page") or None)  # for its links
    context = {
        "row": rows[0],
        "listing": listing,
        "may_write": True,
        "words": row_words(),
    }
    return render(request, "risks/register/_row.html", context)
