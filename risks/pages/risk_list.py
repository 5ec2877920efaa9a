"""The list of risks, of which htmx asks for the table alone, and the same as a file."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from openrisk.accounts.models import Membership, Organization, Role, User
from openrisk.caching.decorators import get_or_compute
from openrisk.caching.principals import principal_of
from openrisk.pages.guards import MemberRequest, member_required
from risks.api.views.exports import RiskExportViewSet
from risks.models import Asset, Category, Risk, RiskAsset, RiskControl, RiskTag, ScoreChange
from risks.pages.forms import FilterForm
from risks.pages.listing import Listing

# A list that is filtered by anything else is made anew each time.
READS = (Risk, ScoreChange, Category, RiskTag, RiskAsset, RiskControl, Asset, Membership, User)


@require_safe
@member_required(Role.VIEWER)
@vary_on_headers("HX-Request", "HX-Target")
def risk_list(request: MemberRequest) -> HttpResponse:
    membership, query = request.membership, request.GET.dict()
    may_write = membership.has_role(Role.ANALYST)
    swaps = request.htmx.target == "register" and not request.htmx.history_restore_request
    template = "risks/_swap.html" if swaps else "risks/_list.html"

    def compute() -> dict[str, Any]:
        return _shown(template, membership.organization, query, may_write=may_write)

    # Where no stamp could be had for the caller, nobody waits for another one.
    exact = principal_of(request) is not None
    shown = _kept(f"{template} {may_write}", membership, query, compute) if exact else compute()
    if not swaps:
        return render(request, "risks/list.html", shown, status=shown["status"])
    response = HttpResponse(shown["html"], status=shown["status"])
    response["HX-Push-Url"] = shown["url"]  # without the fields that were left empty
    return response


@require_safe
@member_required(Role.VIEWER)
def export_risks(request: MemberRequest) -> HttpResponseBase:
    """The file of the API, at an address that a browser can open without headers."""
    return RiskExportViewSet.as_view({"get": "list"})(request)


def _kept(
    form: str, membership: Membership, query: dict[str, str], compute: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """What `compute` returns, made once for all who see the list in the same form."""
    organization = membership.organization
    kept: dict[str, Any] = get_or_compute(
        f"risk list {organization.slug} {form} {sorted(query.items())}",
        compute,
        reads=READS,
        organization_id=organization.pk,
        ttl=settings.CACHE_TTL_RISKS,
        clock="minute",  # a review is overdue
    )
    return kept


def _shown(
    template: str, organization: Organization, query: dict[str, str], *, may_write: bool
) -> dict[str, Any]:
    """What all members with the same rights are shown, and as which address and status."""
    listing = Listing(organization, query)
    form = FilterForm(listing)
    kept = {
        name: value
        for name, value in listing.filters.items()
        if name in listing.cleaned and name not in form.fields
    }
    context = {"listing": listing, "form": form, "kept": kept, "may_write": may_write}
    context["organization"] = organization.slug  # for links, as on any page
    return {
        "html": render_to_string(template, context),
        "status": 400 if listing.problems else 200,
        "url": listing.own_url,
    }
