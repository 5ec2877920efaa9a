"""Changes of custom fields: one for each field, under its label, with values in words."""

from collections.abc import Iterable, Mapping
from typing import Any

from risks.custom_fields.definitions import load_people, people_in
from risks.custom_fields.values import value_words
from risks.fields import CUSTOM_PREFIX
from risks.models import CustomField, Risk

COLUMN = "custom_fields"
RISK = Risk._meta.label_lower


def split_custom_fields(rows: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Replace the change of all custom fields of a risk by one for each; return their labels.

    The changes are then named `custom_fields__key`, and their values are words. No query where no
    custom field has changed.
    """
    changed = [row for row in rows if row["model"] == RISK and COLUMN in row["changes"]]
    if not changed:
        return {}
    organizations = {row["organization_id"] for row in changed}
    fields = {
        (field.organization_id, field.key): field
        for field in CustomField.objects.filter(organization__in=organizations)
    }
    people = load_people(
        pk
        for row in changed
        for pk in people_in(
            of_organization(fields, row), [side or {} for side in row["changes"][COLUMN]]
        )
    )
    labels: dict[str, str] = {}
    for row in changed:
        own = of_organization(fields, row)
        before, after = (side or {} for side in row["changes"].pop(COLUMN))
        for key in (*own, *before.keys() - own.keys(), *after.keys() - own.keys() - before.keys()):
            if before.get(key) == after.get(key):
                continue
            name = f"{CUSTOM_PREFIX}{key}"
            field = own.get(key)
            labels[name] = field.label if field else key
            row["changes"][name] = [
                value_words(field, side.get(key), people) if field else str(side.get(key) or "")
                for side in (before, after)
            ]
    return labels


def of_organization(
    fields: Mapping[tuple[Any, str], CustomField], row: Mapping[str, Any]
) -> dict[str, CustomField]:
    return {
        key: field
        for (organization, key), field in fields.items()
        if organization == row["organization_id"]
    }
