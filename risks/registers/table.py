"""Tables: from a file to one row of headers, and rows of text below it."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import BinaryIO

from risks.fields import is_own_export
from risks.registers.layout.columns import Column, build_columns
from risks.registers.layout.continuation import fill_continued
from risks.registers.layout.header import FieldOf, Header, count_fields, find_header
from risks.registers.layout.kinds import leave_out_kinds
from risks.registers.layout.rows import SECTION, RowSorter, describe_skipped
from risks.registers.layout.sheets import SheetTable, choose_sheets, combine_sheets
from risks.registers.mapping.headers import likeliest_field
from risks.registers.options import DEFAULT_OPTIONS, ReadingOptions
from risks.registers.reading.csv import read_csv
from risks.registers.reading.sheet import (
    MAX_BYTES,
    MAX_ROWS,
    HeaderScore,
    NumberedRow,
    RawSheet,
    column_letter,
    list_numbers,
    too_many_rows,
)
from risks.registers.reading.text import match_key
from risks.registers.reading.xlsx import list_sheet_names, read_workbook
from risks.registers.results import (
    SHOWN_CHARACTERS,
    ImportFileError,
    Outline,
    RowError,
    SkippedRow,
    Table,
    UnclearFile,
)
from risks.text import count_text

MAX_CELL = 32_767  # characters; the longest cell of an XLSX file
_LONGEST_NAME = 80  # of a cell that may name a field
_OUTLINED_ROWS, _OUTLINED_CELLS = 20, 8  # of a sheet, to choose the header's row by

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and encrypted .xlsx
_OTHER_FORMATS = (
    (b"%PDF", "a PDF document"),
    (b"<", "an HTML or XML page"),
    (b"{", "a JSON document"),
)
_SAVE_AS = "Open it in a spreadsheet program and save it as XLSX or CSV."
_EMPTY = "The file is empty. Choose a file with a header row and risks."


def read_table(
    source: bytes | BinaryIO, filename: str, options: ReadingOptions = DEFAULT_OPTIONS
) -> Table:
    """Read the table in a CSV or XLSX file; its content decides which of the two it is.

    A header that `options` map is known to be there. Sheets that have the same columns are read as
    one table, unless `options` name one. Raises ImportFileError if the file as a whole cannot be
    read.
    """
    data = read_bytes(source)
    tables, notes = read_sheet_tables(data, filename, options)
    table = combine_sheets(tables)
    table.notes[:0] = notes
    names = [table.sheet.name for table in tables if table.sheet.name]
    header = tables[0].header
    row = options.header_row or tables[0].sheet.rows[header.end - 1][0]
    table.outline = make_outline(data, tables[0].sheet, names, row)
    return table


def make_outline(
    data: bytes, sheet: RawSheet, sheets_read: list[str], header_row: int = 0
) -> Outline:
    """Return the names of all sheets, and the first rows of `sheet`."""
    rows = [
        (number, [cell[:SHOWN_CHARACTERS] for cell in cells[:_OUTLINED_CELLS]])
        for number, cells in sheet.rows[:_OUTLINED_ROWS]
    ]
    sheets = list_sheet_names(data) if data.startswith(_ZIP) else []
    return Outline(sheets, sheets_read, header_row, rows)


def read_bytes(source: bytes | BinaryIO) -> bytes:
    return source if isinstance(source, bytes) else source.read(MAX_BYTES + 1)


def read_sheet_tables(
    source: bytes | BinaryIO, filename: str, options: ReadingOptions
) -> tuple[list[SheetTable], list[str]]:
    """Return the tables of the sheets that are read, and notes on the others."""
    data = read_bytes(source)
    refuse_at_once(data, filename)
    mapped = {match_key(header): field for header, field in options.mapping.items()}

    def field_of(name: str) -> str | None:
        if not 1 < len(name) <= _LONGEST_NAME:
            return None
        return mapped.get(match_key(name)) or likeliest_field(name)

    notes: list[str] = []
    if data.startswith(_ZIP):
        sheets, notes = read_workbook(data, options.sheet)
    else:
        if options.sheet:
            notes.append(f"A CSV file has no sheets: '{options.sheet}' was not looked for.")
        sheets = [read_csv(data, partial(count_fields, field_of=field_of), options.encoding)]
    try:
        tables = list(build_tables(sheets, field_of, options))
    except UnclearFile as error:
        names = [sheet.name for sheet in sheets if sheet.name]
        error.outline = make_outline(data, next(s for s in sheets if s.rows), names)
        raise
    if len(sheets) > 1:
        tables, choice = choose_sheets(tables)
        notes = [*choice, *notes]
    return tables, notes


def read_sheets(data: bytes, filename: str, header_score: HeaderScore) -> list[RawSheet]:
    """Return the sheets of a file whose columns the caller finds. Raises ImportFileError."""
    refuse_at_once(data, filename)
    if data.startswith(_ZIP):
        return read_workbook(data)[0]
    return [read_csv(data, header_score)]


def refuse_at_once(data: bytes, filename: str) -> None:
    """Refuse what cannot be a register, by its size and its first bytes. Raises ImportFileError."""
    if len(data) > MAX_BYTES:
        raise ImportFileError(
            f"The file is larger than {MAX_BYTES // 1024**2} MB. Split it into several files."
        )
    if not data.strip():
        raise ImportFileError(_EMPTY)
    if not data.startswith(_ZIP):
        refuse_other_formats(data, filename)


def refuse_other_formats(data: bytes, filename: str) -> None:
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise ImportFileError("The workbook is protected by a password. Save it without one.")
        raise ImportFileError(f"This is an Excel 97-2003 workbook (.xls). {_SAVE_AS}")
    if filename.lower().endswith((".xlsx", ".xlsm")):
        raise ImportFileError(
            f"{filename} is not an XLSX workbook: it is damaged, or has another format. {_SAVE_AS}"
        )
    start = data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    for mark, name in _OTHER_FORMATS:
        if start.startswith(mark):
            raise ImportFileError(f"This is {name}, not a table. {_SAVE_AS}")


def build_tables(
    sheets: Sequence[RawSheet], field_of: FieldOf, options: ReadingOptions
) -> Iterator[SheetTable]:
    """Yield the table of each sheet that has one. Raises ImportFileError if none has."""
    expected = frozenset(map(match_key, options.mapping))
    first_error: ImportFileError | None = None
    is_any = False
    for sheet in sheets:
        try:
            if not sheet.rows:
                raise ImportFileError(_EMPTY)
            header = find_header(sheet, field_of, expected, options.header_row)
        except ImportFileError as error:
            if first_error is None or isinstance(error, UnclearFile):
                first_error = error
            continue
        is_any = True
        yield build_table(sheet, header, field_of, options)
    if first_error and not is_any:
        raise first_error


def build_table(
    sheet: RawSheet, header: Header, field_of: FieldOf, options: ReadingOptions
) -> SheetTable:
    body = sheet.rows[header.end :]
    if len(body) > MAX_ROWS:
        raise too_many_rows()
    table = Table([], [], [*sheet.notes, *describe_header(sheet, header)])
    columns, notes = build_columns(sheet, header, field_of, options.mapping)
    table.headers = [column.name for column in columns]
    table.notes += notes
    rows: Sequence[NumberedRow] = body
    sections: dict[int, str] = {}
    if not is_own_export(table.headers):
        rows, sections = leave_out_rows(sheet, header, columns, table, field_of, options)
    for number, cells in rows:
        table.rows.append((number, {column.name: column.text_of(cells) for column in columns}))
        table.errors.extend(find_cell_errors(columns, len(header.names), number, cells, sheet))
    if sections:
        add_sections(table, sections)
    if not table.rows:
        what = "risk" if table.skipped else "row"
        table.notes.append(f"There is no {what} below the header.")
    return SheetTable(sheet, header, columns, table)


def describe_header(sheet: RawSheet, header: Header) -> Iterator[str]:
    first, last = sheet.rows[header.first][0], sheet.rows[header.end - 1][0]
    if header.first and first == last:
        yield f"The header is row {first}; the rows above it were not read."
    elif first != last:
        above = "; the rows above it were not read" if header.first else ""
        yield f"The header is in rows {first} to {last}{above}."


def leave_out_rows(
    sheet: RawSheet,
    header: Header,
    columns: Sequence[Column],
    table: Table,
    field_of: FieldOf,
    options: ReadingOptions,
) -> tuple[Sequence[NumberedRow], dict[int, str]]:
    """Return the rows of risks, and the section by row; say in `table` what was left out."""
    sorter = RowSorter(sheet, header, columns, field_of)
    kept, skipped = sorter.sort()
    table.notes += describe_skipped(skipped)
    continued = fill_continued(sorter.shape, kept)
    if continued:
        table.notes.append(
            f"{count_text(len(continued), 'row')} without id and title, taken for more of the risk "
            f"above: {list_numbers(continued)}."
        )
    rows, others, notes = leave_out_kinds(columns, kept, options.include)
    table.notes += notes
    table.skipped = sorted([*skipped, *others], key=lambda row: row.row)
    return rows, sections_of(rows, skipped)


def sections_of(rows: Sequence[NumberedRow], skipped: Sequence[SkippedRow]) -> dict[int, str]:
    """Return the heading above each row; {} if the table has none."""
    headings = [row for row in skipped if row.kind == SECTION]
    if not headings:
        return {}
    sections = {}
    position, text = 0, ""
    for number, _ in rows:
        while position < len(headings) and headings[position].row < number:
            text = headings[position].text
            position += 1
        sections[number] = text
    return sections


def add_sections(table: Table, sections: dict[int, str]) -> None:
    name = "Section" if "Section" not in table.headers else "Section of the table"
    table.headers.append(name)
    for number, cells in table.rows:
        cells[name] = sections[number]


def find_cell_errors(
    columns: Sequence[Column], width: int, number: int, row: Sequence[str], sheet: RawSheet
) -> Iterator[RowError]:
    for column in columns:
        for index in column.indexes:
            cell = row[index] if index < len(row) else ""
            if (number, index) in sheet.faults:
                reason = sheet.faults[number, index]
                yield RowError(number, column.name, cell[:SHOWN_CHARACTERS], reason)
            if len(cell) > MAX_CELL:
                reason = (
                    f"The cell has {len(cell):,} characters; {MAX_CELL:,} are allowed. Shorten it."
                )
                yield RowError(number, column.name, cell[:SHOWN_CHARACTERS], reason)
    if excess := [cell for cell in row[width:] if cell]:
        yield RowError(
            number,
            f"Column {column_letter(width)}",
            excess[0][:SHOWN_CHARACTERS],
            f"The row has more cells than the header has columns ({width}). Put double quotes "
            "around a cell that contains the delimiter.",
        )
