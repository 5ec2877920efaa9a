"""Current values of risks, in the words that imports and exports share."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from risks.fields import LINKS, PEOPLE, Kind, field_names
from risks.import_runs.changes import Values
from risks.models import RiskAsset, RiskControl, RiskTag
from risks.text import clean_text

TEXTS = field_names(Kind.TEXT, Kind.CHOICE, importable=True)
PLAIN = field_names(Kind.STATUS, Kind.RATING, Kind.NUMBER, importable=True)
# A review that people made since is an edit, though no import sets its time.
TIMES = (*field_names(Kind.TIME, importable=True), "last_reviewed_at")
EXTRA = "extra."  # each key of `extra` is a field of its own

# The columns of each risk that `current_values` needs, for QuerySet.values().
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
    """The values of each of these risks (`VALUE_PATHS`), in their order.

    `controls` are the names of the organization's controls (`control_names`). Three queries read
    the links of all risks.
    """
    values = {row["id"]: row_values(row) for row in rows}
    for name, links in read_links(list(values), controls).items():
        for pk, of_risk in values.items():
            of_risk[name] = sorted(map(clean_text, links[pk]))
    return values


def row_values(row: Mapping[str, Any]) -> Values:
    values = {name: row[name] for name in PLAIN}
    values.update((name, clean_text(row[name])) for name in TEXTS)
    values.update((name, format_time(row[name])) for name in TIMES)
    values.update((name, row[f"{name}__email"]) for name in PEOPLE)
    values["category"] = clean_text(row["category__name"] or "")
    values.update((EXTRA + name, value) for name, value in row["extra"].items())
    return values


def format_time(value: datetime | None) -> str | None:
    return value.astimezone(UTC).isoformat() if value else None


def read_links(
    ids: list[UUID], controls: Mapping[UUID, str]
) -> dict[str, defaultdict[UUID, list[str]]]:
    """Names of the tags, assets and controls of each risk, by kind."""
    links: dict[str, defaultdict[UUID, list[str]]] = {name: defaultdict(list) for name in LINKS}
    tags = RiskTag.objects.filter(risk__in=ids).order_by()
    for risk, tag in tags.values_list("risk", "name"):
        links["tags"][risk].append(tag)
    assets = RiskAsset.objects.filter(risk__in=ids).order_by()
    for risk, asset in assets.values_list("risk", "asset__name"):
        links["assets"][risk].append(asset)
    risk_controls = RiskControl.objects.filter(risk__in=ids).order_by()
    for risk, control in risk_controls.values_list("risk", "control"):
        links["controls"][risk].append(controls[control])
    return links
