"""The custom fields of an organization, by key, and the people that their values name."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from openrisk.accounts.models import Organization, User
from risks.custom_fields.values import is_of_kind
from risks.models import CustomField, CustomFieldKind
from risks.models.custom_fields import PREFIX

CustomFields = Mapping[str, CustomField]
NO_FIELDS: CustomFields = {}


def load_fields(organization: Organization, *, with_retired: bool = True) -> dict[str, CustomField]:
    """Return the fields by key, in their order."""
    rows = CustomField.objects.for_organization(organization)
    if not with_retired:
        rows = rows.filter(retired_at=None)
    return {field.key: field for field in rows}


def split_name(name: str) -> tuple[str, str] | None:
    """Return key and lookup of `custom_fields__key` or `custom_fields__key__in`; None otherwise."""
    if not name.startswith(PREFIX):
        return None
    key, _separator, lookup = name.removeprefix(PREFIX).partition("__")
    return key, lookup or "exact"


def field_of(fields: CustomFields, name: str) -> CustomField | None:
    """Return the field of `custom_fields__key`; None for another name, or where there is none."""
    return fields.get(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else None


def people_in(fields: CustomFields, values: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the ids of the people whom these values of risks name."""
    keys = [key for key, field in fields.items() if field.kind == CustomFieldKind.PERSON]
    return {
        row[key]
        for row in values
        for key in keys
        if is_of_kind(CustomFieldKind.PERSON, row.get(key))
    }


def load_person_ids(organization: Organization) -> dict[str, str]:
    """Return the ids of the members by e-mail address, and by a name that only one of them has."""
    members = User.objects.filter(memberships__organization=organization, is_active=True)
    rows = list(members.values_list("pk", "email", "name"))
    names = Counter(name.casefold() for _pk, _email, name in rows if name)
    ids = {name.casefold(): str(pk) for pk, _email, name in rows if names[name.casefold()] == 1}
    return ids | {email.casefold(): str(pk) for pk, email, _name in rows}


def load_people(ids: Iterable[str], column: str = "") -> dict[str, str]:
    """Return the names of people by id, or another `column`; no query where there are no ids."""
    ids = {pk for pk in ids if is_of_kind(CustomFieldKind.PERSON, pk)}
    if not ids:
        return {}
    users = User.objects.filter(pk__in=ids)
    return {str(user.pk): getattr(user, column) if column else str(user) for user in users}
