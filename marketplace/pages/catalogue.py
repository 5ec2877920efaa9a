"""The catalogue, the page of a connector, and that of a pack."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from marketplace.api.pack_views import list_packs
from marketplace.connectors.base import Capability, ConnectorCategory
from marketplace.installations import catalogue, lifecycle
from marketplace.models import InstalledApp, InstalledPack, PackChange, Review
from marketplace.packs import installation
from marketplace.packs.archive import Pack, shipped_packs
from marketplace.packs.errors import BadPack
from marketplace.pages.counts import describe_counts
from marketplace.pages.forms import InstallForm, PackForm
from marketplace.registry import available_connectors
from openrisk.accounts.models import Role
from openrisk.pages.confirmation import ask_first, is_cancelled
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, refusal_sentence, status_of
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once, redirect_to_created

CAPABILITY_LABELS = {
    "risk_import": "Imports risks",
    "finding_import": "Imports findings",
    "control_import": "Imports controls",
    "risk_export": "Exports risks",
    "notification": "Sends messages",
}


@require_safe
@member_required(Role.VIEWER)
def catalogue_page(request: MemberRequest) -> HttpResponse:
    return render_catalogue(request, PackForm())


def render_catalogue(
    request: MemberRequest, pack_form: PackForm, status: int = 200
) -> HttpResponse:
    organization = request.membership.organization
    filters = {name: request.GET.get(name, "") for name in ("category", "capability", "search")}
    rows = catalogue.list_connectors(organization)
    matching = {connector.slug for connector in catalogue.filter_connectors(**filters)}
    context = {
        "asked": filters,
        "connectors": [add_capability_labels(row) for row in rows if row["slug"] in matching],
        "total": len(rows),
        "categories": count_facet(rows, "category", ConnectorCategory),
        "capabilities": count_facet(rows, "capabilities", Capability),
        "apps": InstalledApp.objects.for_organization(organization).installed(),
        "packs": list_packs(organization),
        "pack_form": pack_form,
    }
    return render(request, "marketplace/catalogue.html", context, status=status)


def add_capability_labels(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"words": [CAPABILITY_LABELS[name] for name in row["capabilities"]]}


def count_facet(rows: list[dict[str, Any]], name: str, kind: Any) -> list[tuple[str, str, int]]:
    """Each value that occurs, with its label and its number of rows."""
    values = (row[name] if isinstance(row[name], list) else [row[name]] for row in rows)
    counts = Counter(value for row_values in values for value in row_values)
    labels = {
        item.value: CAPABILITY_LABELS.get(item.value, item.value.capitalize()) for item in kind
    }
    return [(value, label, counts[value]) for value, label in labels.items() if counts[value]]


@form_on()
@member_required(Role.VIEWER)
@create_once
def connector_page(request: MemberRequest, slug: str) -> HttpResponse:
    connector = available_connectors().get(slug)
    if connector is None:
        raise Http404
    organization = request.membership.organization
    form = InstallForm(request.POST or None, initial={"name": connector.name})
    if request.method == "POST" and request.membership.has_role(Role.ADMIN) and form.is_valid():
        try:
            app = lifecycle.install_app(
                actor=request.membership.user,
                organization=organization,
                connector=slug,
                name=form.cleaned_data["name"],
            )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return redirect_to_created("app", request.organization_slug, app.pk)
    context = {
        "connector": add_capability_labels(catalogue.describe_connector(organization, connector)),
        "paragraphs": connector.documentation.split("\n\n"),
        "apps": InstalledApp.objects.for_organization(organization)
        .installed()
        .filter(connector=slug),
        "reviews": Review.objects.for_organization(organization).filter(connector=slug),
        "form": form,
    }
    status = 400 if form.errors else 200
    return render(request, "marketplace/connector.html", context, status=status)


# --- Packs ----------------------------------------------------------------------------------------
@require_safe
@member_required(Role.VIEWER)
def pack_page(request: MemberRequest, pack: str) -> HttpResponse:
    row = next((r for r in list_packs(request.membership.organization) if r["pack"] == pack), None)
    if row is None:
        raise Http404
    installed = InstalledPack.objects.filter(pk=row["id"]).first()
    available = shipped_packs().get(pack)
    changes = PackChange.objects.filter(installed=installed).select_related("import_run", "actor")
    context = {
        "pack": row,
        "about": available.manifest if available else installed,
        "holds": list_pack_contents(available),
        "changes": changes[:20],
        "drafts": installation.count_drafts(request.membership.organization, pack),
        "content": describe_counts(installation.count_content(installed)) if installed else "",
        "can_roll_back": installed is not None and installation.applied_changes(installed).exists(),
        "matrices": installation.list_matrices(installed) if installed and row["installed"] else [],
    }
    return render(request, "marketplace/pack.html", context)


def list_pack_contents(pack: Pack | None) -> list[tuple[str, list[str]]]:
    """The names of the contents by kind, as people will find them in the register."""
    names = {"risks": "title", "matrices": "name", "controls": "title", "boards": "name"}
    return [
        (kind, [f"{part[names[kind]]}" for part in value[kind]])
        for _name, value in (pack.contents if pack else [])
        for kind in names
        if kind in value
    ]


@form_on("marketplace")
@require_POST
@member_required(Role.ADMIN)
@create_once
def pack_preview(request: MemberRequest) -> HttpResponse:
    """Preview a shipped or an uploaded pack; its page lets people apply the change."""
    name = request.POST.get("pack", "")
    form = PackForm(request.POST, request.FILES)
    if not name and not form.is_valid():
        return render_catalogue(request, form, 400)
    try:
        pack = (
            installation.shipped_pack(name)
            if name
            else installation.open_uploaded_pack(form.cleaned_data["file"])
        )
        change = installation.preview_pack(
            actor=request.membership.user,
            organization=request.membership.organization,
            pack=pack,
            allow_unsigned=bool(request.POST.get("allow_unsigned")),
        )
    except (BadPack, *REFUSALS) as refusal:
        if not name:
            form.add_refusal(refusal)
            return render_catalogue(request, form, status_of(refusal))
        messages.error(request, refusal_sentence(refusal))
        return redirect("marketplace", request.organization_slug)
    return redirect_to_created("pack-change", request.organization_slug, change.pk)


@form_on("pack", "pack")
@require_POST
@member_required(Role.ADMIN)
def pack_step(request: MemberRequest, pack: str) -> HttpResponse:
    mine = InstalledPack.objects.for_organization(request.membership.organization)
    installed = mine.filter(pack=pack).first()
    if installed is None:
        raise Http404
    page = redirect("pack", request.organization_slug, pack)
    if is_cancelled(request):
        return page
    step, matrix = request.POST.get("step", ""), request.POST.get("matrix", "")
    steps: dict[str, tuple[str, list[str], Callable[..., Any], str]] = {
        "roll-back": (
            "Roll back",
            [installation.ROLL_BACK_WARNING, *describe_content(installed)],
            installation.roll_back_pack,
            "Rolled back.",
        ),
        "uninstall": (
            "Uninstall",
            [installation.UNINSTALL_WARNING, *describe_content(installed)],
            installation.uninstall_pack,
            "Uninstalled. Its content stays; Roll back removes it.",
        ),
        "matrix": (
            "Use this matrix",
            ["The level of every risk is set again by this matrix, at once."],
            partial(installation.use_matrix, matrix=matrix),
            "The level of every risk is set by this matrix now.",
        ),
    }
    if step not in steps:
        return page
    button, consequences, action, message = steps[step]
    question = ask_first(request, f"{button}: {installed.name}?", consequences, button)
    if question:
        return render(request, "confirm.html", {"question": question})
    try:
        action(actor=request.membership.user, installed=installed)
        messages.success(request, message)
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
    return page


def describe_content(installed: InstalledPack) -> list[str]:
    content = describe_counts(installation.count_content(installed))
    return [f"In the register: {content}."] if content else []
