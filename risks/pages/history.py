"""The history of a risk in words: who, when, what (before and after) and why."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import groupby
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model

from openrisk.database.labels import model_of_label
from risks.history.reading import ROW_FIELDS, changes_of, normalise
from risks.history.recorded_models import link_fields

PAGE_SIZE = 50
# They follow from the ratings, which are shown.
DERIVED_FIELDS = frozenset(
    {"current_likelihood", "current_impact", "current_score", "current_level", "reference"}
)
Names = Mapping[tuple[type[Model], UUID], str]


@dataclass(frozen=True)
class FieldChange:
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class RowChange:
    """What happened to one row."""

    subject: str
    action: str
    fields: list[FieldChange]


@dataclass(frozen=True)
class HistoryEntry:
    """What one person did at one moment."""

    at: datetime
    actor: str
    comment: str
    changes: list[RowChange]


@dataclass(frozen=True)
class HistoryPage:
    entries: list[HistoryEntry]
    older: int | None  # the id to read on before; None at the beginning of history


def load_history(
    subjects: Mapping[UUID, str], before: int | None = None, *, known: Iterable[Model] = ()
) -> HistoryPage:
    """The changes of the rows `subjects` (id -> what to call it), latest first, 50 at a time.

    Rows that are `known` need not be asked for, where a change mentions them.
    """
    recorded = changes_of(*subjects)
    if before is not None:
        recorded = recorded.filter(id__lt=before)
    rows = list(recorded.values(*ROW_FIELDS)[: PAGE_SIZE + 1])
    more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    for row in rows:
        row["changes"] = normalise(row["model"], row["changes"])
    names = _names(rows, known)
    entries = []
    for (at, actor, comment), group in groupby(
        rows, key=lambda row: (row["at"], row["actor__email"], row["comment"])
    ):
        changes = [_row_change(row, subjects, names) for row in group]
        visible = [change for change in changes if change.fields or change.action != "updated"]
        if visible:
            entries.append(HistoryEntry(at, actor or "The system", comment, visible))
    return HistoryPage(entries, rows[-1]["id"] if more else None)


def _row_change(row: dict[str, Any], subjects: Mapping[UUID, str], names: Names) -> RowChange:
    lines = [
        FieldChange(label, shown[0], shown[1])
        for name, pair in row["changes"].items()
        if name not in DERIVED_FIELDS
        for label, column in [_field(row["model"], name)]
        for shown in [[_text(column, value, names) for value in pair]]
    ]
    # An entry that changes nothing holds a comment, see `risks.history.comments`.
    action = row["action"] if row["changes"] or row["action"] != "updated" else "commented on"
    return RowChange(subjects[row["object_id"]], action, lines)


@cache
def _field(model: str, name: str) -> tuple[str, Field | None]:
    """The label of a changed field, and the column its values are of (None: it is gone)."""
    if linked := link_fields(model).get(name):
        return name.replace("_", " ").capitalize(), linked
    column = _column(model_of_label(model), name)
    label = column.verbose_name if column is not None else name.replace("_", " ")
    return str(label)[:1].upper() + str(label)[1:], column


def _column(model: type[Model], name: str) -> Any:
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        return None  # removed since: its history stays


def _names(rows: Iterable[dict[str, Any]], known: Iterable[Model]) -> Names:
    """What the ids in these changes stand for, with one query for each kind of row."""
    names: dict[tuple[type[Model], UUID], str] = {(type(row), row.pk): str(row) for row in known}
    wanted: dict[type[Model], set[UUID]] = defaultdict(set)
    for row in rows:
        for name, pair in row["changes"].items():
            column = _field(row["model"], name)[1]
            if column is not None and column.is_relation:
                model = column.related_model
                wanted[model] |= {one for one in pair if one and (model, one) not in names}  # type: ignore[index]
    for model, ids in wanted.items():
        found = model._default_manager.filter(pk__in=ids) if ids else ()
        names |= {(model, row.pk): str(row) for row in found}
    return names


def _text(column: Field | None, value: Any, names: Names) -> str:  # noqa: PLR0911  a table of types
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
    return str(value)
