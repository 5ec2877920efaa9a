"""Current values of risks, in the words that imports and exports share."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from risks.fields import CUSTOM_PREFIX, LINKS, PEOPLE, Kind, field_names
from risks.import_runs.changes import Values
from risks.models import Asset
from risks.services.links import read_links
from risks.text import clean_text

TEXTS = field_names(Kind.TEXT, Kind.CHOICE, importable=True)
PLAIN = field_names(Kind.STATUS, Kind.RATING, Kind.NUMBER, Kind.FIGURE, importable=True)
# A review that people made since is an edit, though no import sets its time.
TIMES = (*field_names(Kind.TIME, importable=True), "last_reviewed_at")
EXTRA = "extra."  # each key of `extra` is a field of its own

# The columns of each risk that `current_values` needs, for QuerySet.values().
VALUE_PATHS = (
    "id",
    "category__name",
    "extra",
    "custom_fields",
    *TEXTS,
    *PLAIN,
    *TIMES,
    *(f"{person}__email" for person in PEOPLE),
)


def current_values(
    rows: Sequence[Mapping[str, Any]], controls: Mapping[UUID, str]
) -> dict[UUID, Values]:
    """The values of each of these risks (`VALUE_PATHS`), in their order.

    `controls` are the names of the organization's controls (`control_names`). Two queries read
    the links of all risks.
    """
    values = {row["id"]: row_values(row) for row in rows}
    for pk, links in link_names(list(values), controls).items():
        for kind, names in links.items():
            values[pk][kind] = sorted(map(clean_text, names))
    return values


def row_values(row: Mapping[str, Any]) -> Values:
    values = {name: row[name] for name in PLAIN}
    values.update((name, clean_text(row[name])) for name in TEXTS)
    values.update((name, format_time(row[name])) for name in TIMES)
    values.update((name, row[f"{name}__email"]) for name in PEOPLE)
    values["category"] = clean_text(row["category__name"] or "")
    values.update((EXTRA + name, value) for name, value in row["extra"].items())
    values.update((CUSTOM_PREFIX + key, value) for key, value in row["custom_fields"].items())
    return values


def format_time(value: datetime | None) -> str | None:
    return value.astimezone(UTC).isoformat() if value else None


def link_names(ids: list[UUID], controls: Mapping[UUID, str]) -> dict[UUID, dict[str, list[str]]]:
    """Names of the tags, assets and controls of each risk, by kind."""
    assets = Asset.objects.filter(risk_links__risk__in=ids).order_by()
    names = {"assets": dict(assets.values_list("pk", "name")), "controls": controls}
    links: dict[UUID, dict[str, list[str]]] = {pk: {kind: [] for kind in LINKS} for pk in ids}
    for pk, kind, value in read_links(ids):
        links[pk][kind].append(value if kind == "tags" else names[kind][value])
    return links
