"""Filters by custom fields: `custom_fields__key`, with the lookups of the kind of the field."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django_filters.filters import CharFilter, DateFilter, Filter, NumberFilter

from openrisk.accounts.models import Organization
from openrisk.api.filters import CharInFilter, FlagFilter
from risks.custom_fields.definitions import split_name
from risks.custom_fields.query import LOOKUPS, condition
from risks.custom_fields.services import fields_of
from risks.models import CustomField, CustomFieldKind
from risks.models.custom_fields import PREFIX


class _UnknownField(forms.CharField):
    """Refuses any value: an organization has no such field, or no such lookup of it."""

    def __init__(self, *, sentence: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sentence = sentence

    def clean(self, value: Any) -> Any:
        raise forms.ValidationError(self.sentence)


class UnknownFieldFilter(Filter):
    field_class = _UnknownField


def filter_of(field: CustomField, lookup: str) -> Filter:
    """Return the filter of one field by one of its LOOKUPS."""
    if lookup == "isnull" or field.kind == CustomFieldKind.FLAG:
        kind: type[Filter] = FlagFilter
    elif lookup == "in":
        kind = CharInFilter
    elif field.kind in (CustomFieldKind.NUMBER, CustomFieldKind.MONEY):
        kind = NumberFilter
    elif field.kind == CustomFieldKind.DATE:
        kind = DateFilter
    else:
        kind = CharFilter
    made = kind(label=field.label)
    made.filter = by_condition(field, lookup)  # type: ignore[method-assign]
    return made


def by_condition(field: CustomField, lookup: str) -> Callable[[Any, Any], Any]:
    def apply(queryset: Any, value: Any) -> Any:
        if value in (None, "", []):
            return queryset
        return queryset.filter(condition(field, lookup, value))

    return apply


def filters_by_custom_fields(
    given: Mapping[str, Any], organization: Organization | None
) -> dict[str, Filter]:
    """Return the filters that the parameters `given` name; one that refuses where there is none."""
    names = [name for name in given if name.startswith(PREFIX)]
    if not names:
        return {}
    fields = fields_of(organization) if organization else {}
    filters: dict[str, Filter] = {}
    for name in names:
        key, lookup = split_name(name) or ("", "")
        field = fields.get(key)
        if field is None:
            sentence = _("There is no field “%(key)s”.") % {"key": key[:50]}
            filters[name] = UnknownFieldFilter(sentence=sentence)
        elif lookup not in LOOKUPS[CustomFieldKind(field.kind)]:
            known = ", ".join(LOOKUPS[CustomFieldKind(field.kind)])
            sentence = _("This field is filtered by %(known)s.") % {"known": known}
            filters[name] = UnknownFieldFilter(sentence=sentence)
        else:
            filters[name] = filter_of(field, lookup)
    return filters
