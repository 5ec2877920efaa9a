"""How risks stand now, in the words that imports and exports share."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from risks.fields import PEOPLE, Kind, field_names
from risks.import_runs.changes import Values
from risks.models import RiskAsset, RiskControl, RiskTag
from risks.registers.reading.text import clean_text

TEXTS = field_names(Kind.TEXT, Kind.CHOICE, importable=True)
PLAIN = field_names(Kind.STATUS, Kind.RATING, Kind.NUMBER, importable=True)
TIMES = field_names(Kind.TIME, importable=True)
LISTS = field_names(Kind.LINKS, importable=True)
EXTRA = "extra."  # each key of `extra` is a field of its own

# The paths that `current_values` needs, for QuerySet.values().
VALUE_PATHS = (
    "id",
    "category__name",
    "extra",
    *TEXTS,
    *PLAIN,
    *TIMES,
    *(f"{person}__email" for person in PEOPLE),
)


def current_values(
    rows: Sequence[Mapping[str, Any]], controls: Mapping[UUID, str]
) -> dict[UUID, Values]:
    """The values of each of these risks (`PATHS`), in their order: three queries for their links.

    `controls` are the names of the organization's controls (`risks.import_runs.name_lookup`).
    """
    found = {row["id"]: _values(row) for row in rows}
    for name, links in _links(list(found), controls).items():
        for pk, values in found.items():
            values[name] = sorted(map(clean_text, links[pk]))
    return found


def _values(row: Mapping[str, Any]) -> Values:
    values = {name: row[name] for name in PLAIN}
    values.update((name, clean_text(row[name])) for name in TEXTS)
    values.update((name, format_time(row[name])) for name in TIMES)
    values.update((name, row[f"{name}__email"]) for name in PEOPLE)
    values["category"] = clean_text(row["category__name"] or "")
    values.update((EXTRA + name, value) for name, value in row["extra"].items())
    return values


def format_time(value: datetime | None) -> str | None:
    return value.astimezone(UTC).isoformat() if value else None


def _links(
    ids: list[UUID], controls: Mapping[UUID, str]
) -> dict[str, defaultdict[UUID, list[str]]]:
    found: dict[str, defaultdict[UUID, list[str]]] = {name: defaultdict(list) for name in LISTS}
    tags = RiskTag.objects.filter(risk__in=ids).order_by()
    for risk, tag in tags.values_list("risk", "name"):
        found["tags"][risk].append(tag)
    assets = RiskAsset.objects.filter(risk__in=ids).order_by()
    for risk, asset in assets.values_list("risk", "asset__name"):
        found["assets"][risk].append(asset)
    acting = RiskControl.objects.filter(risk__in=ids).order_by()
    for risk, control in acting.values_list("risk", "control"):
        found["controls"][risk].append(controls[control])
    return found
