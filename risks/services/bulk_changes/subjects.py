"""The models whose rows can be changed in bulk, and how a selection names those rows."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from openrisk.accounts.models import Organization
from risks.models import Asset, BulkSubject, Control, Finding, Risk
from risks.models.base import format_reference
from risks.text import shorten_text

LONGEST_REFERENCE = 255


@dataclass(frozen=True)
class SubjectModel:
    """Rows of `model`. A selection keeps the column `key` of each, under `keys_name`, and people
    call a row by `name_of(<column reference>)`; `title` is the column that examples show."""

    name: BulkSubject
    model: Any  # a model with an organization and a version
    key: str
    keys_name: str
    reference: str
    title: str
    name_of: Callable[[Any], str]
    parse: Callable[[str], Any]  # the key that a typed reference means, or None

    def rows_of(self, organization: Organization) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.model.objects.for_organization(organization)
        return rows

    def key_to_json(self, key: Any) -> int | str:
        return str(key) if isinstance(key, UUID) else key

    def with_keys(self, organization: Organization, keys: Sequence[int | str]) -> QuerySet[Any]:
        """Return the rows with these keys, sent as one value: each alone takes Django longer than
        the database needs for all."""
        is_id = self.key == "pk"
        if connection.vendor == "postgresql":
            chosen = RawSQL("SELECT unnest(%s::integer[])", [list(keys)])
            if is_id:
                chosen = RawSQL("SELECT unnest(%s::uuid[])", [list(keys)])
        else:
            stored = [UUID(str(key)).hex for key in keys] if is_id else list(keys)
            chosen = RawSQL("SELECT value FROM json_each(%s)", [json.dumps(stored)])
        return self.rows_of(organization).filter(**{f"{self.key}__in": chosen})

    def names_of_keys(self, organization: Organization, keys: Iterable[Any]) -> list[str]:
        """Return what people call the rows with these keys; the key itself where one is gone."""
        names: dict[Any, str] = {}
        chosen = list(keys)
        if self.key != self.reference and chosen:
            found = self.with_keys(organization, chosen).values_list(self.key, self.reference)
            names = {self.key_to_json(key): self.name_of(name) for key, name in found}
            return [names.get(key, str(key)) for key in chosen]
        return [self.name_of(key) for key in chosen]


def parse_number(name: str) -> int | None:
    digits = name.upper().removeprefix("R-")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 9 else None


def parse_id(text: Any) -> str | None:
    try:
        return str(UUID(str(text)))
    except ValueError:
        return None


RISKS = SubjectModel(
    name=BulkSubject.RISK,
    model=Risk,
    key="number",
    keys_name="numbers",
    reference="number",
    title="title",
    name_of=lambda number: format_reference("R", number),
    parse=parse_number,
)
ASSETS = SubjectModel(
    name=BulkSubject.ASSET,
    model=Asset,
    key="pk",
    keys_name="ids",
    reference="name",
    title="name",
    name_of=lambda name: shorten_text(name, LONGEST_REFERENCE),
    parse=parse_id,
)
CONTROLS = SubjectModel(
    name=BulkSubject.CONTROL,
    model=Control,
    key="pk",
    keys_name="ids",
    reference="identifier",
    title="title",
    name_of=str,
    parse=parse_id,
)
FINDINGS = SubjectModel(
    name=BulkSubject.FINDING,
    model=Finding,
    key="pk",
    keys_name="ids",
    reference="rule",
    title="title",
    name_of=lambda rule: shorten_text(rule, LONGEST_REFERENCE),
    parse=parse_id,
)
SUBJECTS: dict[str, SubjectModel] = {
    subject.name: subject for subject in (RISKS, ASSETS, CONTROLS, FINDINGS)
}


def subject_of(rows: QuerySet[Any]) -> SubjectModel:
    """Return the subject whose rows these are."""
    return next(subject for subject in SUBJECTS.values() if subject.model is rows.model)
