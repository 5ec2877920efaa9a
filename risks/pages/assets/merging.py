"""Merging an asset that is there twice: choose both and what to keep, then look at the preview."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from openrisk.accounts.models import Organization, Role
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, PageForm, status_of
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once, redirect_to_created
from risks.models import Asset, BulkKind
from risks.pages.assets.forms import EditAssetForm
from risks.pages.widgets import RowsField
from risks.services.assets.merging import (
    BOTH,
    KEPT,
    LISTS,
    MERGED,
    describe_merge,
    differing_fields,
)
from risks.services.bulk_changes import lifecycle
from risks.services.bulk_changes.subjects import parse_id

LONGEST_VALUE = 300


class MergePairForm(PageForm):
    """The two assets."""

    keep = RowsField("assets", multiple=False, required=True, label=gettext_lazy("Stays"))
    merge = RowsField(
        "assets",
        multiple=False,
        required=True,
        label=gettext_lazy("Is merged into it"),
        help_text=gettext_lazy("The duplicate, which is deleted afterwards"),
    )

    def __init__(self, organization: Organization, data: Any = None, **initial: Any) -> None:
        super().__init__(data, initial=initial)
        for name in ("keep", "merge"):
            field: Any = self.fields[name]
            field.limit_to(organization)


@dataclass(frozen=True)
class MergedField:
    """A field in which the two differ, with its choices."""

    label: str
    field: Any
    kept: str
    merged: str


class MergeAssetsForm(PageForm):
    """The choice of a value for each field in which the two differ, and the reason."""

    comment = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=5000,
        widget=forms.Textarea({"rows": 2}),
        help_text=gettext_lazy("Shown in the history of both"),
    )

    def __init__(self, kept: Asset, merged: Asset, data: Any = None) -> None:
        super().__init__(data)
        self.kept, self.merged = kept, merged
        self.names = differing_fields(kept, merged)
        for name in self.names:
            text_kept, text_merged = shown_value(kept, name), shown_value(merged, name)
            choices = [
                (KEPT, text_kept or _("(empty)")),
                (MERGED, text_merged or _("(empty)")),
            ]
            if name in LISTS:
                choices.append((BOTH, _("Both lists")))
            empty = name != "name" and not text_kept
            self.fields[f"field-{name}"] = forms.ChoiceField(
                label=EditAssetForm.base_fields[name].label,
                choices=choices,
                widget=forms.RadioSelect,
                initial=BOTH if name in LISTS else MERGED if empty else KEPT,
            )

    @property
    def choices_of_fields(self) -> list[forms.BoundField]:
        return [self[f"field-{name}"] for name in self.names]

    def as_value(self) -> dict[str, Any]:
        """Return the value of the bulk change."""
        fields = {name: self.cleaned_data[f"field-{name}"] for name in self.names}
        return {"keep": str(self.kept.pk), "fields": fields}


def shown_value(asset: Asset, name: str) -> str:
    if name in ("type", "criticality"):
        return str(getattr(asset, f"get_{name}_display")())
    value = getattr(asset, name)
    text = ", ".join(value) if isinstance(value, list) else str(value or "")
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def find_pair(request: MemberRequest) -> tuple[Asset | None, Asset | None]:
    """Return the assets that the address names as `keep` and `merge`."""
    assets: Any = Asset.objects.for_organization(request.membership.organization)
    keys = [parse_id(request.GET.get(name, "")) for name in ("keep", "merge")]
    found = assets.select_related("owner").in_bulk([key for key in keys if key])
    by_key = {str(pk): asset for pk, asset in found.items()}
    for asset in by_key.values():
        asset.organization = request.membership.organization
    kept, merged = (by_key.get(key or "") for key in keys)
    return kept, merged if merged != kept else None


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
@create_once
def merge_page(request: MemberRequest) -> HttpResponse:
    """Ask for the two assets, then what to keep of them; the preview of the merge follows."""
    if chosen := request.POST.getlist("asset"):  # of the list
        return lead_to_pair(request, chosen)
    kept, merged = find_pair(request)
    if kept is None or merged is None:
        return ask_for_pair(request, kept)
    form = MergeAssetsForm(kept, merged, request.POST or None)
    status = 200
    if form.is_valid():
        try:
            change = lifecycle.preview_change(
                actor=request.membership.user,
                organization=kept.organization,
                kind=BulkKind.MERGE,
                value=form.as_value(),
                rows=Asset.objects.for_organization(kept.organization).filter(pk=merged.pk),
                comment=form.cleaned_data["comment"],
            )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
            status = status_of(refusal)
        else:
            return redirect_to_created("risk-change", request.organization_slug, change.pk)
    address = pair_address(request, merged.pk, kept.pk)
    context = {
        "form": form,
        "kept": kept,
        "merged": merged,
        "consequences": describe_merge(merged, kept),
        "swap_url": address,
    }
    status = 400 if form.errors and status == 200 else status
    return render(request, "risks/assets/merge.html", context, status=status)


def pair_address(request: MemberRequest, keep: Any, merge: Any) -> str:
    address = reverse("asset-merge", args=[request.organization_slug])
    return f"{address}?{urlencode({'keep': keep, 'merge': merge})}"


def lead_to_pair(request: MemberRequest, chosen: list[str]) -> HttpResponse:
    if len(chosen) != 2:
        messages.error(request, _("Select exactly two assets to merge them."))
        return redirect("asset-list", request.organization_slug)
    return redirect(pair_address(request, *chosen))


def ask_for_pair(request: MemberRequest, kept: Asset | None) -> HttpResponse:
    form = MergePairForm(
        request.membership.organization, request.POST or None, keep=[kept] if kept else None
    )
    if form.is_valid():
        keep, merge = form.cleaned_data["keep"], form.cleaned_data["merge"]
        if keep != merge:
            return redirect(pair_address(request, keep.pk, merge.pk))
        form.add_error("merge", _("Choose two different assets."))
    context = {"form": form, "kept": kept}
    status = 400 if form.errors else 200
    return render(request, "risks/assets/merge_pair.html", context, status=status)
