"""The columns of the list of findings, for its template and for files."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from risks.models import FindingState, Severity
from risks.querysets import FINDING_ORDERS

SEVERITIES = {str(value): str(label) for value, label in Severity.choices}
STATES = {str(value): str(label) for value, label in FindingState.choices}
# What every row needs, whatever its columns are.
ROW_FIELDS = ("id", "version", "rule", "title", "state")
DESCENDING_FIRST = ("severity", "epss", "last_seen_at", "first_seen_at")


@dataclass(frozen=True)
class FindingColumn:
    """A column: `paths` are read for its cells, `kind` is their look."""

    name: str
    label: str | Promise
    kind: str = "text"
    paths: tuple[str, ...] = ()

    @property
    def order(self) -> str:
        return self.name if self.name in FINDING_ORDERS else ""

    @property
    def descending_first(self) -> bool:
        return self.order in DESCENDING_FIRST


COLUMNS = {
    column.name: column
    for column in (
        FindingColumn("severity", gettext_lazy("Severity"), "level", ("severity",)),
        FindingColumn("rule", gettext_lazy("Rule or CVE")),
        FindingColumn("title", gettext_lazy("Finding"), "title"),
        FindingColumn("asset", gettext_lazy("Asset"), "asset", ("asset", "asset__name")),
        FindingColumn("known_exploited", gettext_lazy("Exploited"), "flag", ("known_exploited",)),
        FindingColumn("epss", gettext_lazy("EPSS"), "percent", ("epss",)),
        FindingColumn("cvss", gettext_lazy("CVSS"), "number", ("cvss",)),
        FindingColumn("tool", gettext_lazy("Tool"), "text", ("tool",)),
        FindingColumn("location", gettext_lazy("Location"), "text", ("location",)),
        FindingColumn("state", gettext_lazy("State"), "state", ("state", "decided_until")),
        FindingColumn("risk", gettext_lazy("Risk"), "risk", ("risk__reference",)),
        FindingColumn("first_seen_at", gettext_lazy("First seen"), "day", ("first_seen_at",)),
        FindingColumn("last_seen_at", gettext_lazy("Last seen"), "day", ("last_seen_at",)),
        FindingColumn("decided_until", gettext_lazy("Decided until"), "day", ("decided_until",)),
    )
}
DEFAULT_COLUMNS = (
    *("severity", "rule", "title", "asset", "known_exploited", "epss", "state", "first_seen_at"),
    "risk",
)


def parse_columns(text: str) -> tuple[list[FindingColumn], list[str]]:
    """Return the columns that a text names, in its order, and the names that are none.

    The title is always there: a row without it says nothing.
    """
    names = list(dict.fromkeys(text.split(","))) if text else list(DEFAULT_COLUMNS)
    if "title" not in names:
        names.insert(0, "title")
    chosen = [COLUMNS[name] for name in names if name in COLUMNS]
    return chosen, [name for name in names if name not in COLUMNS]


def value_paths(columns: Sequence[FindingColumn]) -> list[str]:
    """Return what `values()` reads for the cells of a row."""
    return list(dict.fromkeys([*ROW_FIELDS, *(p for column in columns for p in column.paths)]))


def build_cells(columns: Sequence[FindingColumn], rows: list[dict[str, Any]]) -> None:
    """Add `cells` to each row: the column, the words, and the value they are of."""
    for row in rows:
        row["cells"] = [
            {"column": column, "text": cell_text(column, row), "value": row.get(column.name)}
            for column in columns
        ]


def cell_text(column: FindingColumn, row: dict[str, Any]) -> str:
    """Return the words of a cell; "" where there is no value."""
    value = row[column.paths[-1] if column.kind in ("asset", "risk") else column.name]
    if value is None:
        return ""
    words = {"severity": SEVERITIES, "state": STATES}.get(column.name)
    if words:
        return words.get(value, value)
    if column.kind == "flag":
        return _("Known exploited") if value else ""
    if column.kind == "day":
        return str(value.strftime("%Y-%m-%d"))
    return percent_text(value) if column.kind == "percent" else str(value)


def percent_text(chance: Any) -> str:
    """Return a chance between 0 and 1 in per cent: 94.4 %, or 0.04 %."""
    percent = chance * 100
    return f"{percent:.1f} %" if percent >= 1 else f"{percent:.2f} %"


def file_row(columns: Sequence[FindingColumn], row: dict[str, Any]) -> list[Any]:
    """Return what a file writes for a row: numbers as numbers, words for the rest."""
    values = []
    for cell in row["cells"]:
        is_number = cell["column"].kind in ("percent", "number")
        value = cell["value"]
        values.append(float(value) if is_number and value is not None else cell["text"])
    return values
