"""Fields of forms for custom fields, the same in pages and admin.

A form names them as filters and columns do: `custom_fields__key`. A field of a form works with the
types of Django (a decimal, a day, a user); `stored_value` turns what it gives into JSON.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from openrisk.accounts.models import User
from openrisk.limits import LONG_TEXT
from risks.custom_fields.definitions import CustomFields
from risks.custom_fields.values import (
    DECIMAL_PLACES,
    DIGITS,
    LONGEST_LINE,
    LONGEST_LINK,
    NUMBERS,
    is_empty,
    plain_number,
)
from risks.models import CustomField, CustomFieldKind
from risks.models.custom_fields import PREFIX

FLAG_CHOICES = (("", _("Not answered")), ("true", _("Yes")), ("false", _("No")))


def editable_fields(fields: CustomFields) -> list[CustomField]:
    """Return the fields that forms have: those that are not retired."""
    return [field for field in fields.values() if not field.is_retired]


def person_fields(fields: CustomFields) -> list[CustomField]:
    """Return those that name a person."""
    return [field for field in editable_fields(fields) if field.kind == CustomFieldKind.PERSON]


def make_form_field(field: CustomField, present: Any = None) -> forms.Field:  # noqa: PLR0911  a table of kinds
    """Return the field of a form; a person is chosen among the users that the form offers then."""
    common: dict[str, Any] = {
        "label": field.label,
        "required": field.required,
        "help_text": field.help,
    }
    match field.kind:
        case CustomFieldKind.LONG_TEXT:
            area = forms.Textarea({"rows": 3, "dir": "auto"})
            return forms.CharField(max_length=LONG_TEXT, widget=area, **common)
        case CustomFieldKind.NUMBER | CustomFieldKind.MONEY:
            if field.unit:
                common["label"] = f"{field.label} ({field.unit})"
            return forms.DecimalField(max_digits=DIGITS, decimal_places=DECIMAL_PLACES, **common)
        case CustomFieldKind.DATE:
            day = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
            return forms.DateField(widget=day, **common)
        case CustomFieldKind.CHOICE:
            return forms.ChoiceField(
                choices=[("", _("None")), *options_of(field, present)], **common
            )
        case CustomFieldKind.CHOICES:
            return forms.MultipleChoiceField(
                choices=options_of(field, present), widget=forms.CheckboxSelectMultiple, **common
            )
        case CustomFieldKind.PERSON:
            return forms.ModelChoiceField(User.objects.none(), empty_label=_("No one"), **common)
        case CustomFieldKind.LINK:
            return forms.URLField(max_length=LONGEST_LINK, assume_scheme="https", **common)
        case CustomFieldKind.FLAG:
            return forms.ChoiceField(choices=FLAG_CHOICES, **common)
    text = forms.TextInput({"dir": "auto"})
    return forms.CharField(max_length=LONGEST_LINE, widget=text, **common)


def options_of(field: CustomField, present: Any) -> list[tuple[str, str]]:
    """Return the options, and those that the risk has though they are no longer offered."""
    own = present if isinstance(present, list) else [present] if present else []
    return [(text, text) for text in dict.fromkeys([*field.options, *map(str, own)])]


def initial_value(field: CustomField, value: Any) -> Any:
    """Return a stored value as the field of the form takes it."""
    if is_empty(value):
        return None
    if field.kind in NUMBERS:
        return Decimal(str(value))
    if field.kind == CustomFieldKind.DATE:
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    if field.kind == CustomFieldKind.FLAG:
        return "true" if value else "false"
    return value


def initial_values(fields: CustomFields, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the initial values of a form, by the names of its fields."""
    return {
        field.name: initial_value(field, values.get(field.key)) for field in editable_fields(fields)
    }


def stored_value(field: CustomField, value: Any) -> Any:
    """Return what a field of the form gave as JSON; None where it is empty."""
    if is_empty(value):
        return None
    if isinstance(value, User):
        return str(value.pk)
    if isinstance(value, Decimal):
        return plain_number(value)
    if isinstance(value, date):
        return value.isoformat()
    if field.kind == CustomFieldKind.FLAG:
        return value == "true"
    return value


def collect_changes(fields: CustomFields, changes: dict[str, Any]) -> dict[str, Any]:
    """Return the changes of a form with those of custom fields as one, as services take them."""
    given = {
        name.removeprefix(PREFIX): value
        for name, value in changes.items()
        if name.startswith(PREFIX)
    }
    others = {name: value for name, value in changes.items() if not name.startswith(PREFIX)}
    if not given:
        return others
    values = {key: stored_value(fields[key], value) for key, value in given.items()}
    return {**others, "custom_fields": values}
