"""Categories: list, create, edit, merge and delete them."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from openrisk.accounts.models import Organization, Role, User
from openrisk.caching.decorators import get_or_compute
from openrisk.errors import StaleVersion
from openrisk.limits import LONG_TEXT
from openrisk.pages.comparison import ComparedForm
from openrisk.pages.confirmation import ask_first, is_cancelled
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import (
    REFUSALS,
    PageForm,
    VersionField,
    parse_version,
    refusal_sentence,
    status_of,
)
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once, redirect_to_created
from risks.models import BulkKind, Category, Risk
from risks.pages.treatment.forms import members_or
from risks.pages.workspace.deleted import offer_restore
from risks.scoring import HIGHEST_SCORE
from risks.services import rows as services
from risks.services.bulk_changes import lifecycle

PAGE = "settings-categories"
COLUMNS = ("name", "description", "appetite")


class EditCategoryForm(ComparedForm, PageForm):
    """The fields of a category; `instance` is None for a new one."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    description = forms.CharField(
        label=gettext_lazy("Description"),
        required=False,
        max_length=LONG_TEXT,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
    )
    appetite = forms.IntegerField(
        label=gettext_lazy("Appetite"),
        required=False,
        min_value=1,
        max_value=HIGHEST_SCORE,
        help_text=gettext_lazy(
            "The highest current score that is acceptable here, at most the highest score of the "
            "matrix; empty for none set."
        ),
    )
    owner = forms.ModelChoiceField(
        User.objects.none(),
        label=gettext_lazy("Owner"),
        required=False,
        empty_label=gettext_lazy("No owner"),
        help_text=gettext_lazy("Answers for the appetite of this category."),
    )
    version = VersionField()

    def __init__(
        self, data: Any = None, *, organization: Organization, instance: Category | None = None
    ) -> None:
        super().__init__(data, initial=stored_fields(instance) if instance else {})
        owner: Any = self.fields["owner"]
        owner.queryset = members_or(organization.pk, instance.owner_id if instance else None)

    def changes(self) -> dict[str, Any]:
        """Return the fields that differ from the stored ones, as arguments of the services."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name != "version"}


def stored_fields(category: Category) -> dict[str, Any]:
    stored = {name: getattr(category, name) for name in (*COLUMNS, "version")}
    return {**stored, "owner": category.owner_id}


class MergeForm(PageForm):
    """The category that gets the risks of another one."""

    service_fields = {"value": "target"}
    target = forms.ModelChoiceField(
        Category.objects.none(),
        label=gettext_lazy("Move its risks to"),
        empty_label=gettext_lazy("— Select —"),
    )

    def __init__(self, category: Category, data: Any = None) -> None:
        super().__init__(data)
        others = Category.objects.for_organization(category.organization).exclude(pk=category.pk)
        field: Any = self.fields["target"]
        field.queryset = others


@require_safe
@member_required(Role.VIEWER)
def category_list(request: MemberRequest) -> HttpResponse:
    organization = request.membership.organization
    categories = Category.objects.for_organization(organization).select_related("owner")
    counts = count_risks(organization)
    context = {
        "rows": [(category, counts.get(str(category.pk), 0)) for category in categories],
        "without": counts.get("", 0),
        "may_change": request.membership.has_role(Role.MANAGER),
    }
    return render(request, "risks/settings/categories.html", context)


def count_risks(organization: Organization) -> dict[str, int]:
    """Return the number of risks by category id ("" for none), kept until a risk changes."""

    def count() -> dict[str, int]:
        risks = Risk.objects.for_organization(organization).order_by()
        counted = risks.values_list("category").annotate(count=Count("pk"))
        return {str(category or ""): number for category, number in counted}

    counts: dict[str, int] = get_or_compute(
        f"category counts {organization.slug}",
        count,
        reads=(Risk,),
        organization_id=organization.pk,
        ttl=settings.CACHE_TTL_RISKS,
    )
    return counts


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
@create_once
def new_category(request: MemberRequest) -> HttpResponse:
    organization = request.membership.organization
    form = EditCategoryForm(request.POST or None, organization=organization)
    status = 200
    if form.is_valid():
        try:
            category = services.create(
                Category,
                actor=request.membership.user,
                organization=organization,
                **form.changes(),
            )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
            status = status_of(refusal)
        else:
            messages.success(
                request, _("Category %(name)s created.") % {"name": f"“{category.name}”"}
            )
            return redirect_to_created(PAGE, request.organization_slug)
    context = {"form": form, "heading": _("New category")}
    status = 400 if form.errors and status == 200 else status
    return render(request, "risks/settings/category.html", context, status=status)


def find_category(request: MemberRequest, pk: UUID) -> Category:
    """Return a category of the member's organization, or 404."""
    organization = request.membership.organization
    category: Category = get_object_or_404(Category.objects.for_organization(organization), pk=pk)
    category.organization = organization
    return category


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def edit_category(request: MemberRequest, pk: UUID) -> HttpResponse:
    category = find_category(request, pk)
    organization = request.membership.organization
    form = EditCategoryForm(request.POST or None, organization=organization, instance=category)
    status = 200
    context: dict[str, Any] = {}
    if form.is_valid():
        changes = form.changes()
        try:
            if changes:
                services.update(
                    actor=request.membership.user,
                    instance=category,
                    version=form.cleaned_data["version"],
                    **changes,
                )
        except StaleVersion:
            category.refresh_from_db()
            form.show_version(category.version)
            status, context = 409, {"differences": form.differences()}
        except REFUSALS as refusal:
            form.add_refusal(refusal)
            status = status_of(refusal)
        else:
            messages.success(request, _("Saved.") if changes else _("Nothing was changed."))
            return redirect(PAGE, request.organization_slug)
    status = 400 if form.errors and status == 200 else status
    context |= {"form": form, "heading": category.name, "category": category}
    return render(request, "risks/settings/category.html", context, status=status)


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
@create_once
def merge_category(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Preview the move of all its risks to another category; the empty one is deleted after."""
    category = find_category(request, pk)
    form = MergeForm(category, request.POST or None)
    risks: Any = Risk.objects.for_organization(category.organization).filter(category=category)
    status = 200
    if form.is_valid():
        target = form.cleaned_data["target"]
        try:
            change = lifecycle.preview_change(
                actor=request.membership.user,
                organization=category.organization,
                kind=BulkKind.CATEGORY,
                value=target,
                rows=risks,
                comment=_("“%(source)s” is merged into “%(target)s”.")
                % {"source": category.name, "target": target.name},
            )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
            status = status_of(refusal)
        else:
            return redirect_to_created("risk-change", request.organization_slug, change.pk)
    context = {"form": form, "category": category, "count": risks.order_by().count()}
    status = 400 if form.errors and status == 200 else status
    return render(request, "risks/settings/merge_category.html", context, status=status)


@require_POST
@member_required(Role.MANAGER)
def delete_category(request: MemberRequest, pk: UUID) -> HttpResponse:
    category = find_category(request, pk)
    page = redirect(PAGE, request.organization_slug)
    if is_cancelled(request):
        return page
    count = Risk.objects.for_organization(category.organization).filter(category=category).count()
    text = ngettext(
        "%(count)s risk will have no category. Merge the category to keep one.",
        "%(count)s risks will have no category. Merge the category to keep one.",
        count,
    ) % {"count": f"{count:,}"}
    consequences = [
        *([text] if count else []),
        _("It can be restored for 90 days, with the risks that have no category by then."),
    ]
    title = _("Delete the category “%(name)s”?") % {"name": category.name}
    if question := ask_first(request, title, consequences, _("Delete")):
        return render(request, "confirm.html", {"question": question})
    try:
        item = services.delete(
            actor=request.membership.user,
            instance=category,
            version=parse_version(request.POST.get("version", "")),
        )
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
        return page
    offer_restore(request, item)
    return page
