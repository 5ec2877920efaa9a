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
from risks.fields import FIELD, PEOPLE
from risks.models import Risk
from risks.scoring import KINDS


class FilterKind(StrEnum):
    CHOICE = "choice"  # one of the model's choices
    RATING = "rating"  # 1 to 5
    PERSON = "person"
    ROW = "row"  # a row of the organization, by its id
    WORD = "word"  # a tag, or the name of a source
    NUMBER = "number"  # a range
    DAY = "day"  # a range of days
    TEXT = "text"
    FLAG = "flag"


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


def field_label(name: str) -> str:
    if name in LABELS:
        return str(LABELS[name])
    return FIELD[name].title if name in FIELD else name.replace("_", " ").capitalize()


@dataclass(frozen=True)
class FilterField:
    """A field with its filters; `lookups` are their endings, "exact" for the plain name."""

    name: str
    kind: FilterKind
    lookups: tuple[str, ...]

    @property
    def label(self) -> str:
        return field_label(self.name)

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
        if self.kind is FilterKind.DAY:
            return _("No date")
        if self.kind in (FilterKind.RATING, FilterKind.NUMBER) or self.name.endswith("_level"):
            return _("Not assessed")
        return _("None")


def split_parameter(parameter: str) -> tuple[str, str]:
    """Return the field and the lookup of a parameter: `status__in` is ("status", "in")."""
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
