"""The cells of the list of risks, for its template and for files."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.translation import gettext as _

from risks.custom_fields.definitions import load_people
from risks.custom_fields.values import NUMBERS, value_words
from risks.models import (
    CustomFieldKind,
    Level,
    RiskAsset,
    RiskControl,
    RiskTag,
    Source,
    Status,
    Treatment,
)
from risks.overdue import is_review_overdue
from risks.pages.register.columns import ListColumn

CHOICES: dict[str, dict[str, str]] = {
    name: {str(value): str(label) for value, label in choices.choices}
    for name, choices in (("status", Status), ("treatment", Treatment), ("source", Source))
}
Links = dict[tuple[str, UUID], list[str]]
LEVELS = {str(value): str(label) for value, label in Level.choices}
LINKED: dict[str, tuple[Any, Any]] = {  # the links, and the words for what they lead to
    "tags": (RiskTag, F("name")),
    "assets": (RiskAsset, F("asset__name")),
    "controls": (
        RiskControl,
        Concat("control__identifier", Value(" "), "control__title", output_field=CharField()),
    ),
}


@dataclass
class Cell:
    """One value of a row: `kind` is its look, `text` its words, "" where there is none."""

    kind: str
    name: str
    label: str = ""
    text: str = ""
    edited: str = ""  # the part of the risk that people change here
    level: str = ""
    score: int | None = None
    words: list[str] = field(default_factory=list)
    moment: datetime | None = None
    is_overdue: bool = False
    has_left: bool = False
    value: Any = None  # of a number or a day, as a file has it


def build_cells(columns: Sequence[ListColumn], rows: list[dict[str, Any]]) -> None:
    """Add `cells` to each row; the links of all rows cost one query."""
    kinds = [column.name for column in columns if column.kind == "links" and not column.custom]
    links = load_links(kinds, [row["id"] for row in rows]) if kinds and rows else {}
    people = load_people_of_rows(columns, rows)
    now = timezone.now()
    for row in rows:
        row["cells"] = [
            build_custom_cell(column, row[column.alias], people)
            if column.custom
            else build_cell(column, row, links, now)
            for column in columns
        ]


def load_people_of_rows(
    columns: Sequence[ListColumn], rows: Sequence[dict[str, Any]]
) -> dict[str, str]:
    """Return the names of the people in custom fields, by id."""
    own = [column.alias for column in columns if column.custom and column.kind == "person"]
    return load_people({row[alias] for row in rows for alias in own if row[alias]})


def build_custom_cell(column: ListColumn, value: Any, people: Mapping[str, str]) -> Cell:
    field = column.custom
    assert field is not None  # noqa: S101  see `build_cells`
    cell = Cell(column.kind, column.name, column.label, edited=column.edited)
    cell.text = value_words(field, value, people)
    if isinstance(value, list):
        cell.words = [str(word) for word in value]
    elif field.kind in NUMBERS or field.kind == CustomFieldKind.DATE:
        cell.value = value
    return cell


def build_cell(column: ListColumn, row: dict[str, Any], links: Links, now: datetime) -> Cell:
    name = column.name
    cell = Cell(column.kind, name, column.label, edited=column.edited)
    match column.kind:
        case "level":
            cell.level = row[name] or ""
            cell.score = row[name.replace("_level", "_score")]
            cell.text = LEVELS.get(cell.level, "")
        case "person":
            cell.text = row[f"{name}_label"] or ""
            cell.has_left = row[f"{name}_has_left"]
        case "day":
            cell.moment = row[name]
            cell.is_overdue = name == "next_review_at" and is_review_overdue(
                row["status"], cell.moment, now
            )
        case "links":
            cell.words = links.get((name, row["id"]), [])
            cell.text = ", ".join(cell.words)
        case _:
            value = row.get(f"{name}_label", row.get(name))
            value = CHOICES[name].get(str(value), value) if name in CHOICES else value
            cell.text = "" if value is None else str(value)
    return cell


def row_words() -> dict[str, str]:
    """Return the words that every row needs, so that they are looked up once."""
    return {
        "change": _("Change"),
        "select": _("Select"),
        "overdue": _("overdue"),
        "has_left": _("(no longer a member)"),
        "not_assessed": _("Not assessed"),
    }


def load_links(kinds: Sequence[str], risk_ids: list[UUID]) -> Links:
    """Load the names of the tags, assets or controls of these risks in one query."""
    queries = [
        LINKED[kind][0]
        .objects.filter(risk__in=risk_ids)
        .order_by()
        .values_list(
            Value(kind, output_field=CharField()),
            "risk",
            Cast(LINKED[kind][1], CharField()),
        )
        for kind in kinds
    ]
    names: Links = defaultdict(list)
    for kind, risk_id, name in queries[0].union(*queries[1:], all=True):
        names[kind, risk_id].append(name)
    for words in names.values():
        words.sort(key=str.casefold)
    return names


def file_values(cell: Cell) -> list[Any]:
    """Return what a file writes for a cell: a level and its score are two."""
    if cell.kind == "level":
        return [cell.text, cell.score]
    if cell.value is not None:
        return [cell.value]
    if cell.kind == "number":
        return [number_of(cell.text)]
    if cell.kind == "day":
        return [cell.moment.date().isoformat() if cell.moment else ""]
    if cell.has_left:
        return [_("%(name)s (no longer a member)") % {"name": cell.text}]
    return [cell.text]


def number_of(text: str) -> Any:
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text
