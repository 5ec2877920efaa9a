"""Create, edit and delete assets, and add and remove their dependencies."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from openrisk.accounts.models import Role
from openrisk.errors import StaleVersion
from openrisk.pages.confirmation import ask_first, is_cancelled
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, parse_version, refusal_sentence, status_of
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once, redirect_to_created
from risks.models import Asset, AssetDependency
from risks.pages.assets.detail import DEPENDENCIES, asset_address, find_asset, show_asset
from risks.pages.assets.forms import COLUMNS, DependencyForm, EditAssetForm
from risks.pages.workspace.deleted import offer_restore, register_address
from risks.services import catalogue, rows

register_address("risks.asset", lambda slug, asset: asset_address(slug, asset.pk))


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
@create_once
def new_asset(request: MemberRequest) -> HttpResponse:
    organization = request.membership.organization
    form = EditAssetForm(request.POST or None, organization=organization)
    status = 200
    if form.is_valid():
        fields = {name: form.cleaned_data[name] for name in COLUMNS}
        try:
            asset = rows.create(
                Asset, actor=request.membership.user, organization=organization, **fields
            )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
            status = status_of(refusal)
        else:
            messages.success(request, _("Asset “%(name)s” created.") % {"name": asset.name})
            return redirect_to_created("asset-page", request.organization_slug, asset.pk)
    context = {"form": form, "heading": _("New asset")}
    return show_form(request, form, status, context)


def show_form(
    request: MemberRequest, form: EditAssetForm, status: int, context: dict[str, Any]
) -> HttpResponse:
    status = 400 if form.errors and status == 200 else status
    return render(request, "risks/assets/form.html", context, status=status)


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
def edit_asset(request: MemberRequest, pk: UUID, part: str = "") -> HttpResponse:
    """Change all fields, or only the one that is called `part`."""
    if part and part not in COLUMNS:
        raise Http404
    asset = find_asset(request, pk)
    names: Sequence[str] = (part,) if part else COLUMNS
    form = EditAssetForm(
        request.POST or None, organization=asset.organization, instance=asset, names=names
    )
    form.keep_chosen()
    status: int = 200
    context: dict[str, Any] = {"form": form, "heading": asset.name, "asset": asset}
    if form.is_valid():
        changes = form.changes()
        try:
            if changes:
                catalogue.update_asset(
                    actor=request.membership.user,
                    instance=asset,
                    version=form.cleaned_data["version"],
                    **changes,
                )
        except StaleVersion:
            form.show_version(asset.version)
            status, context["differences"] = 409, form.differences()
        except REFUSALS as refusal:
            form.add_refusal(refusal)
            status = status_of(refusal)
        else:
            messages.success(request, _("Saved.") if changes else _("Nothing was changed."))
            return redirect(asset_address(request.organization_slug, asset.pk))
    return show_form(request, form, status, context)


@require_POST
@member_required(Role.MANAGER)
def delete_asset(request: MemberRequest, pk: UUID) -> HttpResponse:
    asset = find_asset(request, pk)
    if is_cancelled(request):
        return redirect(asset_address(request.organization_slug, asset.pk))
    if question := ask_first(
        request,
        _("Delete the asset “%(name)s”?") % {"name": asset.name},
        consequences_of_deletion(asset),
        _("Delete"),
    ):
        return render(request, "confirm.html", {"question": question})
    try:
        item = catalogue.delete_asset(
            actor=request.membership.user,
            instance=asset,
            version=parse_version(request.POST.get("version", "")),
        )
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
        return redirect(asset_address(request.organization_slug, asset.pk))
    offer_restore(request, item)
    return redirect("asset-list", request.organization_slug)


def consequences_of_deletion(asset: Asset) -> list[str]:
    risks, findings = asset.risk_links.count(), asset.findings.count()
    links = AssetDependency.objects.filter(Q(asset=asset) | Q(target=asset)).count()
    texts = (
        (
            ngettext(
                "%(count)s risk no longer threatens it, and its priority is computed without it.",
                "%(count)s risks no longer threaten it; their priority is computed without it.",
                risks,
            ),
            risks,
        ),
        (
            ngettext(
                "%(count)s finding stays, without an asset.",
                "%(count)s findings stay, without an asset.",
                findings,
            ),
            findings,
        ),
        (
            ngettext(
                "%(count)s dependency is deleted with it.",
                "%(count)s dependencies are deleted with it.",
                links,
            ),
            links,
        ),
    )
    return [
        *(text % {"count": f"{count:,}"} for text, count in texts if count),
        _("It can be restored for 90 days, with all of these."),
    ]


# --- Dependencies


@form_on("asset-page", "pk", query="tab=dependencies")
@require_POST
@member_required(Role.ANALYST)
@create_once
def add_dependency(request: MemberRequest, pk: UUID) -> HttpResponse:
    asset = find_asset(request, pk)
    form = DependencyForm(asset.organization, request.POST)
    actor = request.membership.user
    if not form.is_valid():
        return show_asset(request, asset, form, 400)
    try:
        with transaction.atomic():
            other = form.cleaned_data["other"]
            form.cleaned_data["other"] = catalogue.create_if_new(actor=actor, row=other)
            catalogue.add_dependency(actor=actor, **form.as_fields(asset))
    except REFUSALS as refusal:
        form.add_refusal(refusal)
        return show_asset(request, asset, form, status_of(refusal))
    messages.success(request, _("The dependency is added."))
    return redirect_to_created(asset_address(request.organization_slug, asset.pk, DEPENDENCIES))


@require_POST
@member_required(Role.ANALYST)
def remove_dependency(request: MemberRequest, pk: UUID, dependency: UUID) -> HttpResponse:
    asset = find_asset(request, pk)
    own = AssetDependency.objects.filter(Q(asset=asset) | Q(target=asset))
    row = get_object_or_404(own.select_related("asset", "target"), pk=dependency)
    text = _("Removed: %s.") % row
    catalogue.remove_dependency(actor=request.membership.user, dependency=row)
    messages.success(request, text)
    return redirect(asset_address(request.organization_slug, asset.pk, DEPENDENCIES))
