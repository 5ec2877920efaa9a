"""The list of findings as a page, its filters with their counts, and the list as files."""

from collections.abc import Iterator
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from openrisk.accounts.models import Membership, Role, User
from openrisk.pages.guards import MemberRequest, member_required
from risks import exports
from risks.models import Asset, Finding, Risk
from risks.pages.findings.columns import file_row
from risks.pages.findings.facets import FACETS, Facet
from risks.pages.findings.listing import FindingListing
from risks.pages.list_files import send_file
from risks.pages.register.dialogs import render_dialog
from risks.pages.register.filters.choosing import Option
from risks.pages.register.filters.values import MOST_VALUES, OfferedValue
from risks.pages.register.filters.words import PAST_DAYS, day_label
from risks.pages.register.query import ListQuery
from risks.pages.reuse import reuse_or_compute

READS = (Finding, Asset, Risk, Membership, User)
LONGEST_TEXT = 100


@require_safe
@member_required(Role.VIEWER)
def finding_list(request: MemberRequest) -> HttpResponse:
    rendered = render_or_reuse(request)
    query = ListQuery.read(request.GET)
    context = {
        "html": SafeString(rendered["html"]),  # a template has escaped it
        "count": rendered["count"],
        "search": query.get("search"),
        "may_write": request.membership.has_role(Role.ANALYST),
    }
    return render(request, "risks/findings/list.html", context, status=rendered["status"])


def render_or_reuse(request: MemberRequest) -> dict[str, Any]:
    """Return the rendered table, kept for members with the same rights while it is unchanged."""
    membership = request.membership
    may_write = membership.has_role(Role.ANALYST)
    query = ListQuery.read(request.GET)

    def compute() -> dict[str, Any]:
        listing = FindingListing.read(membership, request.GET)
        context = {
            "listing": listing,
            "facets": FACETS.values(),
            "quick_filters": quick_filters(listing),
            "organization": membership.organization.slug,
            "may_write": may_write,
        }
        html = render_to_string("risks/findings/_list.html", context)
        status = 400 if listing.problems else 200
        return {"html": str(html), "count": listing.count, "status": status}

    whose = str(membership.user_id) if "me" in query.parameters.values() else ""
    return reuse_or_compute(
        request,
        f"finding list {may_write} {whose} {sorted(query.parameters.items())}",
        compute,
        reads=READS,
        clock="day",  # ages are counted in days
    )


def quick_filters(listing: FindingListing) -> list[tuple[str, str, bool]]:
    """Return (label, address that sets or removes it, whether it is set) of the usual filters."""
    offered = (
        (_("Open"), "state", "open"),
        (_("Known exploited"), "known_exploited", "true"),
        (_("On my assets"), "asset_owner", "me"),
        (_("Without a risk"), "risk__isnull", "true"),
    )
    return [
        (
            label,
            listing.url_with(**{name: None if listing.query.get(name) == value else value}),
            listing.query.get(name) == value,
        )
        for label, name, value in offered
    ]


# --- Filters with their counts --------------------------------------------------------------------
@require_safe
@member_required(Role.VIEWER)
def choose_values(request: MemberRequest, name: str) -> HttpResponse:
    """Offer the values of a filter, each with the number of findings it would leave."""
    facet = FACETS.get(name)
    if facet is None:
        raise Http404
    given = request.GET.copy()
    text = given.pop("q", [""])[-1][:LONGEST_TEXT]
    listing = FindingListing.read(request.membership, given)
    values = [OfferedValue(**row) for row in find_values(request, listing, facet, text)]
    query = listing.query
    chosen = {(p, each) for p in facet.parameters for each in query.get(p, "").split(",") if each}
    options = [
        Option(
            value,
            is_chosen=any((p, value.value) in chosen for p in {value.parameter, facet.name}),
            is_alone=not value.parameter.endswith("__in"),
            url=listing.url_with(
                **{**dict.fromkeys(facet.parameters), value.parameter: value.value}
            ),
        )
        for value in values
    ]
    offered = {option.value.value for option in options}
    kept = [each for each in query.get(facet.list_parameter, "").split(",") if each]
    ranges = range_fields(facet, query)
    context = {
        "field": facet,
        "section": _("Findings"),
        "list_url": listing.base_url,
        "address": reverse("finding-filter", args=[request.organization_slug, name]),
        "values": options,
        "query_fields": query.items(),
        "kept_values": [value for value in kept if value not in offered and not ranges],
        "has_form": bool(ranges) or not all(option.is_alone for option in options),
        "cleared_url": listing.url_with(**dict.fromkeys(facet.parameters)),
        "others": {
            n: v
            for n, v in query.items()
            if n not in facet.parameters and n not in ("page", "select")
        },
        "text": text,
        "is_searched": facet.is_searched and (text or len(values) >= MOST_VALUES // 2),
        "ranges": ranges,
        "back": listing.url,
    }
    return render_dialog(request, "risks/register/filter_values.html", context)


def find_values(
    request: MemberRequest, listing: FindingListing, facet: Facet, text: str
) -> list[dict[str, Any]]:
    """Return the offered values from the cache, or count them."""

    def compute() -> list[dict[str, Any]]:
        if listing.problems:
            return []
        return [
            vars(value) for value in facet.count(listing.matching_without(facet.parameters), text)
        ]

    others = {n: v for n, v in listing.filter_values().items() if n not in facet.parameters}
    return reuse_or_compute(
        request,
        f"finding filter {facet.name} {text!r} {listing.search!r} {sorted(others.items())}",
        compute,
        reads=READS,
        clock="day",
    )


def range_fields(facet: Facet, query: dict[str, str]) -> list[dict[str, Any]]:
    """Return the two ends of a range, with what is set now and the days to choose among."""
    if not facet.range:
        return []
    days = PAST_DAYS if facet.range == "day" else ()
    return [
        {
            "parameter": parameter,
            "label": label,
            "value": query.get(parameter, ""),
            "days": [(day, day_label(day), day == query.get(parameter)) for day in days],
            "is_word": query.get(parameter, "") in days,
        }
        for parameter, label in zip(facet.parameters, (_("From"), _("Up to")), strict=True)
    ]


# --- Files ----------------------------------------------------------------------------------------
@require_safe
@member_required(Role.VIEWER)
def export_findings(request: MemberRequest) -> HttpResponseBase:
    """Return a file with the rows, the order and the columns of the list, of all its pages."""
    given = request.GET.copy()
    file_format = given.pop("file_format", ["csv"])[-1]
    listing = FindingListing.read(request.membership, given)
    return send_file(
        request,
        listing,
        file_rows(listing),
        file_format=file_format,
        name="findings",
        title=_("Findings"),
    )


def file_rows(listing: FindingListing) -> Iterator[list[Any]]:
    yield [str(column.label) for column in listing.columns]
    for rows in listing.all_rows(exports.CHUNK):
        for row in rows:
            yield file_row(listing.columns, row)
