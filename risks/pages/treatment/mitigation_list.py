"""The list of mitigations, with what they cost and what is open."""

from functools import cached_property
from typing import Any

from django import forms
from django.db.models import Count, Q, Sum, Value
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from openrisk.accounts.models import Membership, Role, User
from openrisk.pages.guards import MemberRequest, member_required
from risks.api.filters import MitigationFilterSet
from risks.models import (
    Category,
    Level,
    Mitigation,
    MitigationAction,
    MitigationStatus,
    Risk,
    ScoreChange,
)
from risks.models.mitigations import progress_of
from risks.overdue import is_mitigation_overdue
from risks.pages.listing import ANY, ListHead, RowListing
from risks.pages.reuse import reuse_or_compute
from risks.pages.treatment.forms import DAY
from risks.pages.widgets import FastSelect
from risks.querysets import MITIGATION_ORDERS, has_left, person_label

READS = (Mitigation, MitigationAction, Risk, ScoreChange, Category, Membership, User)
ROW_FIELDS = (
    "id",
    "reference",
    "title",
    "status",
    "due_date",
    "cost",
    "currency",
    "actions_done",
    "actions_total",
    "risk__reference",
    "risk__title",
    "risk__current_level",
    "risk__current_score",
)


class MitigationListing(RowListing):
    route = "treatment"
    filterset = MitigationFilterSet
    orders = MITIGATION_ORDERS
    default_order = "due_date"
    searchable = True
    columns = (
        ListHead("", "reference", descending_first=True),
        ListHead(gettext_lazy("Mitigation"), "title"),
        ListHead(gettext_lazy("Level of the risk"), kind="wide-only"),
        ListHead(gettext_lazy("Status"), "status"),
        ListHead(gettext_lazy("Progress"), kind="wide-only"),
        ListHead(gettext_lazy("Owner"), kind="wide-only"),
        ListHead(gettext_lazy("Due"), "due_date"),
        ListHead(gettext_lazy("Cost"), "cost", descending_first=True, kind="wide-only numeric"),
    )
    labels = {
        "search": gettext_lazy("Search"),
        "status": gettext_lazy("Status"),
        "status__in": gettext_lazy("Status"),
        "open": gettext_lazy("Not finished"),
        "owner": gettext_lazy("Owner"),
        "overdue": gettext_lazy("Overdue"),
        "due_date__lte": gettext_lazy("Due until"),
        "due_date__gte": gettext_lazy("Due from"),
        "risk__category": gettext_lazy("Category"),
        "risk__current_level": gettext_lazy("Level of the risk"),
        "cost__gte": gettext_lazy("Cost from"),
        "cost__lte": gettext_lazy("Cost to"),
    }

    def base_rows(self) -> Any:
        return Mitigation.objects.for_organization(self.organization)

    def load_page(self, ordered: Any) -> list[Any]:
        today = timezone.now().date()
        rows = list(
            ordered.with_progress().values(
                *ROW_FIELDS, owner_label=person_label("owner"), owner_has_left=has_left("owner")
            )
        )
        for row in rows:
            row["percent"] = progress_of(row["status"], row["actions_done"], row["actions_total"])
            row["overdue"] = is_mitigation_overdue(row["status"], row["due_date"], today)
        return rows

    @cached_property
    def choices(self) -> dict[str, list[tuple[str, str]]]:
        categories = Category.objects.for_organization(self.organization)
        named = [(str(pk), name) for pk, name in categories.values_list("pk", "name")]
        return {
            "status": [(str(value), str(label)) for value, label in MitigationStatus.choices],
            "owner": self.member_choices,
            "risk__category": sorted(named, key=lambda choice: choice[1].casefold()),
            "risk__current_level": [(str(value), str(label)) for value, label in Level.choices],
        }

    @property
    def totals(self) -> list[dict[str, Any]]:
        """Return what the mitigations that match cost, by currency."""
        priced = self.matching.order_by().exclude(cost=None).values("currency")
        finished = Q(status=MitigationStatus.DONE)
        return list(
            priced.annotate(total=Sum("cost"), done=Sum("cost", filter=finished)).order_by(
                "currency"
            )
        )

    @property
    def action_counts(self) -> dict[str, int]:
        """Return how many actions of the mitigations that match are not done, and overdue."""
        actions = MitigationAction.objects.for_organization(self.organization).pending()
        if self.filters or self.search:
            actions = actions.filter(mitigation__in=self.matching.order_by().values("pk"))
        today = timezone.now().date()
        return actions.aggregate(
            pending=Count("*"), late=Count(Value(1), filter=Q(due_date__lt=today))
        )


