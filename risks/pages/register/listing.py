"""One page of the list of risks, from its address: with the filters and orders of the API."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from openrisk.accounts.models import Organization, User
from openrisk.api.filters import MAX_SEARCH, MAX_VALUES
from risks.api.filters import LINKS, RiskFilterSet
from risks.custom_fields.definitions import NO_FIELDS, field_of
from risks.custom_fields.services import fields_of
from risks.custom_fields.sql import order_of
from risks.custom_fields.values import SORTED
from risks.models import Risk
from risks.models.custom_fields import PREFIX
from risks.pages.register.cells import build_cells
from risks.pages.register.columns import parse_columns, value_paths
from risks.pages.register.filters.chips import Chip, build_chips
from risks.pages.register.filters.fields import field_label, split_parameter
from risks.pages.register.filters.words import resolve_words
from risks.pages.register.grouping import (
    GROUPINGS,
    MOST_GROUPS,
    Group,
    Grouping,
    count_rows,
    custom_groupings,
)
from risks.pages.register.query import DEFAULT_ORDER, ListQuery, list_address
from risks.querysets import RISK_ORDERS

PAGE_SIZE = 25
PAGE_SIZES = (25, 50, 100, 200)


class Listing:
    """The risks that match `query`, and `problems` with the query.

    A filter that cannot be used matches nothing rather than everything. `user` is who "me" is.
    """

    def __init__(
        self,
        organization: Organization,
        query: ListQuery | Mapping[str, str],
        user: User | None = None,
    ) -> None:
        if not isinstance(query, ListQuery):
            query = ListQuery({name: value for name, value in query.items() if value != ""})
        self.organization, self.query, self.user = organization, query, user
        # Read only for a query that names one of them.
        self.custom = fields_of(organization) if PREFIX in query.encode() else NO_FIELDS
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.order = self.parse_order()
        self.search = self.parse_search()
        self.columns = self.parse_columns()
        self.page_size = self.parse_page_size()
        self.group = self.parse_group()
        self.filters = query.filters
        self.resolved = resolve_words(self.filters, user, custom=self.custom)
        self.risks = self.filter_risks(self.resolved)
        self.groups: list[Group] = []  # those of this page
        self.rows: list[dict[str, Any]] = []

    def load(self) -> "Listing":
        """Load the rows of the page that the query asks for."""
        if self.group:
            self.load_groups()
        else:
            self.count = self.risks.order_by().count()
            self.set_pages(self.count)
            self.rows = self.load_page()
        build_cells(self.columns, self.rows)
        return self

    def grouping(self) -> Grouping:
        own = field_of(self.custom, self.group)
        return Grouping(self.group, self.organization, self.risks, own)

    def load_groups(self) -> None:
        grouping = self.grouping()
        groups = grouping.load_groups(self.folded)
        # A risk may be in several groups of tags, and groups may be left out.
        is_exact = self.group not in LINKS and len(groups) < MOST_GROUPS
        counts = sum(group.count for group in groups)
        self.count = counts if is_exact else self.risks.order_by().count()
        if len(groups) == MOST_GROUPS:
            text = _("Only the first %(most)s groups are shown. Add a filter to see the others.")
            self.notes.append(text % {"most": MOST_GROUPS})
        self.set_pages(count_rows(groups))
        self.groups = grouping.fill_page(groups, self.start, self.page_size, self.load_rows)
        for group in self.groups:
            others = [key for key in self.folded if key != group.text_key]
            folded = others if group.is_folded else [*others, group.text_key]
            group.fold_url = self.url_with(fold=",".join(folded) or None)
        self.rows = [row for group in self.groups for row in group.rows]

    # --- the query -----------------------------------------------------------------------------
    def parse_order(self) -> str:
        order = self.query.get("ordering", DEFAULT_ORDER)
        name = order.removeprefix("-")
        own = field_of(self.custom, name)
        if name in RISK_ORDERS or (own and own.kind in SORTED):
            return order
        known = ", ".join(sorted(RISK_ORDERS))
        text = _("There is no order “%(order)s”. Sort by one of %(known)s.")
        self.problems.append(text % {"order": order, "known": known})
        return DEFAULT_ORDER

    def parse_search(self) -> str:
        text = self.query.get("search")
        if len(text) > MAX_SEARCH:
            problem = _("The search is too long. Enter at most %(most)s characters.")
            self.problems.append(problem % {"most": MAX_SEARCH})
        return text[:MAX_SEARCH]

    def parse_columns(self) -> list[Any]:
        columns, unknown = parse_columns(self.query.get("columns"), self.custom)
        if unknown:
            text = _("There is no column “%(names)s”. Choose among the columns again.")
            self.problems.append(text % {"names": ", ".join(unknown)[:200]})
        return columns

    def parse_page_size(self) -> int:
        text = self.query.get("page_size", str(PAGE_SIZE))
        if text in map(str, PAGE_SIZES):
            return int(text)
        sizes = ", ".join(map(str, PAGE_SIZES))
        problem = _("A page cannot have “%(text)s” risks. Choose one of %(sizes)s.")
        self.problems.append(problem % {"text": text[:20], "sizes": sizes})
        return PAGE_SIZE

    def parse_group(self) -> str:
        name = self.query.get("group")
        if name and name not in (*GROUPINGS, *custom_groupings(self.custom)):
            known = ", ".join(GROUPINGS)
            text = _("Risks cannot be grouped by “%(name)s”. Group by one of %(known)s.")
            self.problems.append(text % {"name": name[:50], "known": known})
            return ""
        return name

    @property
    def folded(self) -> list[str]:
        return [key for key in self.query.get("fold").split(",") if key]

    def filter_risks(self, filters: Mapping[str, str]) -> Any:
        """Return the risks that match the search and `filters`, as the API takes them."""
        risks = Risk.objects.for_organization(self.organization)
        filterset = RiskFilterSet(filters, queryset=risks, organization=self.organization)
        if problems := self.filter_problems(filterset):
            self.problems += problems
            return risks.none()
        return filterset.qs.search(self.search) if self.search else filterset.qs

    def filter_problems(self, filterset: RiskFilterSet) -> list[str]:
        cannot = _("%(filter)s: “%(value)s” cannot be used. %(error)s")
        problems = [
            cannot
            % {
                "filter": field_label(split_parameter(name)[0], self.custom),
                "value": self.filters.get(name, "")[:100],
                "error": error,
            }
            for name, errors in filterset.errors.items()
            for error in errors
        ]
        problems += [
            _("There is no filter “%(name)s”.") % {"name": name}
            for name in sorted(filterset.data.keys() - filterset.filters.keys())
        ]
        problems += [
            _("%(filter)s: choose at most %(most)s values.")
            % {"filter": field_label(split_parameter(name)[0], self.custom), "most": MAX_VALUES}
            for name, value in filterset.data.items()
            if value.count(",") >= MAX_VALUES
        ]
        return problems

    # --- the rows ------------------------------------------------------------------------------
    def set_pages(self, rows: int) -> None:
        self.total = rows
        self.pages = max(1, -(-rows // self.page_size))
        text = self.query.get("page", "1")
        number = int(text[:8]) if text.isascii() and text.isdigit() else 0
        if 1 <= number <= self.pages:
            self.page = number
            return
        problem = _("There is no page “%(page)s”. The last page is %(last)s.")
        self.problems.append(problem % {"page": text[:20], "last": self.pages})
        self.page = self.pages if number else 1

    @property
    def start(self) -> int:
        return (self.page - 1) * self.page_size

    def sort(self, risks: Any) -> Any:
        sign = "-" if self.order.startswith("-") else ""
        name = self.order.removeprefix("-")
        own = field_of(self.custom, name)
        risks = risks.annotate(_order=order_of(own) if own else RISK_ORDERS[name])
        return risks.order_by(f"{sign}_order", f"{sign}id")

    def load_page(self) -> list[dict[str, Any]]:
        """Return the rows of this page, counted from the nearer end of the list.

        The database steps over every row before them.
        """
        stop = self.start + self.page_size
        if self.start <= self.count // 2:
            return self.load_rows(self.risks, self.start, stop)
        backwards = self.select_values(self.sort(self.risks).reverse())
        return list(backwards[max(0, self.count - stop) : self.count - self.start])[::-1]

    def load_rows(self, risks: Any, start: int, stop: int | None) -> list[dict[str, Any]]:
        return list(self.select_values(self.sort(risks))[start:stop])

    def select_values(self, risks: Any) -> Any:
        paths = value_paths(self.columns)
        columns = [name for name, path in paths.items() if getattr(path, "name", "") == name]
        others = {name: path for name, path in paths.items() if name not in columns}
        return risks.values(*columns, **others)

    def iterate_parts(self) -> Iterator[tuple[str, Any]]:
        """Yield (heading, sorted risks) of all pages: one part, or one a group."""
        if not self.group:
            yield "", self.sort(self.risks)
            return
        grouping = self.grouping()
        for group in grouping.load_groups(()):
            yield group.label, self.sort(grouping.risks_of([group]))

    # --- for the template ----------------------------------------------------------------------
    def address(self, query: ListQuery) -> str:
        return list_address(self.organization.slug, query)

    def url_with(self, **changes: str | int | None) -> str:
        """The address of this list with `changes` (None removes a parameter), on its first page."""
        return self.address(self.query.changed(**changes))

    @property
    def url(self) -> str:
        return self.url_with(page=self.query.get("page") or None)

    @property
    def selects_all(self) -> bool:
        """Return whether all risks that match are selected, not only some of this page."""
        return self.query.get("select") == "all"

    @property
    def select_all_url(self) -> str:
        return self.url_with(page=self.query.get("page") or None, select="all")

    @property
    def query_text(self) -> str:
        """The filters and the search, as the API takes them: which risks "all that match" are."""
        search = {"search": self.search} if self.search else {}
        return ListQuery({**self.resolved, **search}).encode()

    @property
    def board_query(self) -> str:
        """The filters and the search as they stand in the address, for the board."""
        search = {"search": self.search} if self.search else {}
        return ListQuery({**self.filters, **search}).encode()

    @property
    def export_links(self) -> list[tuple[str, str, str]]:
        """(format, file as shown, file for re-import) with these risks, of all pages."""
        as_shown = reverse("risk-export-shown", args=[self.organization.slug])
        shown = self.query.changed(fold=None)
        search = {"search": self.search} if self.search else {}
        # The API sorts by its own fields only.
        order = DEFAULT_ORDER if self.order.lstrip("-").startswith(PREFIX) else self.order
        everything = ListQuery({**self.resolved, **search, "ordering": order})
        address = reverse("risk-export", args=[self.organization.slug])
        return [
            (
                kind.upper(),
                f"{as_shown}?{shown.encode(file_format=kind)}",
                f"{address}?{everything.encode(file_format=kind)}",
            )
            for kind in ("csv", "xlsx")
        ]

    @property
    def next_url(self) -> str:
        return self.url_with(page=self.page + 1) if self.page < self.pages else ""

    @property
    def previous_url(self) -> str:
        return self.url_with(page=self.page - 1) if self.page > 1 else ""

    @property
    def first(self) -> int:
        return self.start + 1

    @property
    def last(self) -> int:
        return self.start + len(self.rows)

    @property
    def column_heads(self) -> list[dict[str, Any]]:
        """The columns, each with its sort order and the address of the list sorted by it."""
        is_descending = self.order.startswith("-")
        heads = []
        for column in self.columns:
            is_sorted = bool(column.order) and self.order.removeprefix("-") == column.order
            next_descending = not is_descending if is_sorted else column.descending_first
            sort = "descending" if is_descending else "ascending"
            url = self.url_with(ordering=f"{'-' if next_descending else ''}{column.order}")
            heads.append({"column": column, "sort": sort if is_sorted else "", "url": url})
        return heads

    @cached_property
    def chips(self) -> list[Chip]:
        """The search and the filters in use, if they can be used."""
        if self.problems:
            return []
        address, custom = self.address, self.custom
        return build_chips(self.organization, self.query, self.filters, address, custom)

    @property
    def has_gone_values(self) -> bool:
        """Return whether a filter names something that does not exist any more."""
        return any(chip.is_gone for chip in self.chips)

    @property
    def cleared_url(self) -> str:
        """The address of the list without filters and search."""
        return self.url_with(search=None, **dict.fromkeys(self.filters))

    @property
    def hidden_fields(self) -> list[tuple[str, str]]:
        """Return what the form of the search sends along."""
        names = self.query.parameters.keys() - {"search", "page", "select", "fold"}
        fields = {name: self.query.get(name) for name in sorted(names)}
        if fields.get("view"):
            fields["ordering"] = self.order  # or the view would be opened as it is saved
        return list(fields.items())

    @cached_property
    def list_address(self) -> str:
        return reverse("risk-list", args=[self.organization.slug])

    @cached_property
    def query_string(self) -> str:
        """The address of this page of the list, as far as it says more than the list alone."""
        return self.query.encode()
