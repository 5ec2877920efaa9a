"""Reading history back, with values as the models mean them."""

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

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


def normalise(model: str, changes: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The same on every database: `{field: [before, after]}`, columns named as their fields.

    SQLite writes UUIDs without dashes and decimals as numbers.
    """
    fields = _fields(model)
    result = {}
    for column, pair in changes.items():
        field = fields.get(column)
        name = field.name if field is not None else column
        result[name] = [_python(field, value) for value in pair]
    return result


def _fields(model: str) -> dict[str, Any]:
    fields: dict[str, Any] = {
        str(field.column): field for field in model_of_label(model)._meta.concrete_fields
    }
    return fields | {name: _Renamed(name, field) for name, field in link_fields(model).items()}


class _Renamed:
    """The value column of a link, under the name that history shows."""

    def __init__(self, name: str, field: Any) -> None:
        self.name = name
        self.to_python = field.target_field.to_python if field.is_relation else field.to_python


def _aware(value: Any) -> Any:
    """SQLite writes times without their zone, which is always UTC."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


def _python(field: Any, value: Any) -> Any:
    if field is None or value is None:
        return value
    convert = (
        field.target_field.to_python if getattr(field, "is_relation", False) else (field.to_python)
    )
    try:
        return _aware(convert(value))
    except (ValidationError, TypeError):
        return value  # the field has changed its type since: show what was written
