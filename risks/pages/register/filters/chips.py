"""The search and the filters in use, each with its words and the address of the list without it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext as _

from openrisk.accounts.models import Membership, Organization
from openrisk.text.names import name_key
from risks.custom_fields.definitions import NO_FIELDS, CustomFields
from risks.models import Risk, RiskTag
from risks.pages.register.filters.choices import select_choices
from risks.pages.register.filters.fields import (
    LABELS,
    FilterField,
    FilterKind,
    all_filter_fields,
    field_label,
    split_parameter,
)
from risks.pages.register.filters.values import ROW_LABELS, ROWS
from risks.pages.register.filters.words import ME, day_label
from risks.pages.register.query import ListQuery
from risks.querysets import person_label

Names = dict[tuple[str, str], str]


@dataclass(frozen=True)
class Chip:
    """One filter in use; `is_gone` if a value of it does not exist any more."""

    parameter: str
    field: str  # of the page that changes it; "" for the search
    label: str
    value: str
    url: str  # of the list without it
    is_gone: bool = False


def build_chips(
    organization: Organization,
    query: ListQuery,
    filters: Mapping[str, str],
    address: Callable[[ListQuery], str],
    custom: CustomFields = NO_FIELDS,
) -> list[Chip]:
    """Return a chip for the search and for each of `filters`, which have been checked.

    `address(query)` is that of the list.
    """
    fields = all_filter_fields(custom)
    names = names_of_values(organization, filters, fields)
    chips = []
    if search := query.get("search"):
        chips.append(
            Chip("search", "", field_label("search"), search, address(query.changed(search=None)))
        )
    for parameter, value in filters.items():
        name, lookup = split_parameter(parameter)
        field = fields[name]
        words = [value_words_of(field, each, names) for each in values_of(lookup, value)]
        chips.append(
            Chip(
                parameter,
                name,
                chip_label(field, lookup, value),
                _(", ").join(words[:3]) + (f" +{len(words) - 3}" if len(words) > 3 else ""),
                address(query.changed(**{parameter: None})),
                is_gone=gone() in words,
            )
        )
    return chips


def values_of(lookup: str, value: str) -> list[str]:
    if lookup == "in":
        return value.split(",")
    return [] if lookup == "isnull" or value == "true" else [value]


def gone() -> str:
    return _("no longer there")


def chip_label(field: FilterField, lookup: str, value: str) -> str:
    """Return the words before the value: "Level", "Next review until", "No owner"."""
    name, label = field.name, field.label
    if lookup == "isnull":
        if value != "true":
            return _("%(field)s: any") % {"field": label}
        if f"{name}__isnull" in LABELS:
            return field_label(f"{name}__isnull")
        return f"{label}: {field.none_label.lower()}"
    texts = {
        "gte": _("%(field)s from"),
        "lte": _("%(field)s up to"),
        "contains": _("%(field)s contains"),
    }
    return texts.get(lookup, "%(field)s") % {"field": label}


def value_words_of(field: FilterField, value: str, names: Names) -> str:
    """Return a value as people read it."""
    name, kind = field.name, field.kind
    if kind is FilterKind.PERSON and value == ME:
        return _("me")
    if kind in (FilterKind.PERSON, FilterKind.ROW):
        return names.get((name, value_key(value)), gone())
    if kind is FilterKind.CHOICE:
        column: Any = Risk._meta.get_field(name)
        return str(dict(column.flatchoices).get(value, value))
    if kind is FilterKind.DAY:
        return day_label(value)
    if name == "tag" and (name, name_key(value)) not in names:
        return gone()
    return _("no") if kind is FilterKind.FLAG else value


def value_key(value: str) -> str:
    try:
        return str(UUID(value))
    except ValueError:
        return value


def names_of_values(
    organization: Organization, filters: Mapping[str, str], fields: Mapping[str, FilterField]
) -> Names:
    """Load the names of the people, rows and tags that the filters name, in one query."""
    queries = []
    for parameter, value in filters.items():
        name, lookup = split_parameter(parameter)
        values = [each for each in values_of(lookup, value) if each not in ("", ME)]
        kind = fields[name].kind
        if values and (kind in (FilterKind.PERSON, FilterKind.ROW) or name == "tag"):
            queries.append(select_names(organization, name, values))
    if not queries:
        return {}
    rows = queries[0].union(*queries[1:], all=True)
    return {(kind, value_key(value)): label for kind, value, label in rows}


def select_names(organization: Organization, name: str, values: list[str]) -> Any:
    """Return the query for (field, value, name) of some values of one field."""
    rows: Any
    value: Any
    label: Any
    match name:
        case "tag":
            rows = RiskTag.objects.filter(name_key__in=[name_key(value) for value in values])
            value, label = "name_key", F("name_key")
        case "category" | "asset" | "control":
            rows = ROWS[name].objects.filter(pk__in=values)
            value, label = "pk", ROW_LABELS[name]
        case _:
            rows = Membership.objects.filter(user__in=list[Any](values))
            value, label = "user", person_label("user")
    chosen = select_choices(rows.filter(organization=organization), name, value, label)
    return chosen.distinct()
