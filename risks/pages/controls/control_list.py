"""The list of controls, as a tree."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from openrisk.accounts.models import Membership, Role, User
from openrisk.pages.guards import MemberRequest, member_required
from risks.models import Attachment, AttachmentLink, Control, ControlStatus, Framework, RiskControl
from risks.pages.controls.listing import EVIDENCE, HAS_RISKS, ControlListing, as_id
from risks.pages.listing import ANY
from risks.pages.reuse import reuse_or_compute
from risks.pages.widgets import FastSelect

READS = (Control, Framework, AttachmentLink, Attachment, RiskControl, Membership, User)


class ControlFilterForm(forms.Form):
    """The filters above the tree, filled with those of `listing`, which has checked them."""

    search = forms.CharField(
        label=gettext_lazy("Search"),
        max_length=200,
        widget=forms.TextInput({"type": "search", "placeholder": gettext_lazy("Words or A.5.1")}),
    )
    framework = forms.ChoiceField(label=gettext_lazy("Framework"), widget=FastSelect)
    status = forms.ChoiceField(
        label=gettext_lazy("Status"), choices=[ANY, *ControlStatus.choices], widget=FastSelect
    )
    owner = forms.ChoiceField(label=gettext_lazy("Owner"), widget=FastSelect)
    evidence = forms.ChoiceField(
        label=gettext_lazy("Evidence"), choices=[ANY, *EVIDENCE.items()], widget=FastSelect
    )
    has_risks = forms.ChoiceField(
        label=gettext_lazy("Risks"), choices=[ANY, *HAS_RISKS.items()], widget=FastSelect
    )

    use_required_attribute = False

    def __init__(self, listing: ControlListing) -> None:
        initial = {"search": listing.search, **listing.filters}
        super().__init__(initial=initial, auto_id="filter-%s")
        for name in ("framework", "owner"):
            field: Any = self.fields[name]
            field.choices = [ANY, *listing.choices[name]]


@require_safe
@member_required(Role.VIEWER)
def control_list(request: MemberRequest) -> HttpResponse:
    rendered = render_or_reuse(request, request.GET.dict())
    context = {
        "html": SafeString(rendered["html"]),  # a template has escaped it
        "shortcuts": shortcuts_for(request),
        "framework": chosen_framework(request),
        "may_write": request.membership.has_role(Role.ANALYST),
        "may_decide": request.membership.has_role(Role.MANAGER),
    }
    return render(request, "risks/controls/list.html", context, status=rendered["status"])


def chosen_framework(request: MemberRequest) -> Framework | None:
    """Return the framework that the list is filtered by."""
    pk = as_id(request.GET.get("framework", ""))
    frameworks = Framework.objects.for_organization(request.membership.organization)
    found: Framework | None = frameworks.filter(pk=pk).first() if pk else None
    return found


def shortcuts_for(request: MemberRequest) -> list[tuple[str, str, bool]]:
    """Return label and query of what people look for most, and whether the list shows it."""
    queries = (
        (_("Mine"), f"owner={request.membership.user_id}"),
        (_("Without owner"), "owner__isnull=true"),
        (str(EVIDENCE["none"]), "evidence=none"),
        (str(EVIDENCE["expired"]), "evidence=expired"),
        (str(EVIDENCE["soon"]), "evidence=soon"),
        (str(HAS_RISKS["false"]), "has_risks=false"),
    )
    current = request.GET.urlencode()
    return [(label, query, query == current) for label, query in queries]


def render_or_reuse(request: MemberRequest, query: dict[str, str]) -> dict[str, Any]:
    """Return the rendered tree, kept for members with the same rights while it is unchanged."""
    membership = request.membership
    rights = {
        "may_write": membership.has_role(Role.ANALYST),
        "may_decide": membership.has_role(Role.MANAGER),
    }

    def compute() -> dict[str, Any]:
        return render_tree(membership, query, rights)

    return reuse_or_compute(
        request,
        f"control list {rights} {sorted(query.items())}",
        compute,
        reads=READS,
        clock="day",  # evidence expires
    )


def render_tree(
    membership: Membership, query: dict[str, str], rights: dict[str, bool]
) -> dict[str, Any]:
    listing = ControlListing(membership.organization, query)
    form = ControlFilterForm(listing)
    context = {
        "listing": listing,
        "form": form,
        "other_filters": listing.filters_beside(form),
        "organization": membership.organization.slug,
        **rights,
    }
    html = render_to_string("risks/controls/_list.html", context)
    return {"html": str(html), "status": 400 if listing.problems else 200}
