"""The page of an asset: what each tab shows."""

from typing import Any
from uuid import UUID

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from openrisk.accounts.members.memberships import member_ids
from openrisk.accounts.models import Role
from openrisk.pages.guards import MemberRequest, member_required
from risks.history.entries import load_history
from risks.history.sentences import Subject
from risks.models import Asset, Finding, FindingState, Risk, Severity
from risks.pages.assets.forms import DependencyForm
from risks.pages.assets.graph import MOST_ASSETS, MOST_HOPS, USUAL_HOPS, load_graph
from risks.pages.risk.tabs import PageTab
from risks.querysets import RISK_ORDERS

OVERVIEW, DEPENDENCIES, ACTIVITY = "overview", "dependencies", "activity"
TABS = {
    OVERVIEW: gettext_lazy("Overview"),
    DEPENDENCIES: gettext_lazy("Dependencies"),
    ACTIVITY: gettext_lazy("Activity"),
}
RISKS_ON_PAGE = FINDINGS_ON_PAGE = 10
MOST_LISTED = 100  # dependencies of the asset in each direction
RISK_FIELDS = ("reference", "title", "status", "current_level", "current_score")
FINDING_FIELDS = ("pk", "rule", "title", "severity", "state")


@require_safe
@member_required(Role.VIEWER)
def asset_page(request: MemberRequest, pk: UUID) -> HttpResponse:
    return show_asset(request, find_asset(request, pk))


def find_asset(request: MemberRequest, pk: UUID) -> Asset:
    """Return an asset of the member's organization, or 404."""
    organization = request.membership.organization
    assets = Asset.objects.for_organization(organization).select_related("owner")
    asset: Asset = get_object_or_404(assets, pk=pk)
    asset.organization = organization
    return asset


def asset_address(organization: str, pk: UUID, tab: str = OVERVIEW) -> str:
    query = {} if tab == OVERVIEW else {"tab": tab}
    return reverse("asset-page", args=[organization, pk], query=query)


def show_asset(
    request: MemberRequest,
    asset: Asset,
    form: DependencyForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show the page; a form that was refused is on the tab of the dependencies."""
    tab = DEPENDENCIES if form else request.GET.get("tab", "")
    tab = tab if tab in TABS else OVERVIEW
    contents = {OVERVIEW: load_overview, ACTIVITY: load_activity}
    context = {
        "asset": asset,
        "tab": tab,
        "tabs": [
            PageTab(
                name, label, asset_address(request.organization_slug, asset.pk, name), name == tab
            )
            for name, label in TABS.items()
        ],
        "may_write": request.membership.has_role(Role.ANALYST),
        "may_decide": request.membership.has_role(Role.MANAGER),
        "owner_has_left": bool(
            asset.owner_id
            and asset.owner_id not in member_ids(asset.organization, {asset.owner_id})
        ),
        **(
            load_dependencies(request, asset, form)
            if tab == DEPENDENCIES
            else contents[tab](request, asset)
        ),
    }
    return render(request, "risks/assets/asset.html", context, status=status)


def load_overview(request: MemberRequest, asset: Asset) -> dict[str, Any]:
    """Return the highest risks and the most severe open findings, with the numbers of all."""
    risks = Risk.objects.for_organization(asset.organization).filter(asset_links__asset=asset)
    highest = risks.annotate(_order=RISK_ORDERS["current_score"]).order_by("-_order", "-id")
    opened = Finding.objects.filter(asset=asset, state=FindingState.OPEN)
    counts = dict(opened.order_by().values_list("severity").annotate(Count("pk")))
    severities = [str(value) for value in reversed(Severity.values)]
    return {
        "risks": list(highest.values(*RISK_FIELDS)[:RISKS_ON_PAGE]),
        "risk_count": risks.order_by().count(),
        "severity_counts": [
            (severity, Severity(severity).label, counts[severity])
            for severity in severities
            if severity in counts
        ],
        "finding_count": sum(counts.values()),
        "findings": first_findings(opened, [s for s in severities if s in counts]),
        "findings_url": reverse(
            "finding-list", args=[request.organization_slug], query={"asset": asset.pk}
        ),
    }


def first_findings(opened: Any, severities: list[str]) -> list[dict[str, Any]]:
    """Return the first findings, the most severe ones first."""
    rows: list[dict[str, Any]] = []
    for severity in severities:
        if len(rows) >= FINDINGS_ON_PAGE:
            break
        own = opened.filter(severity=severity).order_by("-last_seen_at", "-id")
        rows += own.values(*FINDING_FIELDS)[: FINDINGS_ON_PAGE - len(rows)]
    return rows


def load_dependencies(
    request: MemberRequest, asset: Asset, form: DependencyForm | None = None
) -> dict[str, Any]:
    text = request.GET.get("hops", "")
    hops = int(text) if text.isascii() and text.isdigit() and len(text) == 1 else USUAL_HOPS
    hops = min(max(hops, 1), MOST_HOPS)
    needed = asset.dependencies.select_related("target").order_by("target__name", "id")
    needing = asset.dependents.select_related("asset").order_by("asset__name", "id")
    address = asset_address(request.organization_slug, asset.pk, DEPENDENCIES)
    return {
        "graph": load_graph(asset, hops),
        "hops": hops,
        "hop_links": [
            (number, f"{address}&hops={number}#graph", number == hops)
            for number in range(1, MOST_HOPS + 1)
        ],
        "most_assets": MOST_ASSETS,
        "needed": [(row, row.target, row.get_kind_display()) for row in needed[:MOST_LISTED]],
        "needing": [(row, row.asset, row.get_kind_display()) for row in needing[:MOST_LISTED]],
        "dependency_form": form or DependencyForm(asset.organization),
    }


def load_activity(request: MemberRequest, asset: Asset) -> dict[str, Any]:
    text = request.GET.get("before", "")
    before = int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
    subjects = {asset.pk: Subject(_("the asset"), is_main=True)}
    page = load_history(subjects, before, known=[asset, request.membership.user])
    address = asset_address(request.organization_slug, asset.pk, ACTIVITY)
    return {
        "entries": page.entries,
        "older_url": f"{address}&before={page.older}" if page.older is not None else "",
    }
