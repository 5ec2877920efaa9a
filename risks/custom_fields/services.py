"""Definitions of custom fields, and values of risks that are checked against them."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Max
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openrisk.accounts.models import Membership, Organization, User
from openrisk.errors import Conflict
from openrisk.text.names import name_key
from risks.custom_fields.definitions import CustomFields, load_fields
from risks.custom_fields.values import CHOSEN, NUMBERS, clean_value, is_empty
from risks.history import recorded
from risks.models import CustomField, CustomFieldKind, DeletedItem, Risk
from risks.models.custom_fields import LONGEST_KEY
from risks.services import rows
from risks.text import clean_text

MOST_FIELDS = 50  # of an organization
MOST_OPTIONS = 200
LONGEST_OPTION = 100
CURRENCY = re.compile(r"[A-Z]{3}\Z")


def fields_of(organization: Organization) -> CustomFields:
    """Return the fields by key, read once per instance of the organization."""
    known: CustomFields | None = getattr(organization, "_custom_fields", None)
    if known is None:
        known = load_fields(organization)
        organization._custom_fields = known  # type: ignore[attr-defined]
    return known


def forget_fields(organization: Organization) -> None:
    """Read the fields again when they are next asked for."""
    vars(organization).pop("_custom_fields", None)


# --- Definitions ---------------------------------------------------------------------------------
def create_field(*, actor: User | None, organization: Organization, **fields: Any) -> CustomField:
    """Add a field after the others; its key is made from the label where none is given."""
    with recorded(actor=actor):
        # One at a time in an organization, so that the limit holds.
        Organization.objects.select_for_update().get(pk=organization.pk)
        present = CustomField.objects.for_organization(organization)
        if present.count() >= MOST_FIELDS:
            raise Conflict(
                _("There are %(most)s fields already. Delete one that is not needed.")
                % {"most": MOST_FIELDS}
            )
        if not fields.get("key"):
            keys = set(present.values_list("key", flat=True))
            fields["key"] = find_free_key(str(fields.get("label", "")), keys)
        last = present.aggregate(last=Max("position"))["last"]
        field = CustomField(organization=organization, position=(last or 0) + 1)
        save_definition(field, fields)
    forget_fields(organization)
    return field


def find_free_key(label: str, used: set[str]) -> str:
    base = re.sub(r"[^a-z0-9]+", "_", slugify(label)).strip("_")
    base = (base if base[:1].isalpha() else f"field_{base}".strip("_"))[: LONGEST_KEY - 4]
    base = base.rstrip("_")
    key, number = base, 1
    while key in used:
        number += 1
        key = f"{base}_{number}"
    return key


def update_field(
    *, actor: User | None, instance: CustomField, version: int | None = None, **fields: Any
) -> CustomField:
    """Change a definition. Its key stays, and its type while risks have values."""
    with recorded(actor=actor):
        field = rows.lock_for_update(instance, version)
        if fields.get("key", field.key) != field.key:
            raise rows.field_error(
                "key", _("The key stays as it is: programs and files find the field by it.")
            )
        if fields.get("kind", field.kind) != field.kind and (used := count_values(field)):
            text = ngettext(
                "%(count)s risk has a value of this type. Add another field instead.",
                "%(count)s risks have values of this type. Add another field instead.",
                used,
            )
            raise rows.field_error("kind", text % {"count": f"{used:,}"})
        save_definition(field, fields)
    forget_fields(instance.organization)
    return field


def save_definition(field: CustomField, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        setattr(field, name, value)
    fields |= {"options": clean_options(field), "unit": clean_unit(field)}
    field.options = fields["options"]
    fields["default"] = field.default = clean_default(field)
    rows.save_fields(field, fields)


def clean_options(field: CustomField) -> list[str]:
    if field.kind not in CHOSEN:
        return []
    given = field.options if isinstance(field.options, list) else []
    options = list(
        {name_key(str(text)): " ".join(clean_text(str(text)).split()) for text in given}.values()
    )
    options = [option for option in options if option]
    if not options:
        raise rows.field_error("options", _("Write the options, one on each line."))
    if len(options) > MOST_OPTIONS:
        raise rows.field_error(
            "options", _("A field has at most %(most)s options.") % {"most": MOST_OPTIONS}
        )
    if too_long := next((text for text in options if len(text) > LONGEST_OPTION), ""):
        raise rows.field_error(
            "options",
            _("“%(option)s…” is longer than %(limit)s characters. Shorten it.")
            % {"option": too_long[:30], "limit": LONGEST_OPTION},
        )
    if separated := next((text for text in options if {",", ";"} & set(text)), ""):
        text = _("“%(option)s” has a comma or a semicolon, which separate options. Leave it out.")
        raise rows.field_error("options", text % {"option": separated})
    return options


def clean_unit(field: CustomField) -> str:
    if field.kind not in NUMBERS:
        return ""
    unit = clean_text(field.unit or "")
    if field.kind == CustomFieldKind.MONEY and not CURRENCY.match(unit):
        raise rows.field_error(
            "unit", _("Write the currency as three capital letters (ISO 4217, e.g. EUR).")
        )
    return unit


def clean_default(field: CustomField) -> Any:
    if field.kind == CustomFieldKind.PERSON and not is_empty(field.default):
        raise rows.field_error("default", _("A person cannot be set by default."))
    try:
        return clean_value(field, field.default)
    except ValidationError as error:
        raise rows.field_error("default", " ".join(error.messages)) from None


def retire_field(
    *, actor: User | None, instance: CustomField, version: int | None = None
) -> CustomField:
    """Take a field out of forms; the values that risks have stay, and can be read."""
    return set_retired(actor, instance, version, timezone.now())


def restore_field(
    *, actor: User | None, instance: CustomField, version: int | None = None
) -> CustomField:
    """Offer a retired field again."""
    return set_retired(actor, instance, version, None)


def set_retired(
    actor: User | None, instance: CustomField, version: int | None, at: datetime | None
) -> CustomField:
    field = rows.update(actor=actor, instance=instance, version=version, retired_at=at)
    forget_fields(instance.organization)
    return field


def delete_field(
    *, actor: User | None, instance: CustomField, version: int | None = None
) -> DeletedItem:
    """Delete a field that no risk has a value of; it can be restored from the deleted items."""
    with recorded(actor=actor):
        field = rows.lock_for_update(instance, version)
        if used := count_values(field):
            text = ngettext(
                "%(count)s risk has a value of %(field)s. Retire it instead.",
                "%(count)s risks have a value of %(field)s. Retire it instead.",
                used,
            )
            raise Conflict(text % {"count": f"{used:,}", "field": field.label})
        forget_fields(instance.organization)
        return rows.delete(actor=actor, instance=field)


def count_values(field: CustomField) -> int:
    risks = Risk.objects.for_organization(field.organization)
    return int(risks.filter(custom_fields__has_key=field.key).count())


def order_fields(*, actor: User | None, organization: Organization, keys: list[str]) -> None:
    """Put the fields into the order of `keys`; those that it does not name follow."""
    with recorded(actor=actor):
        fields = {
            field.key: field
            for field in CustomField.objects.for_organization(organization).select_for_update()
        }
        named = [key for key in dict.fromkeys(keys) if key in fields]
        order = [*named, *(key for key in fields if key not in named)]
        for position, key in enumerate(order, start=1):
            if fields[key].position != position:
                rows.save_fields(fields[key], {"position": position})
    forget_fields(organization)


# --- Values of a risk ----------------------------------------------------------------------------
def merge_values(
    organization: Organization, present: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the values of a risk with those of `given`, checked; None and "" remove a value.

    Raises ValidationError on `custom_fields` or the name of the field.
    """
    fields = fields_of(organization)
    merged = dict(present)
    errors: dict[str, list[str]] = {}
    for key, value in given.items():
        if (field := fields.get(key)) is None:
            known = ", ".join(fields) or _("none")
            text = _("There is no field “%(key)s”. Fields: %(known)s.")
            errors.setdefault("custom_fields", []).append(
                text % {"key": str(key)[:LONGEST_KEY], "known": known}
            )
            continue
        try:
            cleaned = clean_change(organization, field, present.get(key), value)
        except ValidationError as error:
            errors[field.name] = [f"{text}" for text in error.messages]
            continue
        if cleaned is None:
            merged.pop(key, None)
        else:
            merged[key] = cleaned
    if errors:
        raise ValidationError(errors)
    # In the order of the fields, so that the same values are the same JSON.
    return {key: merged[key] for key in (*fields, *merged) if key in merged}


