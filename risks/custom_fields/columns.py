"""Custom fields as targets of the columns of a register."""

from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError

from openrisk.accounts.models import Organization
from risks.custom_fields.definitions import load_fields, load_person_ids
from risks.custom_fields.values import parse_text
from risks.models import CustomField
from risks.registers.options import CustomColumn


class CellParser:
    """Reads cells into values of custom fields; members are looked up when one is first named."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization

    @cached_property
    def people(self) -> dict[str, str]:
        return load_person_ids(self.organization)

    def find_person(self, text: str) -> str | None:
        return self.people.get(text.strip().casefold())

    def parse(self, field: CustomField, cell: str) -> Any:
        try:
            return parse_text(field, cell, self.find_person)
        except ValidationError as error:
            raise ValueError(" ".join(error.messages)) from None


def custom_columns(organization: Organization) -> list[CustomColumn]:
    """Return the fields that are not retired, as a file can give them."""
    parser = CellParser(organization)
    return [
        CustomColumn(field.name, field.label, lambda cell, field=field: parser.parse(field, cell))  # type: ignore[misc]
        for field in load_fields(organization, with_retired=False).values()
    ]