class MitigationFilterForm(forms.Form):
    """The filters above the list, filled with those of `listing`, which has checked them."""

    search = forms.CharField(
        label=gettext_lazy("Search"),
        max_length=200,
        widget=forms.TextInput({"type": "search", "placeholder": gettext_lazy("Words or M-0001")}),
    )
    status = forms.ChoiceField(
        label=gettext_lazy("Status"), choices=[ANY, *MitigationStatus.choices], widget=FastSelect
    )
    owner = forms.ChoiceField(label=gettext_lazy("Owner"), widget=FastSelect)
    due_date__lte = forms.DateField(label=gettext_lazy("Due until"), widget=DAY)
    risk__category = forms.ChoiceField(label=gettext_lazy("Category"), widget=FastSelect)
    risk__current_level = forms.ChoiceField(
        label=gettext_lazy("Level of the risk"),
        choices=[ANY, *Level.choices],
        widget=FastSelect,
    )
    cost__gte = forms.DecimalField(label=gettext_lazy("Cost from"))
    cost__lte = forms.DecimalField(label=gettext_lazy("Cost to"))
    overdue = forms.BooleanField(label=gettext_lazy("Overdue"))
    open = forms.BooleanField(label=gettext_lazy("Not finished"))

    use_required_attribute = False

    def __init__(self, listing: MitigationListing) -> None:
        initial: dict[str, Any] = {"search": listing.search, **listing.filters}
        for name in ("overdue", "open"):
            initial[name] = initial.get(name) == "true"
        super().__init__(initial=initial, auto_id="filter-%s")
        for name in ("overdue", "open"):
            self.fields[name].widget.attrs["value"] = "true"
        for name in ("owner", "risk__category"):
            field: Any = self.fields[name]
            field.choices = [ANY, *listing.choices[name]]


@require_safe
@member_required(Role.VIEWER)
def mitigation_list(request: MemberRequest) -> HttpResponse:
    query = request.GET.dict()
    rendered = render_or_reuse(request, query)
    context = {"html": SafeString(rendered["html"]), "tabs": treatment_tabs(request)}
    return render(request, "risks/treatment/list.html", context, status=rendered["status"])


def render_or_reuse(request: MemberRequest, query: dict[str, str]) -> dict[str, Any]:
    """Return the rendered list, kept for this member while nothing that was read changes."""
    filters = sorted(query.items())
    return reuse_or_compute(
        request,
        f"mitigation list {request.membership.user.pk} {filters}",
        lambda: render_list(request, query),
        reads=READS,
        clock="day",
    )


def render_list(request: MemberRequest, query: dict[str, str]) -> dict[str, Any]:
    listing = MitigationListing(request.membership.organization, query)
    form = MitigationFilterForm(listing)
    context = {
        "listing": listing,
        "form": form,
        "other_filters": listing.filters_beside(form),
        "me": str(request.membership.user.pk),
        "organization": request.membership.organization.slug,
    }
    html = render_to_string("risks/treatment/_list.html", context)
    return {"html": str(html), "status": 400 if listing.problems else 200}


def treatment_tabs(request: MemberRequest) -> list[dict[str, Any]]:
    """Return the pages of treatment, which all take the filters of mitigations."""
    slug, current = request.organization_slug, request.resolver_match.url_name  # type: ignore[union-attr]
    return [
        {"label": label, "url": reverse(route, args=[slug]), "is_current": route == current}
        for route, label in (
            ("treatment", _("Mitigations")),
            ("treatment-timeline", _("Timeline")),
            ("treatment-actions", _("Actions")),
        )
    ]
