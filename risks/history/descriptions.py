"""Describes recorded changes in words, for the page of a risk and for the admin."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model

from openrisk.database.labels import model_of_label
from risks.fields import FIELDS
from risks.history.recorded_models import link_fields
from risks.models import CustomField

Names = Mapping[tuple[type[Model], Any], str]


# Where the name of the column is not what people call the field.
LABELS = {
    **{("risks.risk", field.name): field.label for field in FIELDS if field.label},
    ("risks.risk", "title"): "title",
    ("risks.risk", "last_reviewed_at"): "last review",
    ("risks.acceptance", "expires_at"): "accepted until",
    ("risks.mitigationaction", "depends_on"): "what it waits for",
    ("risks.mitigationaction", "done_at"): "done",
}


@dataclass(frozen=True)
class FieldChange:
    """A changed field, with its value before and after in words; "" where it was empty."""

    label: str
    before: str
    after: str


@cache
def find_column(model: str, name: str) -> tuple[str, Field | None]:
    """Return the label of a recorded field and the column of its values.

    The column is None where the model no longer has the field.
    """
    column: Any = link_fields(model).get(name)
    label = LABELS.get((model, name)) or name.replace("_", " ")
    if column is None:
        try:
            column = model_of_label(model)._meta.get_field(name)
            label = LABELS.get((model, name)) or str(column.verbose_name)
        except FieldDoesNotExist:
            pass
    return label[:1].upper() + label[1:], column


def load_names(
    changes: Sequence[tuple[str, Mapping[str, Sequence[Any]]]], known: Iterable[Model] = ()
) -> dict[tuple[type[Model], Any], str]:
    """Return the names of all rows whose ids stand in these (label of a model, {field: values}).

    One query for each model; the rows in `known` need none.
    """
    names: dict[tuple[type[Model], Any], str] = {(type(row), row.pk): str(row) for row in known}
    missing: dict[type[Model], set[Any]] = defaultdict(set)
    for model, fields in changes:
        for name, pair in fields.items():
            column = find_column(model, name)[1]
            if column is not None and column.is_relation:
                target: Any = column.related_model
                missing[target] |= {pk for pk in pair if pk and (target, pk) not in names}
    for target, pks in missing.items():
        # A name may be made of that of another row, such as the risk of an acceptance.
        rows = target._default_manager.select_related().filter(pk__in=pks) if pks else ()
        names |= {(target, row.pk): str(row) for row in rows}
    return names


def label_of(model: str, name: str, names: Names) -> str:
    """Return the label of a recorded field; that of a custom field is among the `names`."""
    return names.get((CustomField, name)) or find_column(model, name)[0]


def value_in_words(column: Field | None, value: Any, names: Names) -> str:  # noqa: PLR0911  a table of types
    if value in (None, "", [], {}):
        return ""
    if column is not None and column.is_relation:
        return names.get((column.related_model, value), f"deleted ({value})")  # type: ignore[arg-type]
    if column is not None and column.flatchoices:
        return str(dict(column.flatchoices).get(value, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%-d %b %Y, %H:%M} UTC"
    if isinstance(value, date):
        return f"{value:%-d %b %Y}"
    if isinstance(value, dict):
        return "; ".join(f"{key}: {entry}" for key, entry in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
