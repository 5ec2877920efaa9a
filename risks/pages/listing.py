"""One page of the register, from the query string: the filters and orders of the API."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import CharField, Q, Value
from django.db.models.functions import Cast, Coalesce, NullIf
from django.urls import reverse
from django.utils import timezone

from openrisk.accounts.models import Membership, Organization
from openrisk.api.filters import MAX_SEARCH
from risks.api.filters import RiskFilterSet
from risks.exports import MEDIA_TYPES
from risks.models import NOT_OPEN, Asset, Category, Risk, RiskTag
from risks.querysets import RISK_ORDERS

PAGE_SIZE = 25
MAX_PAGE = 1_000_000
DEFAULT_ORDER = "-priority"
MAX_ASSETS_OFFERED = 300
ROW_FIELDS = (
    "id",
    "reference",
    "title",
    "status",
    "current_score",
    "current_level",
    "priority",
    "next_review_at",
    "owner_name",
    "category__name",
    "owner__name",
    "owner__email",
)
Choices = dict[str, list[tuple[str, str]]]


@dataclass(frozen=True)
class ListColumn:
    """A column of the table; `order` names its order in RISK_ORDERS, if it can be sorted by."""

    label: str
    order: str = ""
    descending_first: bool = False
    wide: bool = False  # left out on narrow screens


COLUMNS = (
    ListColumn("Reference", "reference", descending_first=True),
    ListColumn("Risk", "title"),
    ListColumn("Level", "current_score", descending_first=True),
    ListColumn("Priority", "priority", descending_first=True, wide=True),
    ListColumn("Status", "status", wide=True),
    ListColumn("Owner", wide=True),
    ListColumn("Category", wide=True),
    ListColumn("Next review", "next_review_at", wide=True),
)


class Listing:
    """The risks that `query` asks for. What it asks for wrongly is told in `problems`.

    A filter that cannot be used finds nothing rather than everything.
    """

    def __init__(self, organization: Organization, query: Mapping[str, str]) -> None:
        self.organization = organization
        self.given = {name: value for name, value in query.items() if value != ""}
        self.problems: list[str] = []
        self.order = self._order()
        self.search = self._search()
        self.filters = {
            name: value
            for name, value in self.given.items()
            if name not in ("ordering", "search", "page")
        }
        risks = self._filtered()
        self.count = risks.order_by().count()
        self.pages = max(1, -(-self.count // PAGE_SIZE))
        self.page = self._page()
        self.rows = self._rows(risks)

    def _order(self) -> str:
        order = self.given.get("ordering", DEFAULT_ORDER)
        if order.removeprefix("-") in RISK_ORDERS:
            return order
        known = ", ".join(sorted(RISK_ORDERS))
        self.problems.append(f"No order is called “{order}”. Sort by one of {known}.")
        return DEFAULT_ORDER

    def _search(self) -> str:
        text = self.given.get("search", "")
        if len(text) > MAX_SEARCH:
            self.problems.append(f"Search for at most {MAX_SEARCH} characters.")
        return text[:MAX_SEARCH]

    def _filtered(self) -> Any:
        risks = Risk.objects.for_organization(self.organization)
        filterset = RiskFilterSet(self.filters, queryset=risks)
        self.cleaned: dict[str, Any] = {}
        wrong = [
            f"{filter_label(name)}: “{self.filters.get(name, '')}” cannot be used. {error}"
            for name, errors in filterset.errors.items()
            for error in errors
        ]
        wrong += [
            f"No filter is called “{name}”."
            for name in sorted(self.filters.keys() - filterset.filters.keys())
        ]
        if wrong:
            self.problems += wrong
            return risks.none()
        self.cleaned = filterset.form.cleaned_data
        return filterset.qs.search(self.search) if self.search else filterset.qs

    def _page(self) -> int:
        text = self.given.get("page", "1")
        number = int(text[:8]) if text.isascii() and text.isdigit() else 0
        if 1 <= number <= self.pages:
            return number
        self.problems.append(f"There is no page “{text}”. The last is {self.pages}.")
        return self.pages if number else 1

    def _rows(self, risks: Any) -> list[dict[str, Any]]:
        turned = "-" if self.order.startswith("-") else ""
        risks = risks.annotate(_order=RISK_ORDERS[self.order.removeprefix("-")])
        start = (self.page - 1) * PAGE_SIZE
        ordered = risks.order_by(f"{turned}_order", f"{turned}id").values(*ROW_FIELDS)
        rows = list(ordered[start : start + PAGE_SIZE])
        tags = tags_by_risk(row["id"] for row in rows)
        now = timezone.now()
        for row in rows:
            due = row["next_review_at"]
            row["tags"] = tags[row["id"]]
            row["owner"] = row["owner__name"] or row["owner__email"] or row["owner_name"]
            row["overdue"] = bool(due and due < now and row["status"] not in NOT_OPEN)
        return rows

    # --- what the page says about it -----------------------------------------------------------
    def url(self, **changes: str | int | None) -> str:
        """This list with `changes` (None takes a parameter away), from its first page on."""
        query = {"page": None, **changes}
        kept = {name: value for name, value in self.given.items() if name not in query}
        added = {name: str(value) for name, value in query.items() if value is not None}
        text = urlencode(kept | added)
        address = reverse("risk-list", args=[self.organization.slug])
        return address + (f"?{text}" if text else "")

    @property
    def own_url(self) -> str:
        return self.url(page=self.given.get("page"))

    @property
    def exports(self) -> list[tuple[str, str]]:
        """(kind, address) of the same risks as files, all pages in one."""
        asked = {"search": self.search} if self.search else {}
        query = {**self.filters, **asked, "ordering": self.order}
        address = reverse("risk-export", args=[self.organization.slug])
        return [
            (kind.upper(), f"{address}?{urlencode({**query, 'file_format': kind})}")
            for kind in MEDIA_TYPES
        ]

    @property
    def next_url(self) -> str:
        return self.url(page=self.page + 1) if self.page < self.pages else ""

    @property
    def previous_url(self) -> str:
        return self.url(page=self.page - 1) if self.page > 1 else ""

    @property
    def first(self) -> int:
        return (self.page - 1) * PAGE_SIZE + 1

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1

    @property
    def columns(self) -> list[dict[str, Any]]:
        return [self._column(column) for column in COLUMNS]

    def _column(self, column: ListColumn) -> dict[str, Any]:
        sorted_by = bool(column.order) and self.order.removeprefix("-") == column.order
        descending = self.order.startswith("-")
        turn_down = not descending if sorted_by else column.descending_first
        return {
            "column": column,
            "sort": ("descending" if descending else "ascending") if sorted_by else "",
            "url": self.url(ordering=f"{'-' if turn_down else ''}{column.order}"),
        }

    @cached_property
    def choices(self) -> Choices:
        return filter_choices(self.organization, self.cleaned.get("asset"))

    @property
    def chips(self) -> list[dict[str, str]]:
        """What the list is narrowed by, each with the list without it."""
        narrowed = {"search": self.search, **self.filters} if self.search else self.filters
        return [
            {
                "label": filter_label(name),
                "value": "" if value == "true" else self._value_label(name, value),
                "url": self.url(**{name: None}),
            }
            for name, value in narrowed.items()
        ]

    def _value_label(self, name: str, value: str) -> str:
        if name in self.choices:
            return dict(self.choices[name]).get(str(self.cleaned.get(name)), "unknown")
        if name in ("status", "treatment", "current_level"):
            field: Any = Risk._meta.get_field(name)
            return str(dict(field.flatchoices).get(value, value))
        return value


FILTER_LABELS = {
    "search": "Search",
    "open": "Open",
    "review_overdue": "Review overdue",
    "current_level": "Level",
    "current_level__isnull": "Not assessed",
    "current_likelihood": "Likelihood",
    "current_impact": "Impact",
}


def filter_label(name: str) -> str:
    return FILTER_LABELS.get(name) or name.replace("__", " ").replace("_", " ").capitalize()


def tags_by_risk(risk_ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """The tags of these risks, in one query."""
    found: dict[UUID, list[str]] = defaultdict(list)
    links = RiskTag.objects.filter(risk__in=list(risk_ids)).order_by("name")
    for risk_id, name in links.values_list("risk", "name"):
        found[risk_id].append(name)
    return found


def filter_choices(organization: Organization, asset: UUID | None = None) -> Choices:
    """Categories, members and assets to choose from, in one query.

    Of the assets, the first 300 by name and the one chosen: nobody reads a longer list.
    """
    assets = Asset.objects.for_organization(organization)
    offered = assets.order_by("name", "id").values("pk")[:MAX_ASSETS_OFFERED]
    members = Membership.objects.filter(organization=organization)
    owner = Coalesce(NullIf("user__name", Value("")), "user__email")
    categories = Category.objects.for_organization(organization)
    parts = (
        _choice(categories, "category", "pk", "name"),
        _choice(members, "owner", "user", owner),
        _choice(assets.filter(Q(pk__in=offered) | Q(pk=asset)), "asset", "pk", "name"),
    )
    found: Choices = {"category": [], "owner": [], "asset": []}
    for kind, value, label in parts[0].union(*parts[1:], all=True):
        found[kind].append((str(UUID(value)), label))
    return {kind: sorted(rows, key=lambda row: row[1].casefold()) for kind, rows in found.items()}


def _choice(rows: Any, kind: str, value: str, label: Any) -> Any:
    return rows.order_by().values_list(
        Value(kind, output_field=CharField()), Cast(value, CharField()), Cast(label, CharField())
    )
