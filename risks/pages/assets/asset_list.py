"""The list of assets, and as files."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from openrisk.accounts.models import Membership, Role, User
from openrisk.caching.decorators import get_or_compute
from openrisk.caching.principals import principal_of
from openrisk.pages.guards import MemberRequest, member_required
from risks import exports
from risks.api.views.exports import csv_response, xlsx_response
from risks.models import Asset, AssetDependency, Finding, Risk, RiskAsset, ScoreChange
from risks.pages.assets.listing import AssetListing
from risks.pages.widgets import FastSelect
from risks.services.bulk_changes.kinds import DeleteAssetsKind

READS = (Asset, AssetDependency, Finding, Risk, RiskAsset, ScoreChange, Membership, User)
ANY = ("", gettext_lazy("Any"))


class AssetFilterForm(forms.Form):
    """The filters above the list, filled with those of `listing`, which has checked them."""

    search = forms.CharField(
        label=gettext_lazy("Search"),
        max_length=200,
        widget=forms.TextInput(
            {"type": "search", "placeholder": gettext_lazy("Name, description or external id")}
        ),
    )
    type = forms.ChoiceField(label=gettext_lazy("Type"), widget=FastSelect)
    criticality = forms.ChoiceField(label=gettext_lazy("Criticality"), widget=FastSelect)
    owner = forms.ChoiceField(label=gettext_lazy("Owner"), widget=FastSelect)
    has_risks = forms.ChoiceField(label=gettext_lazy("Risks"), widget=FastSelect)

    use_required_attribute = False

    def __init__(self, listing: AssetListing) -> None:
        initial = {"search": listing.search, **listing.filters}
        super().__init__(initial=initial, auto_id="filter-%s")
        for name, choices in listing.choices.items():
            field: Any = self.fields[name]
            field.choices = [ANY, *choices]


def read_query(request: MemberRequest) -> dict[str, str]:
    """Return the parameters of the address; ticked columns become one list."""
    query = request.GET.dict()
    if columns := [name for name in request.GET.getlist("columns") if name]:
        query["columns"] = ",".join(columns)
    return query


@require_safe
@member_required(Role.VIEWER)
def asset_list(request: MemberRequest) -> HttpResponse:
    rendered = render_or_reuse(request, read_query(request))
    context = {
        "html": SafeString(rendered["html"]),  # a template has escaped it
        "may_write": request.membership.has_role(Role.ANALYST),
        "may_decide": request.membership.has_role(Role.MANAGER),
        "me": str(request.membership.user_id),
    }
    return render(request, "risks/assets/list.html", context, status=rendered["status"])


def render_or_reuse(request: MemberRequest, query: dict[str, str]) -> dict[str, Any]:
    """Return the rendered list, kept for members with the same rights while it is unchanged."""
    membership = request.membership
    rights = {
        "may_write": membership.has_role(Role.ANALYST),
        "may_decide": membership.has_role(Role.MANAGER),
        "may_delete": membership.has_role(DeleteAssetsKind.role),
    }

    def compute() -> dict[str, Any]:
        return render_list(membership, query, rights)

    # For someone whom the cache cannot identify exactly, nothing is kept.
    if principal_of(request) is None:
        return compute()
    result: dict[str, Any] = get_or_compute(
        f"asset list {membership.organization.slug} {rights} {sorted(query.items())}",
        compute,
        reads=READS,
        organization_id=membership.organization_id,
        ttl=settings.CACHE_TTL_RISKS,
        clock="day",
    )
    return result


def render_list(
    membership: Membership, query: dict[str, str], rights: dict[str, bool]
) -> dict[str, Any]:
    listing = AssetListing(membership.organization, query)
    form = AssetFilterForm(listing)
    context = {
        "listing": listing,
        "form": form,
        "other_filters": {
            name: value
            for name, value in listing.filters.items()
            if name in listing.cleaned and name not in form.fields
        },
        "organization": membership.organization.slug,
        **rights,
    }
    html = render_to_string("risks/assets/_list.html", context)
    return {"html": str(html), "status": 400 if listing.problems else 200}


@require_safe
@member_required(Role.VIEWER)
def export_assets(request: MemberRequest) -> HttpResponseBase:
    """Return a file with the rows, the order and the columns of the list, of all its pages."""
    organization = request.membership.organization
    listing = AssetListing(organization, read_query(request))
    file_format = listing.shown.get("file_format", "csv")
    if file_format not in exports.MEDIA_TYPES:
        listing.problems.append(_("There is no such file. Choose CSV or XLSX."))
    if listing.problems:
        context = {"problems": listing.problems}
        return render(request, "risks/assets/no_file.html", context, status=400)
    name = f"assets-{organization.slug}-{timezone.now():%Y-%m-%d}.{file_format}"
    if file_format == "csv":
        return csv_response(exports.csv_text(listing.file_rows()), name)
    return xlsx_response(
        lambda file: exports.write_sheets({_("Assets"): listing.file_rows()}, file), name
    )
