"""All tags with the number of their risks. Renaming and removing them are bulk changes of risks."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Count, Min
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from openrisk.accounts.models import Organization, Role
from openrisk.caching.decorators import get_or_compute
from openrisk.pages.forms import REFUSALS, PageForm, status_of
from openrisk.pages.guards import MemberRequest, member_required, require_role
from openrisk.pages.submissions import create_once, redirect_to_created
from openrisk.text.names import name_key
from risks.models import BulkKind, Risk, RiskTag
from risks.services.bulk_changes import lifecycle

PAGE_SIZE = 100


class TagsForm(PageForm):
    """The chosen tags, and the name that is to replace them."""

    service_fields = {"value": "name"}
    tag = forms.MultipleChoiceField(label=gettext_lazy("Tags"), required=False)
    name = forms.CharField(label=gettext_lazy("New name"), max_length=50, required=False)

    def __init__(self, data: Any = None, names: Any = ()) -> None:
        super().__init__(data, auto_id="tags-%s")
        choices: Any = self.fields["tag"]
        choices.choices = [(name, name) for name in names]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not data.get("tag"):
            self.add_error("tag", _("Choose at least one tag."))
        elif self.data.get("step") != "remove" and not data.get("name"):
            self.add_error("name", _("Write the name that replaces the chosen tags."))
        return data


@require_http_methods(["GET", "POST"])
@member_required(Role.VIEWER)
@create_once
def tag_list(request: MemberRequest) -> HttpResponse:
    """List the tags. POST previews a change of all risks that have the chosen ones."""
    tags = count_tags(request.membership.organization)
    if request.method != "POST":
        return show(request, tags, TagsForm())
    require_role(request, Role.ANALYST)
    form = TagsForm(request.POST, [tag["name"] for tag in tags])
    if not form.is_valid():
        return show(request, tags, form, 400)
    chosen, name = form.cleaned_data["tag"], form.cleaned_data["name"]
    is_removal = request.POST.get("step") == "remove"
    organization = request.membership.organization
    links = RiskTag.objects.for_organization(organization)
    keys = [name_key(tag) for tag in chosen]
    try:
        change = lifecycle.preview_change(
            actor=request.membership.user,
            organization=organization,
            kind=BulkKind.REMOVE_TAGS if is_removal else BulkKind.REPLACE_TAGS,
            value=chosen if is_removal else {"tags": chosen, "name": name},
            rows=Risk.objects.for_organization(organization).filter(
                pk__in=links.filter(name_key__in=keys).order_by().values("risk")
            ),
        )
    except REFUSALS as refusal:
        form.add_refusal(refusal)
        return show(request, tags, form, status_of(refusal))
    return redirect_to_created("risk-change", request.organization_slug, change.pk)


def count_tags(organization: Organization) -> list[dict[str, Any]]:
    """Return the tags with the number of risks that have them; kept until a tag changes."""

    def count() -> list[dict[str, Any]]:
        links: Any = RiskTag.objects.for_organization(organization).order_by()
        counted = links.values("name_key").annotate(count=Count("pk"), name=Min("name"))
        return list(counted.order_by("name_key").values("name", "count"))

    tags: list[dict[str, Any]] = get_or_compute(
        f"tag counts {organization.slug}",
        count,
        reads=(RiskTag,),
        organization_id=organization.pk,
        ttl=settings.CACHE_TTL_RISKS,
    )
    return tags


def show(
    request: MemberRequest, tags: list[dict[str, Any]], form: TagsForm, status: int = 200
) -> HttpResponse:
    search = request.GET.get("search", "").strip()[:50]
    key = name_key(search)
    matching = [tag for tag in tags if key in name_key(tag["name"])] if key else tags
    if request.GET.get("order") == "count":
        matching = sorted(matching, key=lambda tag: -tag["count"])
    page = Paginator(matching, PAGE_SIZE).get_page(request.GET.get("page"))
    query = {name: request.GET[name] for name in ("search", "order") if request.GET.get(name)}
    chosen = set(request.POST.getlist("tag"))
    context = {
        "form": form,
        "page": page,
        "rows": [
            {
                **tag,
                "is_chosen": tag["name"] in chosen,
                "risks": "?" + urlencode({"tag": tag["name"]}),
            }
            for tag in page
        ],
        "total": len(tags),
        "search": search,
        "by_count": request.GET.get("order") == "count",
        "may_change": request.membership.has_role(Role.ANALYST),
        "previous_url": "?" + urlencode({**query, "page": page.number - 1})
        if page.has_previous()
        else "",
        "next_url": "?" + urlencode({**query, "page": page.number + 1}) if page.has_next() else "",
    }
    return render(request, "risks/settings/tags.html", context, status=status)
