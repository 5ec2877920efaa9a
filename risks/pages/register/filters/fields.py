"""The fields that the list of risks is filtered by: all that the API has a filter for."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_filters.filters import DateFilter

from openrisk.api.filters import FlagFilter
from risks.api.filters import RiskFilterSet
from risks.custom_fields.definitions import NO_FIELDS, CustomFields, field_of, split_name
from risks.custom_fields.query import LOOKUPS
from risks.custom_fields.values import CHOSEN, NUMBERS, TEXTS
from risks.fields import FIELD, PEOPLE
from risks.models import CustomField, CustomFieldKind, Risk
from risks.models.custom_fields import PREFIX
from risks.scoring import KINDS


class FilterKind(StrEnum):
    CHOICE = "choice"  # one of the model's choices
    RATING = "rating"  # of the matrix
    PERSON = "person"
    ROW = "row"  # a row of the organization, by its id
    WORD = "word"  # a tag, or the name of a source
    NUMBER = "number"  # a range
    DAY = "day"  # a range of days
    TEXT = "text"
    FLAG = "flag"
    OPTION = "option"  # one of the options of a custom field


NAMED_KINDS = {
    FilterKind.ROW: ("category", "asset", "control"),
    FilterKind.WORD: ("tag", "source_name"),
    FilterKind.PERSON: (*PEOPLE, "watched_by"),
    FilterKind.RATING: tuple(
        f"{kind}_{part}" for kind in (*KINDS, "current") for part in ("likelihood", "impact")
    ),
}
COMMON = (
    *("status", "current_level", "owner", "category", "tag", "treatment", "asset"),
    *("next_review_at", "open", "review_overdue"),
)
LABELS: dict[str, Any] = {
    "search": gettext_lazy("Search"),
    "open": gettext_lazy("Open"),
    "review_overdue": gettext_lazy("Review overdue"),
    "derived": gettext_lazy("Ratings derived"),
    "former_member": gettext_lazy("Former member"),
    "current_level": gettext_lazy("Level"),
    "current_level__isnull": gettext_lazy("Not assessed"),
    "current_likelihood": gettext_lazy("Likelihood"),
    "current_impact": gettext_lazy("Impact"),
    "current_score": gettext_lazy("Score"),
    "created_at": gettext_lazy("Created"),
    "updated_at": gettext_lazy("Updated"),
    "last_reviewed_at": gettext_lazy("Last review"),
    "registered_since": gettext_lazy("In the register since"),
    "closed_since": gettext_lazy("Closed since"),
}


def field_label(name: str, custom: CustomFields = NO_FIELDS) -> str:
    if own := field_of(custom, name):
        return own.label
    if name in LABELS:
        return str(LABELS[name])
    return FIELD[name].title if name in FIELD else name.replace("_", " ").capitalize()


@dataclass(frozen=True)
class FilterField:
    """A field with its filters; `lookups` are their endings, "exact" for the plain name."""

    name: str
    kind: FilterKind
    lookups: tuple[str, ...]
    custom: CustomField | None = None

    @property
    def label(self) -> str:
        return self.custom.label if self.custom else field_label(self.name)

    @property
    def parameters(self) -> list[str]:
        """The parameters of an address that filter by this field."""
        return [
            self.name if lookup == "exact" else f"{self.name}__{lookup}" for lookup in self.lookups
        ]

    @property
    def takes_several(self) -> bool:
        return "in" in self.lookups

    @property
    def list_parameter(self) -> str:
        """The parameter that takes several values, or the only one there is."""
        return f"{self.name}__in" if "in" in self.lookups else self.parameters[0]

    @property
    def none_label(self) -> str:
        """The words for risks without a value, if they can be asked for."""
        if "isnull" not in self.lookups:
            return ""
        if self.custom and self.kind is not FilterKind.PERSON:
            return _("Empty")
        if self.kind is FilterKind.DAY:
            return _("No date")
        if self.kind in (FilterKind.RATING, FilterKind.NUMBER) or self.name.endswith("_level"):
            return _("Not assessed")
        return _("None")


def split_parameter(parameter: str) -> tuple[str, str]:
    """Return the field and the lookup of a parameter: `status__in` is ("status", "in")."""
    if own := split_name(parameter):
        return PREFIX + own[0], own[1]
    name, _separator, lookup = parameter.partition("__")
    return name, lookup or "exact"


@cache
def filter_fields() -> dict[str, FilterField]:
    """Return all fields that can be filtered by: the common ones first, then in their order."""
    lookups: dict[str, list[str]] = {}
    for parameter in RiskFilterSet.base_filters:
        name, lookup = split_parameter(parameter)
        lookups.setdefault(name, []).append(lookup)
    order = [*COMMON, *(name for name in FIELD if name not in COMMON)]
    names = sorted(lookups, key=lambda name: order.index(name) if name in order else len(order))
    return {name: FilterField(name, kind_of(name), tuple(lookups[name])) for name in names}


CUSTOM_KINDS = {
    **dict.fromkeys(TEXTS, FilterKind.TEXT),
    **dict.fromkeys(NUMBERS, FilterKind.NUMBER),
    **dict.fromkeys(CHOSEN, FilterKind.OPTION),
    CustomFieldKind.DATE: FilterKind.DAY,
    CustomFieldKind.PERSON: FilterKind.PERSON,
    CustomFieldKind.FLAG: FilterKind.FLAG,
}


def all_filter_fields(custom: CustomFields) -> dict[str, FilterField]:
    """Return the fields that can be filtered by in an organization with these custom fields."""
    return filter_fields() | {
        field.name: FilterField(
            field.name,
            CUSTOM_KINDS[CustomFieldKind(field.kind)],
            LOOKUPS[CustomFieldKind(field.kind)],
            field,
        )
        for field in custom.values()
    }


# By kinds of columns; the first that fits.
COLUMN_KINDS = (
    (models.DateTimeField, FilterKind.DAY),
    (models.IntegerField, FilterKind.NUMBER),
    (models.DecimalField, FilterKind.NUMBER),
)


def kind_of(name: str) -> FilterKind:
    if kind := next((kind for kind, names in NAMED_KINDS.items() if name in names), None):
        return kind
    given: Any = RiskFilterSet.base_filters.get(name)
    if isinstance(given, FlagFilter):
        return FilterKind.FLAG
    if isinstance(given, DateFilter):
        return FilterKind.DAY
    try:
        column: Any = Risk._meta.get_field(name)
    except FieldDoesNotExist:
        return FilterKind.TEXT
    if getattr(column, "choices", None):
        return FilterKind.CHOICE
    kinds = (kind for column_type, kind in COLUMN_KINDS if isinstance(column, column_type))
    return next(kinds, FilterKind.TEXT)
