"""Statements of applicability: a table of controls with their statuses, as people keep it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from risks.models import ControlStatus
from risks.registers.reading.sheet import RawSheet
from risks.registers.reading.text import match_key
from risks.registers.results import ImportFileError
from risks.registers.table import read_sheets

ROWS_BEFORE_HEADER = 30
# What the columns are called; the first of a row that is known counts.
HEADERS: dict[str, frozenset[str]] = {
    "identifier": frozenset(
        {
            *("identifier", "control", "control id", "control no", "control number", "id", "ref"),
            *("reference", "control reference", "clause", "annex a", "annex a control", "number"),
            *("no", "nr", "requirement id", "requirement", "section id", "control identifier"),
        }
    ),
    "framework": frozenset({"framework", "standard", "norm", "catalogue", "catalog"}),
    "status": frozenset(
        {
            *("status", "implementation status", "control status", "implementation", "state"),
            *("implemented", "current status", "compliance", "compliance status", "umsetzung"),
        }
    ),
    "applicable": frozenset(
        {*("applicable", "applicability", "in scope", "applies", "anwendbar", "selected")}
    ),
}
STATUS_WORDS: dict[str, frozenset[str]] = {
    ControlStatus.IMPLEMENTED: frozenset(
        {
            *("implemented", "yes", "y", "done", "complete", "completed", "fully implemented"),
            *("compliant", "effective", "in place", "operational", "x", "umgesetzt", "ja"),
            *("100", "true", "largely implemented", "fully"),
        }
    ),
    ControlStatus.IN_PROGRESS: frozenset(
        {
            *("in progress", "partial", "partially", "partially implemented", "partly", "ongoing"),
            *("started", "being implemented", "under implementation", "partly implemented"),
            *("partially compliant", "teilweise", "in umsetzung", "wip"),
        }
    ),
    ControlStatus.NOT_IMPLEMENTED: frozenset(
        {
            *("not implemented", "no", "n", "open", "not started", "missing", "gap", "planned"),
            *("to do", "todo", "non compliant", "not compliant", "nein", "offen", "geplant"),
            *("0", "false", "none"),
        }
    ),
    ControlStatus.NOT_APPLICABLE: frozenset(
        {
            *("not applicable", "n a", "na", "excluded", "out of scope", "does not apply"),
            *("nicht anwendbar", "entfallt"),
        }
    ),
}
_STATUS_OF = {word: str(status) for status, words in STATUS_WORDS.items() for word in words}
_NOT = STATUS_WORDS[ControlStatus.NOT_IMPLEMENTED] | STATUS_WORDS[ControlStatus.NOT_APPLICABLE]


@dataclass(frozen=True)
class Statement:
    """The status of a control by a row of a file; "" where `text` is none that is known."""

    row: int
    identifier: str
    framework: str
    status: str
    text: str


def read_statements(data: bytes, file_name: str) -> list[Statement]:
    """Read the first table with a column of identifiers and one of statuses.

    Rows without either are left out. Raises ImportFileError.
    """
    for sheet in read_sheets(data, file_name, count_headers):
        for index, (_, cells) in enumerate(sheet.rows[:ROWS_BEFORE_HEADER]):
            columns = find_columns(cells)
            if "identifier" in columns and not {"status", "applicable"}.isdisjoint(columns):
                return list(read_rows(sheet, index + 1, columns))
    raise ImportFileError(
        "No column with the identifiers of controls and a column with their status was found. "
        "Name them “Identifier” and “Status” in a row above the controls."
    )


def find_columns(cells: Sequence[str]) -> dict[str, int]:
    """Return the columns of a header, by what they hold."""
    columns: dict[str, int] = {}
    for index, cell in enumerate(cells):
        key = match_key(cell)
        for name, words in HEADERS.items():
            if key in words:
                columns.setdefault(name, index)
                break
    return columns


def count_headers(cells: list[str]) -> int:
    return len(find_columns(cells))


def read_rows(sheet: RawSheet, start: int, columns: dict[str, int]) -> Iterator[Statement]:
    for number, cells in sheet.rows[start:]:
        values = {
            name: cells[index].strip() if index < len(cells) else ""
            for name, index in columns.items()
        }
        identifier, text = values["identifier"], values.get("status", "")
        status = _STATUS_OF.get(match_key(text), "")
        if match_key(values.get("applicable", "")) in _NOT:
            status, text = str(ControlStatus.NOT_APPLICABLE), values["applicable"]
        if identifier and text:
            yield Statement(number, identifier, values.get("framework", ""), status, text)
