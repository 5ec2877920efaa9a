"""Kinds that set a custom field of risks, and that make one of a column which an import kept.

A value names its field: `{"key": "region", "value": "North"}`. That of a column has its text too:
`{"key": "region", "column": "Region", "value": "North", "text": "north"}`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from openrisk.accounts.models import Role, User
from risks.custom_fields.columns import CellParser
from risks.custom_fields.definitions import load_people
from risks.custom_fields.services import clean_change, fields_of
from risks.custom_fields.sql import WithKey
from risks.custom_fields.values import is_empty, is_of_kind, value_words
from risks.models import BulkChangeRow, CustomField, CustomFieldKind, Risk
from risks.services.bulk_changes.columns import FEW_VALUES
from risks.services.bulk_changes.plan import PlannedRow, SelectedRow
from risks.services.bulk_changes.rules import BulkRules
from risks.services.rows import field_error


class CustomValueRules(BulkRules):
    """Rules whose values go back into custom fields when they are undone."""

    def reasons_to_keep(self, values: Mapping[UUID, Any]) -> dict[UUID, str]:
        """Return a reason for each risk whose former value is of another type by now."""
        fields = fields_of(self.organization)
        changed = _("The type of the field has changed.")
        return {
            pk: changed
            for pk, value in values.items()
            if not is_empty(value["value"])
            and (field := fields.get(value["key"]))
            and not is_of_kind(field.kind, value["value"])
        }


class CustomFieldRules(CustomValueRules):
    """One custom field gets the same value everywhere."""

    columns = ("custom_fields",)

    def field_of(self, value: Any) -> CustomField:
        key = value.get("key") if isinstance(value, dict) else None
        field = fields_of(self.organization).get(str(key))
        if field is None:
            raise field_error("value", _("Choose one of the custom fields."))
        return field

    def clean(self, value: Any) -> Any:
        field = self.field_of(value)
        try:
            cleaned = clean_change(self.organization, field, None, value.get("value"))
        except ValidationError as error:
            raise field_error("value", " ".join(error.messages)) from None
        return {"key": field.key, "value": cleaned}

    def label(self, value: Any) -> str:
        field = self.field_of(value)
        words = self.labels([value])[0]
        return _("%(field)s: %(value)s") % {"field": field, "value": words}

    def labels(self, values: Sequence[Any]) -> list[str]:
        fields = fields_of(self.organization)
        people = load_people(
            value["value"]
            for value in values
            if value["value"]
            and (field := fields.get(value["key"]))
            and field.kind == CustomFieldKind.PERSON
        )
        return [
            value_words(fields[value["key"]], value["value"], people) or _("None")
            if value["key"] in fields
            else str(value["value"])
            for value in values
        ]

    def plan(self, selected: Sequence[SelectedRow], value: Any) -> list[PlannedRow]:
        key = value["key"]
        return [
            PlannedRow(row, {"key": key, "value": row.value.get(key)}, value) for row in selected
        ]

    def write(self, rows: Sequence[PlannedRow], value: Any, actor: User | None) -> None:
        self.write_value([row.target.pk for row in rows], value)

    def write_value(self, ids: Sequence[UUID], value: Any) -> None:
        Risk.objects.filter(pk__in=ids).update(
            custom_fields=WithKey(value["key"], value["value"]),
            version=F("version") + 1,
            updated_at=timezone.now(),
        )

    def is_as_written(self, row: BulkChangeRow, now: Any) -> bool:
        written: Any = row.after
        return bool(now.get(written["key"]) == written["value"])

    def restore(self, values: Mapping[UUID, Any]) -> None:
        by_value: dict[bytes, list[UUID]] = defaultdict(list)
        for pk, value in values.items():
            by_value[orjson.dumps(value)].append(pk)
        if len(by_value) <= FEW_VALUES:
            for text, ids in by_value.items():
                self.write_value(ids, orjson.loads(text))
            return
        write_each({pk: [value] for pk, value in values.items()})


class ExtraColumnRules(CustomValueRules):
    """A column that imports kept becomes a custom field. Texts that do not fit stay where they
    are."""

    role = Role.ADMIN
    columns = ("custom_fields", "extra")

    def clean(self, value: Any) -> Any:
        field = CustomFieldRules(self.organization).field_of(value)
        column = value.get("column")
        if not isinstance(column, str) or not column:
            raise field_error("value", _("Choose one of the imported columns."))
        if field.is_retired:
            raise field_error("value", _("%(field)s is retired.") % {"field": field})
        return {"key": field.key, "column": column}

    def label(self, value: Any) -> str:
        field = CustomFieldRules(self.organization).field_of(value)
        return _("“%(column)s” to %(field)s") % {"column": value["column"], "field": field}

    def labels(self, values: Sequence[Any]) -> list[str]:
        words = CustomFieldRules(self.organization).labels(values)
        texts = [value.get("text") for value in values]
        return [
            _("“%(text)s” as imported") % {"text": text} if text else word
            for text, word in zip(texts, words, strict=True)
        ]

    def to_json(self, *values: Any) -> Any:
        return values

    def plan(self, selected: Sequence[SelectedRow], value: Any) -> list[PlannedRow]:
        field = CustomFieldRules(self.organization).field_of(value)
        parser = CellParser(self.organization)
        return [self.plan_row(row, field, value["column"], parser) for row in selected]

    def plan_row(
        self, row: SelectedRow, field: CustomField, column: str, parser: CellParser
    ) -> PlannedRow:
        custom, extra = row.value
        present, text = custom.get(field.key), extra.get(column)
        before = {"key": field.key, "column": column, "value": present, "text": text}
        if is_empty(text):
            return PlannedRow(row, before, before)
        try:
            parsed = parser.parse(field, str(text))
        except ValueError as error:
            return PlannedRow(row, before, reason=str(error))
        if parsed is None:
            return PlannedRow(row, before, before)
        if not is_empty(present) and present != parsed:
            reason = _("It has another value of %(field)s already.") % {"field": field}
            return PlannedRow(row, before, reason=reason)
        return PlannedRow(row, before, {**before, "value": parsed, "text": None})

    def write(self, rows: Sequence[PlannedRow], value: Any, actor: User | None) -> None:
        write_each({row.target.pk: [row.after] for row in rows})

    def is_as_written(self, row: BulkChangeRow, now: Any) -> bool:
        custom, extra = now
        written: Any = row.after
        has_value = custom.get(written["key"]) == written["value"]
        return bool(has_value and written["column"] not in extra)

    def restore(self, values: Mapping[UUID, Any]) -> None:
        write_each({pk: [value] for pk, value in values.items()})


def write_each(values: Mapping[UUID, list[Any]]) -> None:
    """Write values that differ from risk to risk: of fields, and of the columns they came from."""
    risks = list(
        Risk.objects.filter(pk__in=list(values)).only("pk", "version", "custom_fields", "extra")
    )
    for risk in risks:
        for value in values[risk.pk]:
            put(risk.custom_fields, value["key"], value["value"])
            if "column" in value:
                put(risk.extra, value["column"], value["text"])
        risk.version += 1
        risk.updated_at = timezone.now()
    written = ["custom_fields", "extra", "version", "updated_at"]
    Risk.objects.bulk_update(risks, written, batch_size=250)


def put(values: dict[str, Any], key: str, value: Any) -> None:
    if is_empty(value):
        values.pop(key, None)
    else:
        values[key] = value
