"""One page of a list of rows, from the query string: with the filters and orders of the API."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openrisk.accounts.models import Organization, User
from openrisk.api.filters import MAX_SEARCH

PAGE_SIZE = 25
NOT_FILTERS = ("ordering", "search", "page")


@dataclass(frozen=True)
class ListHead:
    """A column's head: its label, and the order that a click on it asks for, if there is one."""

    label: str | Promise
    order: str = ""
    descending_first: bool = False
    kind: str = ""  # classes of its cells


ANY = ("", gettext_lazy("Any"))  # of a select that filters


class RowListing:
    """The rows that match `query`, and `problems` with the query.

    A filter that cannot be used matches nothing rather than everything. A subclass names the
    filters, orders and columns, and loads the rows of the page. The list of risks is richer than
    this: see `risks.pages.register.listing`.
    """

    route: ClassVar[str]
    filterset: ClassVar[Any]
    orders: ClassVar[Mapping[str, Any]]
    default_order: ClassVar[str]
    columns: ClassVar[tuple[ListHead, ...]]
    searchable: ClassVar[bool] = False
    own_parameters: ClassVar[tuple[str, ...]] = ()  # of a subclass, beside its filters
    page_size: ClassVar[int] = PAGE_SIZE
    labels: ClassVar[Mapping[str, Any]] = {"search": gettext_lazy("Search")}

    def __init__(self, organization: Organization, query: Mapping[str, str]) -> None:
        self.organization = organization
        self.query = {name: value for name, value in query.items() if value != ""}
        self.problems: list[str] = []
        self.order = self.parse_order()
        self.search = self.query.get("search", "")[:MAX_SEARCH] if self.searchable else ""
        self.filters = {
            name: value
            for name, value in self.query.items()
            if name not in (*NOT_FILTERS, *self.own_parameters)
        }
        self.matching = self.filter_rows()
        self.count = self.count_rows()
        self.pages = max(1, -(-self.count // self.page_size))
        self.page = self.parse_page()
        self.rows = self.load_rows()

    def base_rows(self) -> Any:
        """The rows of the organization."""
        raise NotImplementedError

    def load_page(self, ordered: Any) -> list[Any]:
        """The rows of one page, with what the template shows."""
        raise NotImplementedError

    def count_rows(self) -> int:
        count: int = self.matching.order_by().count()
        return count

    def parse_order(self) -> str:
        order = self.query.get("ordering", self.default_order)
        if order.removeprefix("-") in self.orders:
            return order
        names = ", ".join(sorted(self.orders))
        self.problems.append(
            _("There is no order “%(order)s”. Sort by one of %(names)s.")
            % {"order": order, "names": names}
        )
        return self.default_order

    def filter_values(self) -> dict[str, str]:
        """Return the filters as the API takes them."""
        return self.filters

    def filter_rows(self) -> Any:
        filterset = self.filterset(self.filter_values(), queryset=self.base_rows())
        self.cleaned: dict[str, Any] = {}
        problems = [
            _("%(filter)s: “%(value)s” cannot be used. %(error)s")
            % {
                "filter": self.filter_label(name),
                "value": self.filters.get(name, ""),
                "error": error,
            }
            for name, errors in filterset.errors.items()
            for error in errors
        ]
        problems += [
            _("There is no filter “%(name)s”.") % {"name": name}
            for name in sorted(self.filters.keys() - filterset.filters.keys())
        ]
        if problems:
            self.problems += problems
            return self.base_rows().none()
        self.cleaned = filterset.form.cleaned_data
        return filterset.qs.search(self.search) if self.search else filterset.qs

    def parse_page(self) -> int:
        text = self.query.get("page", "1")
        number = int(text[:8]) if text.isascii() and text.isdigit() else 0
        if 1 <= number <= self.pages:
            return number
        self.problems.append(
            _("There is no page “%(page)s”. The last page is %(last)s.")
            % {"page": text, "last": self.pages}
        )
        return self.pages if number else 1

    def load_rows(self) -> list[Any]:
        return self.load_page(self.cut_page(self.sort(self.matching)))

    def sort(self, rows: Any) -> Any:
        """Return the rows in the order that is asked for."""
        sign = "-" if self.order.startswith("-") else ""
        rows = rows.annotate(_order=self.orders[self.order.removeprefix("-")])
        return rows.order_by(f"{sign}_order", f"{sign}id")

    def cut_page(self, ordered: Any) -> Any:
        """Return the rows of the page that is open."""
        start = (self.page - 1) * self.page_size
        return ordered[start : start + self.page_size]

    # --- for the template ------------------------------------------------------------------------
    @property
    def base_url(self) -> str:
        return reverse(self.route, args=[self.organization.slug])

    def url_with(self, **changes: str | int | None) -> str:
        """The address of this list with `changes` (None removes a parameter), on its first page.

        What was selected is not: other rows may match.
        """
        changes = {"page": None, "select": None, **changes}
        query = {name: value for name, value in self.query.items() if name not in changes}
        query |= {name: str(value) for name, value in changes.items() if value is not None}
        return self.base_url + (f"?{urlencode(query)}" if query else "")

    @property
    def url(self) -> str:
        return self.url_with(page=self.query.get("page"))

    @property
    def selects_all(self) -> bool:
        """Return whether all rows that match are selected, not only some of this page."""
        return self.query.get("select") == "all" and not self.problems

    @property
    def select_all_url(self) -> str:
        return self.url_with(page=self.query.get("page"), select="all")

    @property
    def query_text(self) -> str:
        """The search and the filters, as the API and bulk changes take them."""
        search = {"search": self.search} if self.search else {}
        return urlencode({**self.filter_values(), **search})

    def filters_beside(self, form: forms.Form) -> dict[str, str]:
        """Return the filters that `form` has no field for, which it sends along."""
        return {
            name: value
            for name, value in self.filters.items()
            if name in self.cleaned and name not in form.fields
        }

    @property
    def next_url(self) -> str:
        return self.url_with(page=self.page + 1) if self.page < self.pages else ""

    @property
    def previous_url(self) -> str:
        return self.url_with(page=self.page - 1) if self.page > 1 else ""

    @property
    def heads(self) -> list[dict[str, Any]]:
        """The columns, each with its sort order and the address of the list sorted by it."""
        is_descending = self.order.startswith("-")
        heads = []
        for column in self.columns:
            is_sorted = bool(column.order) and self.order.removeprefix("-") == column.order
            descends = not is_descending if is_sorted else column.descending_first
            url = self.url_with(ordering=f"{'-' if descends else ''}{column.order}")
            sort = "descending" if is_descending else "ascending"
            heads.append({"column": column, "sort": sort if is_sorted else "", "url": url})
        return heads

    @property
    def chips(self) -> list[dict[str, str]]:
        """The search and filters in use, each with the address of the list without it."""
        filters = {"search": self.search, **self.filters} if self.search else self.filters
        return [
            {
                "label": self.filter_label(name),
                "value": "" if value == "true" else self.filter_value(name, value),
                "url": self.url_with(**{name: None}),
            }
            for name, value in filters.items()
        ]

    def shortcuts_to(self, queries: list[tuple[str, dict[str, str]]]) -> list[dict[str, Any]]:
        """Return addresses of this list with other filters, each with its label."""
        return [
            {
                "label": label,
                "url": f"{self.base_url}?{urlencode(query)}" if query else self.base_url,
                "is_current": {k: v for k, v in query.items() if v} == self.filters,
            }
            for label, query in queries
        ]

    def filter_label(self, name: str) -> str:
        label = self.labels.get(name)
        return str(label) if label else name.replace("__", " ").replace("_", " ").capitalize()

    def filter_value(self, name: str, value: str) -> str:
        choices = self.choices.get(name)
        return dict(choices).get(value, value) if choices else value

    @property
    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        """Return what a select of each filter offers, by name."""
        return {}

    @cached_property
    def member_choices(self) -> list[tuple[str, str]]:
        """Return the members by name, as a select offers them."""
        members = User.objects.filter(memberships__organization=self.organization)
        people = [(str(user.pk), str(user)) for user in members.only("name", "email")]
        return sorted(people, key=lambda choice: choice[1].casefold())
