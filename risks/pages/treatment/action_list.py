"""The list of the actions of all mitigations, which can be ticked off in the list."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from openrisk.accounts.models import Role
from openrisk.caching.decorators import get_or_compute
from openrisk.pages.guards import MemberRequest, member_required
from risks.api.filters import ActionFilterSet
from risks.models import ActionDependency, Mitigation, MitigationAction, Risk
from risks.overdue import FINISHED, is_past_due
from risks.pages.listing import ANY, ListHead, RowListing
from risks.pages.treatment.forms import DAY
from risks.pages.treatment.mitigation_list import treatment_tabs
from risks.pages.widgets import FastSelect
from risks.querysets import ACTION_ORDERS, DUE_SOON, person_label

ROW_FIELDS = (
    "pk",
    "version",
    "title",
    "due_date",
    "done_at",
    "mitigation__reference",
    "mitigation__title",
    "mitigation__status",
    "mitigation__risk__reference",
    "mitigation__risk__title",
)


class ActionListing(RowListing):
    route = "treatment-actions"
    filterset = ActionFilterSet
    orders = {"due_date": ACTION_ORDERS["due_date"]}
    default_order = "due_date"
    columns = (
        ListHead(""),
        ListHead(gettext_lazy("Action")),
        ListHead(gettext_lazy("Mitigation"), kind="wide-only"),
        ListHead(gettext_lazy("Responsible")),
        ListHead(gettext_lazy("Due"), "due_date"),
    )
    labels = {
        "pending": gettext_lazy("Not done"),
        "responsible": gettext_lazy("Responsible"),
        "overdue": gettext_lazy("Overdue"),
        "waiting": gettext_lazy("Waiting for others"),
        "due_date__lte": gettext_lazy("Due until"),
        "due_date__gte": gettext_lazy("Due from"),
    }

    def base_rows(self) -> Any:
        return MitigationAction.objects.for_organization(self.organization)

    def count_rows(self) -> int:
        """Count, and keep the number while nothing that it depends on changes."""
        organization = self.organization
        count: int = get_or_compute(
            f"action count {organization.slug} {sorted(self.filters.items())}",
            super().count_rows,
            reads=(MitigationAction, Mitigation, ActionDependency, Risk),
            organization_id=organization.pk,
            ttl=settings.CACHE_TTL_RISKS,
            clock="day",  # an action becomes overdue
        )
        return count

    def load_page(self, ordered: Any) -> list[Any]:
        today = timezone.now().date()
        rows = list(
            ordered.values(
                *ROW_FIELDS,
                assignee_label=person_label("assignee"),
                owner_label=person_label("mitigation__owner"),
                risk_assignee_label=person_label("mitigation__risk__assignee"),
            )
        )
        waits_for = open_dependencies([row["pk"] for row in rows])
        for row in rows:
            row["done"] = row["done_at"] is not None
            row["pending"] = not row["done"] and row["mitigation__status"] not in FINISHED
            row["overdue"] = row["pending"] and is_past_due(row["due_date"], today)
            row["waits_for"] = waits_for.get(row["pk"], [])
            labels = ("assignee_label", "owner_label", "risk_assignee_label")
            row["responsible"] = next(filter(None, (row[label] for label in labels)), "")
        return rows

    @property
    def choices(self) -> dict[str, list[tuple[str, str]]]:
        return {"responsible": self.member_choices}

    def shortcuts(self, person: Any) -> list[dict[str, Any]]:
        """Return the filters that people ask for most, each as an address."""
        soon = timezone.now().date() + DUE_SOON
        queries: list[tuple[str, dict[str, str]]] = [
            (_("Mine"), {"responsible": str(person.pk), "pending": "true"}),
            (_("Due in 14 days"), {"pending": "true", "due_date__lte": str(soon)}),
            (_("Overdue"), {"overdue": "true"}),
            (_("Waiting for others"), {"pending": "true", "waiting": "true"}),
            (_("All that are not done"), {"pending": "true"}),
            (_("All"), {"pending": ""}),
        ]
        return self.shortcuts_to(queries)


def open_dependencies(actions: list[Any]) -> dict[Any, list[str]]:
    """Return the titles of the open actions that each of these waits for."""
    titles: dict[Any, list[str]] = {}
    links = ActionDependency.objects.filter(action__in=actions, depends_on__done_at=None)
    for action, title in links.order_by("id").values_list("action", "depends_on__title"):
        titles.setdefault(action, []).append(title)
    return titles


class ActionFilterForm(forms.Form):
    """The filters above the list, filled with those of `listing`, which has checked them."""

    responsible = forms.ChoiceField(label=gettext_lazy("Responsible"), widget=FastSelect)
    due_date__lte = forms.DateField(label=gettext_lazy("Due until"), widget=DAY)
    pending = forms.BooleanField(label=gettext_lazy("Not done"))
    overdue = forms.BooleanField(label=gettext_lazy("Overdue"))
    waiting = forms.BooleanField(label=gettext_lazy("Waiting for others"))

    use_required_attribute = False
    FLAGS = ("pending", "overdue", "waiting")

    def __init__(self, listing: ActionListing) -> None:
        initial: dict[str, Any] = dict(listing.filters)
        for name in self.FLAGS:
            initial[name] = initial.get(name) == "true"
        super().__init__(initial=initial, auto_id="filter-%s")
        for name in self.FLAGS:
            self.fields[name].widget.attrs["value"] = "true"
        field: Any = self.fields["responsible"]
        field.choices = [ANY, *listing.choices["responsible"]]


@require_safe
@member_required(Role.VIEWER)
def action_list(request: MemberRequest) -> HttpResponse:
    """Show what the person has to do, unless the address asks for something else."""
    query = request.GET.dict()
    if not query:
        query = {"responsible": str(request.membership.user.pk), "pending": "true"}
    listing = ActionListing(request.membership.organization, query)
    context = {
        "listing": listing,
        "form": ActionFilterForm(listing),
        "shortcuts": listing.shortcuts(request.membership.user),
        "tabs": treatment_tabs(request),
        "may_write": request.membership.has_role(Role.ANALYST),
    }
    status = 400 if listing.problems else 200
    return render(request, "risks/treatment/actions.html", context, status=status)
