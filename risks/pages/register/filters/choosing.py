"""The page on which a filter is added: first the field, then its values with their counts."""

from dataclasses import dataclass, replace
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from openrisk.accounts.models import Role
from openrisk.pages.guards import MemberRequest, member_required
from risks.custom_fields.services import fields_of
from risks.pages.register.dialogs import render_dialog
from risks.pages.register.filters.fields import FilterField, FilterKind, all_filter_fields
from risks.pages.register.filters.values import MOST_VALUES, OfferedValue, count_values
from risks.pages.register.filters.words import COMING_DAYS, PAST_DAYS, day_label
from risks.pages.register.listing import Listing
from risks.pages.register.query import ListQuery
from risks.pages.register.risk_list import READS
from risks.pages.reuse import reuse_or_compute

SEARCHED = (FilterKind.PERSON, FilterKind.ROW, FilterKind.WORD)
LONGEST_TEXT = 100


@require_safe
@member_required(Role.VIEWER)
def choose_field(request: MemberRequest) -> HttpResponse:
    """Offer all fields that the list can be filtered by."""
    query = ListQuery.read(request.GET)
    custom = fields_of(request.membership.organization)
    fields = [
        (field, any(query.get(name) for name in field.parameters))
        for field in all_filter_fields(custom).values()
    ]
    context = {
        "fields": fields,
        "query": query.encode(),
        "back": Listing(request.membership.organization, query).url,
    }
    return render_dialog(request, "risks/register/filter_fields.html", context)


@require_safe
@member_required(Role.VIEWER)
def choose_values(request: MemberRequest, name: str) -> HttpResponse:
    """Offer the values of a field, each with the number of risks it would leave."""
    field = all_filter_fields(fields_of(request.membership.organization)).get(name)
    if field is None:
        raise Http404
    query = ListQuery.read(request.GET)
    text = query.get("q")[:LONGEST_TEXT]
    query = replace(query, parameters={n: v for n, v in query.parameters.items() if n != "q"})
    listing = Listing(request.membership.organization, query, request.membership.user)
    values = [OfferedValue(**row) for row in find_values(request, listing, field, text)]
    chosen = {(name, each) for name in field.parameters for each in query.get(name).split(",")}
    others = {
        name: value
        for name, value in query.parameters.items()
        if name not in field.parameters and name not in ("page", "select", "fold")
    }
    if others.get("view") and not others.keys() - {"view"}:
        others["ordering"] = listing.order
    ranges = range_fields(field, query)
    is_text = field.kind is FilterKind.TEXT
    options = offered_values(listing, field, values, chosen)
    offered = {option.value.value for option in options}
    kept = [each for each in query.get(field.list_parameter).split(",") if each]
    context: dict[str, Any] = {
        "field": field,
        "section": _("Risks"),
        "list_url": listing.list_address,
        "address": reverse("risk-filter", args=[request.organization_slug, name]),
        "values": options,
        "query_fields": query.parameters.items(),
        "kept_values": [value for value in kept if value not in offered and not is_text],
        "is_text": is_text,
        "has_form": bool(ranges) or is_text or not all(option.is_alone for option in options),
        "cleared_url": listing.url_with(**dict.fromkeys(field.parameters)),
        "others": others,
        "query": query.encode(),
        "text": text,
        "is_searched": field.kind in SEARCHED and (text or len(values) >= MOST_VALUES // 2),
        "ranges": ranges,
        "typed": query.get(field.list_parameter if field.custom else field.name),
        "back": listing.url,
    }
    return render_dialog(request, "risks/register/filter_values.html", context)


def find_values(
    request: MemberRequest, listing: Listing, field: FilterField, text: str
) -> list[dict[str, Any]]:
    """Return the offered values from the cache, or count them."""
    others = {n: v for n, v in listing.resolved.items() if n not in field.parameters}

    def compute() -> list[dict[str, Any]]:
        risks = listing.filter_risks(others)
        return [vars(value) for value in count_values(listing.organization, field, risks, text)]

    return reuse_or_compute(
        request,
        f"risk filter {field.name} {text!r} {listing.search!r} {sorted(others.items())}",
        compute,
        reads=READS,
        clock="minute",
    )


@dataclass(frozen=True)
class Option:
    """A value as a form offers it."""

    value: OfferedValue
    is_chosen: bool
    is_alone: bool  # goes with no other value: a link instead of a box
    url: str  # of the list with this value alone


def offered_values(
    listing: Listing, field: FilterField, values: list[OfferedValue], chosen: set[tuple[str, str]]
) -> list[Option]:
    return [
        Option(
            value,
            is_chosen=any(
                (name, value.value) in chosen for name in {value.parameter, *field.parameters}
            ),
            is_alone=not value.parameter.endswith("__in"),
            url=listing.url_with(
                **{**dict.fromkeys(field.parameters), value.parameter: value.value}
            ),
        )
        for value in values
    ]


def range_fields(field: FilterField, query: ListQuery) -> list[dict[str, Any]]:
    """Return the two ends of a range, with what is set now and the days to choose among."""
    if field.kind not in (FilterKind.NUMBER, FilterKind.DAY):
        return []
    days = [*PAST_DAYS, *COMING_DAYS] if field.kind is FilterKind.DAY else []
    ends = [("gte", _("From")), ("lte", _("Up to"))]
    if field.lookups == ("exact",):
        ends = [("exact", _("Since"))]
    fields = []
    for lookup, label in ends:
        parameter = field.name if lookup == "exact" else f"{field.name}__{lookup}"
        value = query.get(parameter)
        fields.append(
            {
                "parameter": parameter,
                "label": label,
                "value": value,
                "days": [(day, day_label(day), day == value) for day in days],
                "is_word": value in days,
            }
        )
    return fields
