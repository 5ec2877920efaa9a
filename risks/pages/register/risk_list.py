"""The list of risks as a page, as the table alone for htmx, and as a file."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from openrisk.accounts.models import Membership, Organization, Role, User
from openrisk.caching.decorators import get_or_compute
from openrisk.caching.principals import principal_of
from openrisk.pages.guards import MemberRequest, member_required
from risks.api.views.exports import RiskExportViewSet
from risks.models import Asset, Category, Risk, RiskAsset, RiskControl, RiskTag, ScoreChange
from risks.pages.register.filter_form import FilterForm
from risks.pages.register.listing import Listing

# A list with a filter that reads other models is computed each time.
READS = (Risk, ScoreChange, Category, RiskTag, RiskAsset, RiskControl, Asset, Membership, User)


@require_safe
@member_required(Role.VIEWER)
@vary_on_headers("HX-Request", "HX-Target")
def risk_list(request: MemberRequest) -> HttpResponse:
    membership, query = request.membership, request.GET.dict()
    may_write = membership.has_role(Role.ANALYST)
    swaps = request.htmx.target == "register" and not request.htmx.history_restore_request
    template = "risks/register/_swap.html" if swaps else "risks/register/_list.html"

    def compute() -> dict[str, Any]:
        return render_list(template, membership.organization, query, may_write=may_write)

    # A caller whom the cache cannot identify exactly shares no result with others.
    if principal_of(request) is None:
        rendered = compute()
    else:
        slug, filters = membership.organization.slug, sorted(query.items())
        rendered = get_or_compute(
            f"risk list {slug} {template} {may_write} {filters}",
            compute,
            reads=READS,
            organization_id=membership.organization.pk,
            ttl=settings.CACHE_TTL_RISKS,
            clock="minute",  # a review becomes overdue
        )
    html = SafeString(rendered["html"])  # a template has escaped it; the cache stores plain text
    if not swaps:
        return render(
            request, "risks/register/list.html", {"html": html}, status=rendered["status"]
        )
    response = HttpResponse(html, status=rendered["status"])
    response["HX-Push-Url"] = rendered["url"]  # without the fields that were left empty
    return response


def render_list(
    template: str, organization: Organization, query: dict[str, str], *, may_write: bool
) -> dict[str, Any]:
    """Render the list, the same for all members with this right, with its status and address."""
    listing = Listing(organization, query)
    form = FilterForm(listing)
    context = {
        "listing": listing,
        "form": form,
        "other_filters": {  # that the form has no field for
            name: value
            for name, value in listing.filters.items()
            if name in listing.cleaned and name not in form.fields
        },
        "may_write": may_write,
        "organization": organization.slug,
    }
    return {
        "html": render_to_string(template, context),
        "status": 400 if listing.problems else 200,
        "url": listing.url,
    }


@require_safe
@member_required(Role.VIEWER)
def export_risks(request: MemberRequest) -> HttpResponseBase:
    """Return the file of the API, at an address that a browser opens without headers."""
    return RiskExportViewSet.as_view({"get": "list"})(request)
