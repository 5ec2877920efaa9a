"""Custom fields on the pages of risks: in forms, and as rows of the page of one risk."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from openrisk.accounts.models import User
from risks.custom_fields.definitions import CustomFields, load_people, people_in
from risks.custom_fields.form_fields import person_fields
from risks.custom_fields.values import value_words
from risks.models import CustomField, CustomFieldKind, Risk


def present_people(
    custom: CustomFields, risk: Risk | None, known: Iterable[User]
) -> dict[str, Any]:
    """Return the people whom the custom fields of the risk name, by the name of the field.

    Those who are not among the `known` ones cost a query.
    """
    if risk is None:
        return {}
    ids = {field.name: risk.custom_fields.get(field.key) for field in person_fields(custom)}
    users = {str(user.pk): user for user in known}
    if missing := {pk for pk in ids.values() if pk} - users.keys():
        users |= {str(user.pk): user for user in User.objects.filter(pk__in=missing)}
    return {name: users.get(pk or "") for name, pk in ids.items()}


@dataclass(frozen=True)
class ShownField:
    """A custom field on the page of a risk, with its value in words."""

    field: CustomField
    words: str

    @property
    def is_link(self) -> bool:
        return self.field.kind == CustomFieldKind.LINK and bool(self.words)


def shown_fields(custom: CustomFields, risk: Risk) -> list[ShownField]:
    """Return the fields of the page of a risk: a retired one only where the risk has a value."""
    people = load_people(people_in(custom, [risk.custom_fields]))
    return [
        ShownField(field, value_words(field, risk.custom_fields.get(key), people))
        for key, field in custom.items()
        if not field.is_retired or key in risk.custom_fields
    ]
