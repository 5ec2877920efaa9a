"""Reads history, with values of the types that the models have."""

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Max, Model, QuerySet

from openrisk.database.labels import model_of_label
from risks.history.recorded_models import link_fields
from risks.models import Change

ROW_FIELDS = (
    "id",
    "at",
    "model",
    "object_id",
    "action",
    "actor",
    "actor__email",
    "comment",
    "request_id",
    "run_id",
    "changes",
)


def changes_of(*object_ids: Any) -> QuerySet[Change]:
    """The changes of these rows, latest first."""
    return Change.objects.filter(object_id__in=object_ids).order_by("-id")


def latest_change_of(instance: Model) -> int | None:
    """The id of the last change of the row."""
    latest: int | None = changes_of(instance.pk).order_by().aggregate(id=Max("id"))["id"]
    return latest


def normalize_changes(model: str, changes: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The same on every database: `{field: [before, after]}`, columns named as their fields.

    SQLite writes UUIDs without dashes and decimals as numbers.
    """
    fields = fields_by_name(model)
    result = {}
    for column, pair in changes.items():
        field = fields.get(column)
        name = field.name if field is not None else column
        result[name] = [to_python(field, value) for value in pair]
    return result


def fields_by_name(model: str) -> dict[str, Any]:
    fields: dict[str, Any] = {
        str(field.column): field for field in model_of_label(model)._meta.concrete_fields
    }
    return fields | {name: LinkField(name, field) for name, field in link_fields(model).items()}


class LinkField:
    """The value column of a link, under the name that history shows."""

    def __init__(self, name: str, field: Any) -> None:
        self.name = name
        self.to_python = field.target_field.to_python if field.is_relation else field.to_python


def to_python(field: Any, value: Any) -> Any:
    if field is None or value is None:
        return value
    convert = (
        field.target_field.to_python if getattr(field, "is_relation", False) else (field.to_python)
    )
    try:
        converted = convert(value)
    except (ValidationError, TypeError):
        return value  # the field has changed its type since: show the value as it is stored
    if isinstance(converted, datetime) and converted.tzinfo is None:
        return converted.replace(tzinfo=UTC)  # SQLite writes times in UTC, without the zone
    return converted
