"""Risks as CSV and XLSX: streamed, safe to open in a spreadsheet, and importable again as they are.

The headers are names of fields. What an import cannot set (scores, levels, times) is there to be
read; `risks.registers` ignores it.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, BinaryIO
from uuid import UUID

import orjson
from django.db.models import QuerySet

from openrisk.accounts.models import Organization
from openrisk.errors import Conflict
from risks.fields import EXPORT_COLUMNS, Kind, extra_header, field_names
from risks.import_runs.changes import Values
from risks.import_runs.current_values import VALUE_PATHS, current_values, format_time
from risks.import_runs.name_lookup import control_names
from risks.registers.reading.sheet import MAX_COLUMNS
from risks.registers.reading.text import clean_cell, clean_text, join_list, neutralize_formula

CHUNK = 1000
LONGEST_HEADER = 150
LONGEST_XLSX_CELL = 32_767
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

# Written as they are stored; `current_values` has the others.
_STORED = field_names(Kind.ID, Kind.COMPUTED, exportable=True)
EXTRA_REST_COLUMN = (
    "extra"  # one column, as JSON, for what `extra` holds that fits no column of its own
)


def csv_lines(risks: QuerySet[Any], organization: Organization) -> Iterator[str]:
    """CSV (RFC 4180) in pieces. `risks` is an ordered queryset of one organization's risks."""
    header, rows = _table(risks, organization)
    return csv_text(chain([header], rows))


def write_xlsx(risks: QuerySet[Any], organization: Organization, file: BinaryIO) -> None:
    """One sheet. Conflict where a text does not fit into a cell."""
    header, rows = _table(risks, organization)
    write_sheets({"Risks": chain([header], rows)}, file)


def csv_text(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """`rows` as lines of CSV, safe to open in a spreadsheet."""
    write = csv.writer(_Echo()).writerow
    for row in rows:
        yield write([neutralize_formula(cell) if isinstance(cell, str) else cell for cell in row])


def write_sheets(sheets: Mapping[str, Iterable[Sequence[Any]]], file: BinaryIO) -> None:
    """A workbook of tables by title, each with a header; every text as a text cell."""
    from openpyxl import Workbook  # noqa: PLC0415  20 MB, for workbooks alone

    workbook = Workbook(write_only=True)
    for title, rows in sheets.items():
        sheet = workbook.create_sheet(title)
        sheet.freeze_panes = "A2"
        try:
            for row in rows:
                sheet.append([_xlsx_cell(sheet, cell, of=row[0]) for cell in row])
        except Conflict:
            sheet.close()  # or its half of a file complains when it is collected
            raise
    workbook.save(file)


class _Echo:
    """A file for csv.writer whose write() answers the line."""

    def write(self, line: str) -> str:
        return line


# A control character, and what looks like the escape of one (ECMA-376, ST_Xstring).
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def _xlsx_cell(sheet: Any, value: Any, *, of: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = _UNWRITABLE.sub(lambda match: f"_x{ord(match[0]):04X}_", neutralize_formula(value))
    if len(text) > LONGEST_XLSX_CELL:
        mark = f" … [cut: {len(value):,} characters; the export as CSV has them all]"
        text = text[: LONGEST_XLSX_CELL - len(mark)] + mark
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415  as above

    cell = WriteOnlyCell(sheet)
    cell._value, cell.data_type = text, "s"  # value= would take "=1+1" for a formula
    return cell


Row = list[str | int | None]


def _table(risks: QuerySet[Any], organization: Organization) -> tuple[Row, Iterator[Row]]:
    names, rest = _extra_columns(risks)
    header: Row = [
        *EXPORT_COLUMNS,
        *map(extra_header, names),
        *([EXTRA_REST_COLUMN] if rest else []),
    ]
    return header, _rows(risks, control_names(organization), names, rest=rest)


def _rows(
    risks: QuerySet[Any], controls: Mapping[UUID, str], names: Mapping[str, None], *, rest: bool
) -> Iterator[Row]:
    rows = risks.values(*VALUE_PATHS, *_STORED).iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        values = current_values(chunk, controls)
        for row in chunk:
            yield _row(row, values[row["id"]], names, rest=rest)


def _row(row: Mapping[str, Any], values: Values, names: Mapping[str, None], *, rest: bool) -> Row:
    values.update((name, row[name]) for name in _STORED)
    cells = [_cell(values[name]) for name in EXPORT_COLUMNS]
    extra = row["extra"]
    cells += [extra[name] if fits_cell(extra.get(name)) else None for name in names]
    if rest:
        left = {k: v for k, v in extra.items() if k not in names or not fits_cell(v)}
        cells.append(orjson.dumps(left).decode() if left else None)
    return cells


def _cell(value: Any) -> str | int | None:
    if isinstance(value, list):
        return join_list(value)
    if value is None or isinstance(value, str | int):
        return value
    return format_time(value)


# --- Columns of `extra`


def _extra_columns(risks: QuerySet[Any]) -> tuple[dict[str, None], bool]:
    """The keys that get a column, in order, and whether anything is left that fits none."""
    found: set[str] = set()
    rest = False
    rows = risks.exclude(extra={}).order_by().values_list("extra", flat=True)
    for extra in rows.iterator(chunk_size=CHUNK):
        for name, value in extra.items():
            if _fits_header(name) and fits_cell(value):
                found.add(name)
            else:
                rest = True
    room = MAX_COLUMNS - len(EXPORT_COLUMNS) - 1
    return dict.fromkeys(sorted(found)[:room]), rest or len(found) > room


def fits_cell(value: Any) -> bool:
    """Whether a cell gives this value back as it is."""
    return isinstance(value, str) and value != "" and clean_text(value) == value


def _fits_header(name: str) -> bool:
    return (
        0 < len(name) <= LONGEST_HEADER
        and name != EXTRA_REST_COLUMN
        and " ".join(name.split()) == name
        and clean_cell(neutralize_formula(name)) == name
        and name.isprintable()
    )
