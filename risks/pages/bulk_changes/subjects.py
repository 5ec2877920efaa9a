"""The pages of the rows that bulk changes are for: their list, what it selects, and each row."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from openrisk.accounts.models import Membership
from risks.api.selection import FILTERS
from risks.models import BulkSubject
from risks.pages.bulk_changes.selection import list_matching
from risks.pages.findings.listing import match_findings


@dataclass(frozen=True)
class SubjectPages:
    """`list_route` is the list, whose boxes are called `box`; `match` returns the rows that its
    query shows, or raises InvalidParameters; `row_url` is the page of a row."""

    list_route: str
    label: Promise
    one: Promise
    box: str
    select_first: Promise
    match: Callable[[Membership, str], QuerySet[Any]]
    row_url: Callable[[str, UUID, str], str]
    has_reference_links: bool = False  # a reference is also the address

    def list_url(self, organization_slug: str, query: str = "") -> str:
        return reverse(self.list_route, args=[organization_slug]) + (f"?{query}" if query else "")


def filters_of(subject: str) -> Callable[[Membership, str], QuerySet[Any]]:
    """Return the `match` of a list whose filters are all filters of the API."""
    return lambda membership, query: FILTERS[subject](membership.organization, query)


PAGES: dict[str, SubjectPages] = {
    BulkSubject.RISK: SubjectPages(
        list_route="risk-list",
        label=_("Risks"),
        one=_("Risk"),
        box="risk",
        select_first=_("Select at least one risk first."),
        match=lambda membership, query: list_matching(membership, query).risks,
        row_url=lambda slug, pk, reference: reverse("risk-page", args=[slug, reference]),
        has_reference_links=True,
    ),
    BulkSubject.ASSET: SubjectPages(
        list_route="asset-list",
        label=_("Assets"),
        one=_("Asset"),
        box="asset",
        select_first=_("Select at least one asset first."),
        match=filters_of(BulkSubject.ASSET),
        row_url=lambda slug, pk, reference: reverse("asset-page", args=[slug, pk]),
    ),
    BulkSubject.CONTROL: SubjectPages(
        list_route="controls",
        label=_("Controls"),
        one=_("Control"),
        box="control",
        select_first=_("Select at least one control first."),
        match=filters_of(BulkSubject.CONTROL),
        row_url=lambda slug, pk, reference: reverse("control", args=[slug, pk]),
    ),
    BulkSubject.FINDING: SubjectPages(
        list_route="finding-list",
        label=_("Findings"),
        one=_("Finding"),
        box="finding",
        select_first=_("Select at least one finding first."),
        match=match_findings,
        row_url=lambda slug, pk, reference: reverse("finding-page", args=[slug, pk]),
    ),
}
