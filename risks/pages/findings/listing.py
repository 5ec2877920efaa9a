"""One page of the list of findings, from its address: with the filters and orders of the API."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openrisk.accounts.models import Membership, Organization, User
from openrisk.errors import InvalidParameters
from risks.api.filters import FindingFilterSet
from risks.models import Asset, Finding, Risk
from risks.pages.findings.columns import (
    COLUMNS,
    SEVERITIES,
    STATES,
    build_cells,
    parse_columns,
    percent_text,
    value_paths,
)
from risks.pages.listing import RowListing
from risks.pages.register.filters.words import ME, day_label, parse_day
from risks.pages.register.query import ListQuery
from risks.querysets import FINDING_ORDERS, person_label

PERSON_PARAMETERS = ("asset_owner",)


class FindingListing(RowListing):
    """The findings that match the query; `user` is who "me" is."""

    route = "finding-list"
    filterset = FindingFilterSet
    orders = FINDING_ORDERS
    default_order = "-severity"
    searchable = True
    own_parameters = ("columns", "select")
    labels = {
        "search": gettext_lazy("Search"),
        "severity": gettext_lazy("Severity"),
        "state": gettext_lazy("State"),
        "tool": gettext_lazy("Tool"),
        "rule": gettext_lazy("Rule or CVE"),
        "asset": gettext_lazy("Asset"),
        "asset_owner": gettext_lazy("On assets of"),
        "known_exploited": gettext_lazy("Known exploited"),
        "epss__gte": gettext_lazy("EPSS at least"),
        "epss__lte": gettext_lazy("EPSS at most"),
        "cvss__gte": gettext_lazy("CVSS at least"),
        "cvss__lte": gettext_lazy("CVSS at most"),
        "risk": gettext_lazy("Risk"),
        "proposal": gettext_lazy("Proposal"),
        "first_seen_at__gte": gettext_lazy("First seen from"),
        "first_seen_at__lte": gettext_lazy("First seen up to"),
        "last_seen_at__gte": gettext_lazy("Last seen from"),
        "last_seen_at__lte": gettext_lazy("Last seen up to"),
        "decided_until__gte": gettext_lazy("Decided until, from"),
        "decided_until__lte": gettext_lazy("Decided until, up to"),
    }

    def __init__(
        self, organization: Organization, query: Mapping[str, str], user: User | None = None
    ) -> None:
        self.user, self.today = user, timezone.now().date()
        super().__init__(organization, query)

    @classmethod
    def read(cls, membership: Membership, given: QueryDict) -> "FindingListing":
        """Read an address; boxes that are ticked make one list of values."""
        query = ListQuery.read(given).parameters
        return cls(membership.organization, query, membership.user)

    def base_rows(self) -> Any:
        return Finding.objects.for_organization(self.organization)

    def filter_values(self) -> dict[str, str]:
        return {name: self.resolve_word(name, value) for name, value in self.filters.items()}

    def resolve_word(self, name: str, value: str) -> str:
        """Return the value of a filter as the API takes it: "me" and "30-days-ago" are words."""
        if name in PERSON_PARAMETERS and value == ME and self.user is not None:
            return str(self.user.pk)
        if "_seen_at__" in name and (day := parse_day(value, self.today)):
            return f"{day}T23:59:59.999999Z" if name.endswith("__lte") else f"{day}T00:00:00Z"
        if name.startswith("decided_until__") and (day := parse_day(value, self.today)):
            return day.isoformat()
        return value

    def matching_without(self, names: tuple[str, ...]) -> Any:
        """Return the findings that the other filters leave."""
        values = {name: text for name, text in self.filter_values().items() if name not in names}
        findings = self.filterset(values, queryset=self.base_rows()).qs.order_by()
        return findings.search(self.search) if self.search else findings

    def load_page(self, ordered: Any) -> list[Any]:
        rows = list(ordered.values(*value_paths(self.columns)))
        build_cells(self.columns, rows)
        return rows

    def all_rows(self, size: int) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows of all pages, in their order, some at a time."""
        rows: list[dict[str, Any]] = []
        for row in self.sort(self.matching).values(*value_paths(self.columns)).iterator(size):
            rows.append(row)
            if len(rows) == size:
                build_cells(self.columns, rows)
                yield rows
                rows = []
        build_cells(self.columns, rows)
        yield rows

    @cached_property
    def columns(self) -> Any:  # type: ignore[override]
        """The columns that the address asks for, or the usual ones."""
        columns, unknown = parse_columns(self.query.get("columns", ""))
        if unknown:
            text = _("There is no column “%(names)s”. Choose among the columns again.")
            self.problems.append(text % {"names": ", ".join(unknown)[:200]})
        return columns

    # --- for the template ------------------------------------------------------------------------
    @property
    def column_choices(self) -> list[tuple[str, Any, bool]]:
        """Return name, label and whether it is shown, of all columns that may be left out."""
        shown = {column.name for column in self.columns}
        return [(c.name, c.label, c.name in shown) for c in COLUMNS.values() if c.name != "title"]

    @property
    def names_me(self) -> bool:
        return any(self.filters.get(name) == ME for name in PERSON_PARAMETERS)

    @property
    def query_string(self) -> str:
        """The address of this page of the list, as far as it says more than the list alone."""
        return ListQuery({n: v for n, v in self.query.items() if n != "select"}).encode()

    @property
    def other_parameters(self) -> list[tuple[str, str]]:
        """Return what the form of the search sends along."""
        left_out = ("search", "page", "select")
        return [(name, value) for name, value in self.query.items() if name not in left_out]

    def filter_label(self, name: str) -> str:
        field, _separator, lookup = name.partition("__")
        if lookup == "isnull":
            text = _("No %(field)s") if self.filters.get(name) == "true" else _("Any %(field)s")
            return text % {"field": str(self.labels.get(field, field)).lower()}
        label = self.labels.get(name) or self.labels.get(field)
        return str(label) if label else name

    def filter_value(self, name: str, value: str) -> str:
        field, _separator, lookup = name.partition("__")
        if lookup == "isnull":
            return ""
        if value == "false":
            return _("no")
        values = value.split(",")
        labels = {"severity": SEVERITIES, "state": STATES}.get(field)
        if labels:
            words = [labels.get(each, each) for each in values]
        elif field in ("asset", "risk", "asset_owner"):
            words = self.names_of(field, values)
        elif field == "epss":
            words = [percent_text(float(value))]
        elif field.endswith("_at") or field == "decided_until":
            words = [day_label(value)]
        else:
            words = values
        return _(", ").join(words[:3]) + (f" +{len(words) - 3}" if len(words) > 3 else "")

    def names_of(self, field: str, values: list[str]) -> list[str]:
        if field == "asset_owner" and values == [ME]:
            return [_("me")]
        rows: Any
        if field == "asset_owner":
            members = Membership.objects.filter(
                organization=self.organization, user__in=list[Any](values)
            )
            rows = members.values_list("user", person_label("user"))
        elif field == "asset":
            rows = Asset.objects.for_organization(self.organization).filter(pk__in=values)
            rows = rows.values_list("pk", "name")
        else:
            rows = Risk.objects.for_organization(self.organization).filter(pk__in=values)
            rows = rows.values_list("pk", "reference")
        names = {str(pk): name for pk, name in rows}
        return [names.get(value.lower(), _("no longer there")) for value in values]


def match_findings(membership: Membership, query: str) -> QuerySet[Any]:
    """Return the findings that the list shows for a query string, or raise InvalidParameters."""
    listing = FindingListing.read(membership, QueryDict(query))
    if listing.problems:
        raise InvalidParameters({"query": listing.problems})
    findings: QuerySet[Any] = listing.matching
    return findings
