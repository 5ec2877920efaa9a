"""Conditions of lists on custom fields: equals, one of, contains, from, up to, is empty."""

from functools import reduce
from operator import or_
from typing import Any

from django.db.models import DecimalField, Q, Value
from django.db.models.lookups import GreaterThanOrEqual, IContains, IsNull, LessThanOrEqual

from risks.custom_fields.sql import HasValue, number_of, text_of
from risks.custom_fields.values import NUMBERS, plain_number
from risks.models import CustomField, CustomFieldKind

_TEXT = ("contains", "exact", "isnull")
_RANGE = ("exact", "gte", "lte", "isnull")
_CHOSEN = ("exact", "in", "isnull")
LOOKUPS: dict[CustomFieldKind, tuple[str, ...]] = {
    CustomFieldKind.TEXT: _TEXT,
    CustomFieldKind.LONG_TEXT: ("contains", "isnull"),
    CustomFieldKind.NUMBER: _RANGE,
    CustomFieldKind.MONEY: _RANGE,
    CustomFieldKind.DATE: _RANGE,
    CustomFieldKind.CHOICE: _CHOSEN,
    CustomFieldKind.CHOICES: _CHOSEN,
    CustomFieldKind.PERSON: _CHOSEN,
    CustomFieldKind.LINK: _TEXT,
    CustomFieldKind.FLAG: ("exact", "isnull"),
}


def condition(field: CustomField, lookup: str, value: Any) -> Any:
    """Return the condition for `filter()` that a risk has such a value of the field."""
    match lookup:
        case "isnull":
            return IsNull(text_of(field.key), bool(value))
        case "contains":
            return IContains(text_of(field.key), value)
        case "in":
            return reduce(or_, (Q(has_value(field, each)) for each in value))
        case "gte" | "lte":
            compare = GreaterThanOrEqual if lookup == "gte" else LessThanOrEqual
            if field.kind in NUMBERS:
                return compare(number_of(field.key), Value(value, output_field=DecimalField()))
            return compare(text_of(field.key), Value(str(value)))
    return has_value(field, value)


def has_value(field: CustomField, value: Any) -> HasValue:
    if field.kind in NUMBERS:
        value = plain_number(value)
    elif not isinstance(value, bool):
        value = str(value)
    return HasValue(field.key, value, in_list=field.kind == CustomFieldKind.CHOICES)
