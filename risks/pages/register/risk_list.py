"""The list of risks as a page, as the table alone for htmx, and as files."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from openrisk.accounts.models import Membership, Role, User
from openrisk.pages.guards import MemberRequest, member_required
from risks import exports
from risks.api.views.exports import RiskExportViewSet, csv_response, xlsx_response
from risks.models import (
    Asset,
    Category,
    Control,
    CustomField,
    Risk,
    RiskAsset,
    RiskControl,
    RiskTag,
    ScoreChange,
)
from risks.pages.register.cells import file_values, row_words
from risks.pages.register.filters.words import names_me
from risks.pages.register.grouping import grouping_label
from risks.pages.register.listing import Listing
from risks.pages.register.query import ListQuery
from risks.pages.register.saved_views import OpenedView, open_view
from risks.pages.register.workbook import iterate_cells, write_list_report
from risks.pages.reuse import reuse_or_compute
from risks.services.bulk_changes.kinds import DeleteKind

# A list with a filter that reads other models is computed each time.
READS = (
    *(Risk, ScoreChange, Category, RiskTag, RiskAsset, RiskControl, Asset, Control),
    *(Membership, User, CustomField),
)


@require_safe
@member_required(Role.VIEWER)
@vary_on_headers("HX-Request", "HX-Target")
def risk_list(request: MemberRequest) -> HttpResponse:
    swaps = request.htmx.target == "register" and not request.htmx.history_restore_request
    opened = open_view(request.membership, ListQuery.read(request.GET))
    rendered = find_or_render(request, opened, swaps=swaps)
    # A template has escaped it; the cache stores plain text.
    html = SafeString(rendered["html"])
    if swaps:
        response = HttpResponse(html, status=rendered["status"])
        response["HX-Push-Url"] = rendered["url"]  # without the fields that were left empty
        return response
    context = {
        "html": html,
        "count": SafeString(rendered["count"]),
        "search": opened.query.get("search"),
        "opened": opened,
        "may_write": request.membership.has_role(Role.ANALYST),
    }
    return render(request, "risks/register/list.html", context, status=rendered["status"])


def find_or_render(request: MemberRequest, opened: OpenedView, *, swaps: bool) -> dict[str, Any]:
    """Return the table from the cache, or render it: the same for all members with these rights."""
    membership = request.membership
    rights = {
        "may_write": membership.has_role(Role.ANALYST),
        "may_delete": membership.has_role(DeleteKind.role),
    }

    def compute() -> dict[str, Any]:
        return render_register(membership, opened, rights, swaps=swaps)

    query = opened.query
    whose = membership.user_id if names_me(query.filters) else ""
    state = (swaps, *rights.values(), opened.is_changed, opened.problems, whose)
    return reuse_or_compute(
        request,
        f"risk list {state} {sorted(query.parameters.items())}",
        compute,
        reads=READS,
        clock="minute",  # a review becomes overdue
    )


def render_register(
    membership: Membership, opened: OpenedView, rights: dict[str, bool], *, swaps: bool
) -> dict[str, Any]:
    """Render the table with its filters, and return it with its status and address."""
    listing = Listing(membership.organization, opened.query, membership.user)
    listing.problems += opened.problems
    if listing.problems:
        listing.risks = listing.risks.none()
    listing.load()
    context = {
        "listing": listing,
        "is_changed": opened.is_changed,
        "grouping": grouping_label(listing.group, listing.custom) if listing.group else "",
        "quick_filters": quick_filters(listing),
        "words": row_words(),
        "swaps": swaps,
        "organization": membership.organization.slug,
        **rights,
    }
    return {
        "html": render_to_string("risks/register/_register.html", context),
        "count": render_to_string("risks/register/_count.html", context | {"swaps": False}),
        "status": 400 if listing.problems else 200,
        "url": listing.url,
    }


def quick_filters(listing: Listing) -> list[tuple[str, str, bool]]:
    """Return (label, address that sets or removes it, whether it is set) of the usual filters."""
    offered = (
        (_("Mine"), "owner", "me"),
        (_("Open"), "open", "true"),
        (_("Overdue review"), "review_overdue", "true"),
        (_("Unassessed"), "current_level__isnull", "true"),
    )
    return [
        (
            label,
            listing.url_with(**{name: None if listing.query.get(name) == value else value}),
            listing.query.get(name) == value,
        )
        for label, name, value in offered
    ]


# --- Files --------------------------------------------------------------------------------------
@require_safe
@member_required(Role.VIEWER)
def export_risks(request: MemberRequest) -> HttpResponseBase:
    """Return the file of the API, at an address that a browser opens without headers."""
    return RiskExportViewSet.as_view({"get": "list"})(request)


@require_safe
@member_required(Role.VIEWER)
def export_shown(request: MemberRequest) -> HttpResponseBase:
    """Return a file with the rows, the order and the columns of the list, of all its pages."""
    membership = request.membership
    query = ListQuery.read(request.GET)
    file_format = query.get("file_format", "csv")
    query = replace(
        query, parameters={n: v for n, v in query.parameters.items() if n != "file_format"}
    )
    opened = open_view(membership, query)
    listing = Listing(membership.organization, opened.query, membership.user)
    if file_format not in exports.MEDIA_TYPES:
        listing.problems.append(_("There is no such file. Choose CSV or XLSX."))
    if problems := [*listing.problems, *opened.problems]:
        context = {"problems": problems, "list_url": listing.list_address}
        return render(request, "risks/no_file.html", context, status=400)
    slug = membership.organization.slug
    name = f"risks-{slug}-{timezone.now():%Y-%m-%d}-as-shown.{file_format}"
    if file_format == "csv":
        return csv_response(exports.csv_text(file_rows(listing)), name)
    return xlsx_response(lambda file: write_list_report(listing, membership.user, file), name)


def file_rows(listing: Listing) -> Iterator[list[Any]]:
    """Yield the header and a row for each risk; a grouped list has its groups in a first column."""
    header = [grouping_label(listing.group, listing.custom)] if listing.group else []
    for column in listing.columns:
        header += [column.label, _("%(column)s: score") % {"column": column.label}][
            : 2 if column.kind == "level" else 1
        ]
    yield header
    for heading, cells in iterate_cells(listing):
        values = [value for cell in cells for value in file_values(cell)]
        yield [heading, *values] if listing.group else values
