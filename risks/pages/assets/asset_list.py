"""The list of assets, and as files."""

from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from openrisk.accounts.models import Membership, Role, User
from openrisk.pages.guards import MemberRequest, member_required
from risks.models import Asset, AssetDependency, Finding, Risk, RiskAsset, ScoreChange
from risks.pages.assets.listing import AssetListing
from risks.pages.list_files import send_file
from risks.pages.listing import ANY
from risks.pages.register.query import ListQuery
from risks.pages.reuse import reuse_or_compute
from risks.pages.widgets import FastSelect
from risks.services.bulk_changes.kinds import DeleteAssetsKind

READS = (Asset, AssetDependency, Finding, Risk, RiskAsset, ScoreChange, Membership, User)


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


@require_safe
@member_required(Role.VIEWER)
def asset_list(request: MemberRequest) -> HttpResponse:
    rendered = render_or_reuse(request, dict(ListQuery.read(request.GET).parameters))
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

    return reuse_or_compute(
        request,
        f"asset list {rights} {sorted(query.items())}",
        compute,
        reads=READS,
        clock="day",
    )


def render_list(
    membership: Membership, query: dict[str, str], rights: dict[str, bool]
) -> dict[str, Any]:
    listing = AssetListing(membership.organization, query)
    form = AssetFilterForm(listing)
    context = {
        "listing": listing,
        "form": form,
        "other_filters": listing.filters_beside(form),
        "organization": membership.organization.slug,
        **rights,
    }
    html = render_to_string("risks/assets/_list.html", context)
    return {"html": str(html), "status": 400 if listing.problems else 200}


@require_safe
@member_required(Role.VIEWER)
def export_assets(request: MemberRequest) -> HttpResponseBase:
    """Return a file with the rows, the order and the columns of the list, of all its pages."""
    query = dict(ListQuery.read(request.GET).parameters)
    file_format = query.pop("file_format", "csv")
    listing = AssetListing(request.membership.organization, query)
    return send_file(
        request,
        listing,
        listing.file_rows(),
        file_format=file_format,
        name="assets",
        title=_("Assets"),
    )
