"""Risks as CSV and XLSX: streamed, safe to open in a spreadsheet, and importable without change.

The headers are names of fields. Columns that an import cannot set (scores, levels, times) are there
to be read; `risks.registers` ignores them.
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
from openrisk.text.cleaning import escape_invisible
from risks.custom_fields.definitions import CustomFields, load_people, people_in
from risks.custom_fields.services import fields_of
from risks.custom_fields.values import value_text
from risks.fields import EXPORT_COLUMNS, RELATIONS_COLUMN, Kind, extra_header, field_names
from risks.import_runs.current_values import VALUE_PATHS, current_values, format_time
from risks.import_runs.name_lookup import control_names
from risks.registers.reading.sheet import MAX_COLUMNS
from risks.registers.reading.text import clean_cell, clean_text, join_list, neutralize_formula
from risks.services.workspace.relations import relation_texts

CHUNK = 1000
LONGEST_HEADER = 150
LONGEST_XLSX_CELL = 32_767
BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as the code page of the machine
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

# Written as they are stored; `current_values` has the others.
_STORED = field_names(Kind.ID, Kind.COMPUTED, exportable=True)
REST_COLUMN = "extra"  # as JSON, the values of `extra` that fit no column of their own


def csv_lines(risks: QuerySet[Any], organization: Organization) -> Iterator[str]:
    """Yield CSV (RFC 4180) line by line. `risks` is an ordered queryset of one organization."""
    header, rows = export_table(risks, organization)
    return csv_text(chain([header], rows))


def write_xlsx(risks: QuerySet[Any], organization: Organization, file: BinaryIO) -> None:
    """Write one sheet. Conflict where a text does not fit into a cell."""
    header, rows = export_table(risks, organization)
    write_sheets({"Risks": chain([header], rows)}, file)


def csv_text(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Yield `rows` as lines of CSV, safe to open in a spreadsheet."""
    yield BYTE_ORDER_MARK
    write = csv.writer(_Echo()).writerow
    for row in rows:
        yield write([neutralize_formula(cell) if isinstance(cell, str) else cell for cell in row])


def write_sheets(sheets: Mapping[str, Iterable[Sequence[Any]]], file: BinaryIO) -> None:
    """Write a workbook of tables by title, each with a header; every text as a text cell."""
    from openpyxl import Workbook  # noqa: PLC0415  20 MB, for workbooks alone

    workbook = Workbook(write_only=True)
    for title, rows in sheets.items():
        sheet = workbook.create_sheet(title)
        sheet.freeze_panes = "A2"
        try:
            for row in rows:
                sheet.append([text_cell(sheet, cell) for cell in row])
        except Conflict:
            sheet.close()  # or its half of a file complains when it is collected
            raise
    workbook.save(file)


class _Echo:
    """A file for csv.writer whose write() returns the line."""

    def write(self, line: str) -> str:
        return line


# A control character, and what looks like the escape of one (ECMA-376, ST_Xstring).
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def writable_text(value: str) -> str:
    """Return a text as a cell of a workbook can hold it, with a mark where it was cut."""
    text = _UNWRITABLE.sub(lambda match: f"_x{ord(match[0]):04X}_", neutralize_formula(value))
    if len(text) > LONGEST_XLSX_CELL:
        mark = f" … [cut: {len(value):,} characters; the export as CSV has them all]"
        text = text[: LONGEST_XLSX_CELL - len(mark)] + mark
    return text


def text_cell(sheet: Any, value: Any) -> Any:
    """Return a text as a cell that no spreadsheet takes for a formula; other values unchanged."""
    if not isinstance(value, str):
        return value
    text = writable_text(value)
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415  as above

    cell = WriteOnlyCell(sheet)
    cell._value, cell.data_type = text, "s"  # value= would read "=1+1" as a formula
    return cell


Row = list[str | int | None]


def export_table(risks: QuerySet[Any], organization: Organization) -> tuple[Row, Iterator[Row]]:
    """Return the header and the rows of an export."""
    names, has_rest = extra_columns(risks)
    custom = fields_of(organization)
    own = [field.name for field in custom.values()]
    header: Row = [*EXPORT_COLUMNS, RELATIONS_COLUMN, *own, *map(extra_header, names)]
    if has_rest:
        header.append(REST_COLUMN)
    rows = export_rows(risks, control_names(organization), names, custom, has_rest=has_rest)
    return header, rows


def export_rows(
    risks: QuerySet[Any],
    controls: Mapping[UUID, str],
    names: Mapping[str, None],
    custom: CustomFields,
    *,
    has_rest: bool,
) -> Iterator[Row]:
    """Yield a row for each risk; `names` are the keys of `extra` that have a column."""
    stored = risks.values(*VALUE_PATHS, *_STORED).iterator(chunk_size=CHUNK)
    while chunk := list(islice(stored, CHUNK)):
        values_by_risk = current_values(chunk, controls)
        relations = relation_texts([risk["id"] for risk in chunk])
        people = load_people(people_in(custom, [risk["custom_fields"] for risk in chunk]), "email")
        for risk in chunk:
            values = values_by_risk[risk["id"]] | {name: risk[name] for name in _STORED}
            row = [to_cell(values[name]) for name in EXPORT_COLUMNS]
            row.append(relations.get(risk["id"]))
            stored_values = risk["custom_fields"]
            row += [value_text(f, stored_values.get(key), people) for key, f in custom.items()]
            extra = risk["extra"]
            row += [extra[name] if fits_cell(extra.get(name)) else None for name in names]
            if has_rest:
                rest = {k: v for k, v in extra.items() if k not in names or not fits_cell(v)}
                row.append(escape_invisible(orjson.dumps(rest).decode()) if rest else None)
            yield row


def to_cell(value: Any) -> str | int | None:
    """Return a value as a file writes it."""
    if isinstance(value, list):
        return join_list(value)
    if isinstance(value, dict):
        return join_list(f"{kind}: {text}" for kind, text in value.items()) or None
    if value is None or isinstance(value, str | int):
        return value
    return format_time(value)


# --- Columns of `extra`


def extra_columns(risks: QuerySet[Any]) -> tuple[dict[str, None], bool]:
    """Return the keys that get a column, in order, and whether something fits none of them."""
    names: set[str] = set()
    has_rest = False
    extras = risks.exclude(extra={}).order_by().values_list("extra", flat=True)
    for extra in extras.iterator(chunk_size=CHUNK):
        for name, value in extra.items():
            if fits_header(name) and fits_cell(value):
                names.add(name)
            else:
                has_rest = True
    free = MAX_COLUMNS - len(EXPORT_COLUMNS) - 2
    return dict.fromkeys(sorted(names)[:free]), has_rest or len(names) > free


def fits_cell(value: Any) -> bool:
    """Return whether an import reads this value back unchanged from a cell."""
    return isinstance(value, str) and value != "" and clean_text(value) == value


def fits_header(name: str) -> bool:
    """Return whether an import reads this key back unchanged from a header."""
    return (
        0 < len(name) <= LONGEST_HEADER
        and name != REST_COLUMN
        and " ".join(name.split()) == name
        and clean_cell(neutralize_formula(name)) == name
        and name.isprintable()
    )