def clean_change(organization: Organization, field: CustomField, present: Any, value: Any) -> Any:
    if not is_empty(present) and value == present:
        return present  # also an option that is no longer offered, or a person who has left
    if field.is_retired and not is_empty(value):
        raise ValidationError(_("%(field)s is retired and cannot be set.") % {"field": field})
    cleaned = clean_value(field, value)
    if cleaned is None and field.required:
        raise ValidationError(_("%(field)s needs a value.") % {"field": field})
    if field.kind == CustomFieldKind.PERSON and cleaned is not None:
        members = Membership.objects.filter(organization=organization, user=cleaned)
        if not members.exists():
            raise ValidationError(_("Choose a member of this organization."))
    return cleaned


def values_of_new_risk(
    organization: Organization, given: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the values of a new risk: defaults, and `given` over them.

    Where values are given, be it none, fields that need one are asked for. A risk from a source
    that does not know the fields may be without.
    """
    fields = fields_of(organization)
    active = [field for field in fields.values() if not field.is_retired]
    values = {field.key: field.default for field in active if not is_empty(field.default)}
    if given is None:
        return values
    missing = [
        field
        for field in active
        if field.required and is_empty(given.get(field.key, values.get(field.key)))
    ]
    if missing:
        text = _("%(field)s needs a value.")
        raise ValidationError({field.name: [text % {"field": field}] for field in missing})
    return merge_values(organization, values, given)
