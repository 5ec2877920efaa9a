"""One page of the list of risks, from the query string: with the filters and orders of the API."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import CharField, Q, Value
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone

from openrisk.accounts.models import Membership, Organization
from openrisk.api.filters import MAX_SEARCH
from risks.api.filters import RiskFilterSet
from risks.exports import MEDIA_TYPES
from risks.fields import FIELD
from risks.models import Asset, Category, Risk, RiskTag
from risks.overdue import is_review_overdue
from risks.querysets import RISK_ORDERS, has_left, owner_label, person_label

PAGE_SIZE = 25
MAX_PAGE = 1_000_000
DEFAULT_ORDER = "-priority"
MAX_OFFERED = 300
ROW_FIELDS = (
    "id",
    "reference",
    "title",
    "status",
    "current_score",
    "current_level",
    "priority",
    "next_review_at",
    "category__name",
)
Choices = dict[str, list[tuple[str, str]]]


@dataclass(frozen=True)
class ListColumn:
    """A column of the table, for a field that `risks.fields` has in the list.

    `order` is the name of its order in RISK_ORDERS, if it has one.
    """

    name: str
    order: str = ""
    descending_first: bool = False
    wide: bool = False  # left out on narrow screens

    @property
    def label(self) -> str:
        return FILTER_LABELS.get(self.name) or FIELD[self.name].title


# In the order of the cells in `risks/register/_register.html`.
COLUMNS = (
    ListColumn("reference", "reference", descending_first=True),
    ListColumn("title", "title"),
    ListColumn("current_level", "current_score", descending_first=True),
    ListColumn("priority", "priority", descending_first=True, wide=True),
    ListColumn("status", "status", wide=True),
    ListColumn("owner", wide=True),
    ListColumn("category", wide=True),
    ListColumn("next_review_at", "next_review_at", wide=True),
)


class Listing:
    """The risks that match `query`, and `problems` with the query.

    A filter that cannot be used matches nothing rather than everything.
    """

    def __init__(self, organization: Organization, query: Mapping[str, str]) -> None:
        self.organization = organization
        self.query = {name: value for name, value in query.items() if value != ""}
        self.problems: list[str] = []
        self.order = self.parse_order()
        self.search = self.parse_search()
        self.filters = {
            name: value
            for name, value in self.query.items()
            if name not in ("ordering", "search", "page", "select")
        }
        risks = self.filter_risks()
        self.count = risks.order_by().count()
        self.pages = max(1, -(-self.count // PAGE_SIZE))
        self.page = self.parse_page()
        self.rows = self.load_rows(risks)

    def parse_order(self) -> str:
        order = self.query.get("ordering", DEFAULT_ORDER)
        if order.removeprefix("-") in RISK_ORDERS:
            return order
        known = ", ".join(sorted(RISK_ORDERS))
        self.problems.append(f"There is no order “{order}”. Sort by one of {known}.")
        return DEFAULT_ORDER

    def parse_search(self) -> str:
        text = self.query.get("search", "")
        if len(text) > MAX_SEARCH:
            self.problems.append(f"The search is too long. Enter at most {MAX_SEARCH} characters.")
        return text[:MAX_SEARCH]

    def filter_risks(self) -> Any:
        risks = Risk.objects.for_organization(self.organization)
        filterset = RiskFilterSet(self.filters, queryset=risks)
        self.cleaned: dict[str, Any] = {}
        problems = [
            f"{filter_label(name)}: “{self.filters.get(name, '')}” cannot be used. {error}"
            for name, errors in filterset.errors.items()
            for error in errors
        ]
        problems += [
            f"There is no filter “{name}”."
            for name in sorted(self.filters.keys() - filterset.filters.keys())
        ]
        if problems:
            self.problems += problems
            return risks.none()
        self.cleaned = filterset.form.cleaned_data
        return filterset.qs.search(self.search) if self.search else filterset.qs

    def parse_page(self) -> int:
        text = self.query.get("page", "1")
        number = int(text[:8]) if text.isascii() and text.isdigit() else 0
        if 1 <= number <= self.pages:
            return number
        self.problems.append(f"There is no page “{text}”. The last page is {self.pages}.")
        return self.pages if number else 1

    def load_rows(self, risks: Any) -> list[dict[str, Any]]:
        sign = "-" if self.order.startswith("-") else ""
        risks = risks.annotate(_order=RISK_ORDERS[self.order.removeprefix("-")])
        start = (self.page - 1) * PAGE_SIZE
        ordered = risks.order_by(f"{sign}_order", f"{sign}id").values(
            *ROW_FIELDS, owner_label=owner_label(), owner_has_left=has_left("owner")
        )
        rows = list(ordered[start : start + PAGE_SIZE])
        tags = tags_by_risk(row["id"] for row in rows)
        now = timezone.now()
        for row in rows:
            row["tags"] = tags[row["id"]]
            row["overdue"] = is_review_overdue(row["status"], row["next_review_at"], now)
        return rows

    # --- for the template ----------------------------------------------------------------------
    def url_with(self, **changes: str | int | None) -> str:
        """The address of this list with `changes` (None removes a parameter), on its first page."""
        changes = {"page": None, "select": None, **changes}
        query = {name: value for name, value in self.query.items() if name not in changes}
        query |= {name: str(value) for name, value in changes.items() if value is not None}
        text = urlencode(query)
        address = reverse("risk-list", args=[self.organization.slug])
        return address + (f"?{text}" if text else "")

    @property
    def url(self) -> str:
        return self.url_with(page=self.query.get("page"))

    @property
    def selects_all(self) -> bool:
        """Return whether all risks that match are selected, not only some of this page."""
        return self.query.get("select") == "all"

    @property
    def select_all_url(self) -> str:
        return self.url_with(page=self.query.get("page"), select="all")

    @property
    def query_text(self) -> str:
        """The filters and the search, as a query string: which risks "all that match" are."""
        search = {"search": self.search} if self.search else {}
        return urlencode({**self.filters, **search})

    @property
    def export_links(self) -> list[tuple[str, str]]:
        """(format, address) of files with these risks, of all pages."""
        search = {"search": self.search} if self.search else {}
        query = {**self.filters, **search, "ordering": self.order}
        address = reverse("risk-export", args=[self.organization.slug])
        return [
            (kind.upper(), f"{address}?{urlencode({**query, 'file_format': kind})}")
            for kind in MEDIA_TYPES
        ]

    @property
    def next_url(self) -> str:
        return self.url_with(page=self.page + 1) if self.page < self.pages else ""

    @property
    def previous_url(self) -> str:
        return self.url_with(page=self.page - 1) if self.page > 1 else ""

    @property
    def first(self) -> int:
        return (self.page - 1) * PAGE_SIZE + 1

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1

    @property
    def column_heads(self) -> list[dict[str, Any]]:
        """The columns, each with its sort order and the address of the list sorted by it."""
        is_descending = self.order.startswith("-")
        heads = []
        for column in COLUMNS:
            is_sorted = bool(column.order) and self.order.removeprefix("-") == column.order
            next_descending = not is_descending if is_sorted else column.descending_first
            sort = "descending" if is_descending else "ascending"
            url = self.url_with(ordering=f"{'-' if next_descending else ''}{column.order}")
            heads.append({"column": column, "sort": sort if is_sorted else "", "url": url})
        return heads

    @cached_property
    def choices(self) -> Choices:
        return filter_choices(self.organization, self.cleaned.get("asset"))

    @property
    def chips(self) -> list[dict[str, str]]:
        """The search and filters in use, each with the address of the list without it."""
        filters = {"search": self.search, **self.filters} if self.search else self.filters
        return [
            {
                "label": filter_label(name),
                "value": "" if value == "true" else self.filter_value(name, value),
                "url": self.url_with(**{name: None}),
            }
            for name, value in filters.items()
        ]

    def filter_value(self, name: str, value: str) -> str:
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
    """Load the tags of these risks in one query."""
    tags: dict[UUID, list[str]] = defaultdict(list)
    links = RiskTag.objects.filter(risk__in=list(risk_ids)).order_by("name")
    for risk_id, name in links.values_list("risk", "name"):
        tags[risk_id].append(name)
    return tags


def filter_choices(organization: Organization, asset: UUID | None = None) -> Choices:
    """Load the categories, members and assets to choose from in one query.

    Of the assets, the first 300 by name and the chosen one: no one reads a longer list.
    """
    assets = Asset.objects.for_organization(organization)
    offered = assets.order_by("name", "id").values("pk")[:MAX_OFFERED]
    members = Membership.objects.filter(organization=organization)
    categories = Category.objects.for_organization(organization)
    queries = (
        select_choices(categories, "category", "pk", "name"),
        select_choices(members, "owner", "user", person_label("user")),
        select_choices(assets.filter(Q(pk__in=offered) | Q(pk=asset)), "asset", "pk", "name"),
    )
    choices: Choices = {"category": [], "owner": [], "asset": []}
    for kind, value, label in queries[0].union(*queries[1:], all=True):
        choices[kind].append((str(UUID(value)), label))
    return {kind: sorted(rows, key=lambda row: row[1].casefold()) for kind, rows in choices.items()}


def select_choices(rows: Any, kind: str, value: str, label: Any) -> Any:
    return rows.order_by().values_list(
        Value(kind, output_field=CharField()), Cast(value, CharField()), Cast(label, CharField())
    )
