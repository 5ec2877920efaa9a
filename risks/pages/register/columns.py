"""The columns that the list of risks offers: the fields of `risks.fields` that are marked."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models import BooleanField, CharField, ExpressionWrapper, F
from django.db.models.functions import Left

from risks.custom_fields.definitions import NO_FIELDS, CustomFields
from risks.custom_fields.sql import stored_value
from risks.custom_fields.values import NUMBERS, SORTED
from risks.fields import FIELD, RATINGS, Kind, field_names
from risks.models import CustomField, CustomFieldKind
from risks.pages.register.filters.fields import field_label
from risks.querysets import RISK_ORDERS, has_left, owner_label, person_label

DEFAULT_COLUMNS = (
    *("reference", "title", "current_level", "priority"),
    *("status", "owner", "category", "next_review_at"),
)
# What every row needs, whatever its columns are.
ROW_FIELDS = ("id", "reference", "title", "status", "next_review_at", "version")
LONGEST_TEXT = 200  # of a description in a cell
EDITED = {
    **{name: name for name in ("owner", "assignee", "reviewer", "category", "treatment", "tags")},
    "next_review_at": "next_review_at",
    **{name: name.removesuffix("_level") for name in field_names(in_list=True) if "_level" in name},
    "current_level": "rating",
}
DESCENDING_FIRST = ("reference", "priority", "current_score", "inherent_score", "residual_score")


@dataclass(frozen=True)
class ListColumn:
    """A column of the table. `order` is the name of its order in RISK_ORDERS, if it has one."""

    name: str
    custom: CustomField | None = None

    @property
    def label(self) -> str:
        return self.custom.label if self.custom else field_label(self.name)

    @property
    def order(self) -> str:
        if self.custom:
            return self.name if self.custom.kind in SORTED else ""
        name = self.name.replace("_level", "_score")
        return name if name in RISK_ORDERS else ""

    @property
    def descending_first(self) -> bool:
        return self.order in DESCENDING_FIRST

    @property
    def edited(self) -> str:
        """The part of a risk that a cell of this column lets people change, or ""."""
        if self.custom:
            return "" if self.custom.is_retired else self.name
        return EDITED.get(self.name, "")

    @property
    def kind(self) -> str:
        """The look of its cells."""
        if self.custom:
            looks = {CustomFieldKind.PERSON: "person", CustomFieldKind.CHOICES: "links"}
            is_number = self.custom.kind in NUMBERS
            return "number" if is_number else looks.get(CustomFieldKind(self.custom.kind), "text")
        if self.name in ("reference", "title"):
            return self.name
        if self.name.endswith("_level"):
            return "level"
        if self.name == "priority" or self.name in RATINGS:
            return "number"
        kind = FIELD[self.name].kind
        if kind is Kind.COMPUTED and self.name.endswith("_at"):
            return "day"
        kinds = {Kind.PERSON: "person", Kind.LINKS: "links", Kind.TIME: "day"}
        return kinds.get(kind, "number" if kind is Kind.NUMBER else "text")

    @property
    def alias(self) -> str:
        """The name of the value of a custom field in a row; one with __ would be a path."""
        return f"custom_{self.custom.key}" if self.custom else self.name

    def paths(self) -> dict[str, Any]:  # noqa: PLR0911  a table of columns
        """Return what `values()` needs for a cell: names with their expressions."""
        name = self.name
        if self.custom:
            return {self.alias: stored_value(self.custom.key)}
        if self.kind == "level":
            score = name.replace("_level", "_score")
            return {name: F(name), score: F(score)}
        if self.kind == "links":
            return {}
        if self.kind == "person":
            label = owner_label() if name == "owner" else person_label(name)
            left = ExpressionWrapper(has_left(name), output_field=BooleanField())
            return {f"{name}_label": label, f"{name}_has_left": left}
        if name == "category":
            return {"category_label": F("category__name")}
        if name == "description":
            return {
                "description_label": Left(name, LONGEST_TEXT + 1, output_field=CharField()),
            }
        return {name: F(name)}


@cache
def offered_columns() -> dict[str, ListColumn]:
    return {name: ListColumn(name) for name in field_names(in_list=True)}


def all_columns(custom: CustomFields) -> dict[str, ListColumn]:
    """Return the columns that an organization with these custom fields is offered."""
    if not custom:
        return offered_columns()
    own = {field.name: ListColumn(field.name, field) for field in custom.values()}
    return offered_columns() | own


def parse_columns(
    text: str, custom: CustomFields = NO_FIELDS
) -> tuple[list[ListColumn], list[str]]:
    """Return the columns that a text names, in its order, and the names that are none.

    The title is always there: a row without it says nothing.
    """
    offered = all_columns(custom)
    names = list(dict.fromkeys(text.split(","))) if text else list(DEFAULT_COLUMNS)
    columns = [offered[name] for name in names if name in offered]
    if all(column.name != "title" for column in columns):
        columns.insert(1 if columns and columns[0].name == "reference" else 0, offered["title"])
    return columns, [name for name in names if name not in offered]


def value_paths(columns: Sequence[ListColumn]) -> dict[str, Any]:
    """Return the names and expressions of what the cells of a row are made from."""
    paths: dict[str, Any] = {name: F(name) for name in ROW_FIELDS}
    for column in columns:
        paths |= column.paths()
    return paths
