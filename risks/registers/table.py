"""Tables: from a file to one row of headers, and rows of text below it."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from risks.registers.mapping.headers import likeliest_field
from risks.registers.options import DEFAULT_OPTIONS, ReadingOptions
from risks.registers.reading.csv import read_csv
from risks.registers.reading.sheet import (
    MAX_BYTES,
    MAX_COLUMNS,
    MAX_ROWS,
    HeaderScore,
    RawSheet,
    column_letter,
    too_many_rows,
)
from risks.registers.reading.text import match_key
from risks.registers.reading.xlsx import read_workbook
from risks.registers.results import SHOWN_CHARACTERS, ImportFileError, RowError, Table
from risks.text import count_text

MAX_CELL = 32_767  # characters; the longest cell of an XLSX file
MAX_HEADER = 200
HEADER_SEARCH = 25  # rows in which the header is looked for

_LETTER = re.compile(r"[^\W\d_]")
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

    A header that `options` map is known to be there. If there are several sheets, the one with the
    best header is read. Raises ImportFileError if the file as a whole cannot be read.
    """
    data = source if isinstance(source, bytes) else source.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ImportFileError(
            f"The file is larger than {MAX_BYTES // 1024**2} MB. Split it into several files."
        )
    if not data.strip():
        raise ImportFileError(_EMPTY)
    expected_keys = frozenset(map(match_key, options.mapping))

    def header_score(cells: list[str]) -> int:
        fields = {likeliest_field(cell) for cell in cells if len(cell) > 1} - {None}
        return len(fields) + len({match_key(cell) for cell in cells} & expected_keys)

    if data.startswith(_ZIP):
        sheet = choose_sheet(read_workbook(data), header_score)
    else:
        refuse_other_formats(data, filename)
        sheet = read_csv(data, header_score)
    return build_table(sheet, find_header(sheet, header_score))


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


def choose_sheet(sheets: dict[str, RawSheet], header_score: HeaderScore) -> RawSheet:
    """The sheet with the best header; a note names the others."""

    def best_score(name: str) -> int:
        rows = sheets[name].rows[:HEADER_SEARCH]
        return max((header_score(cells) for _, cells in rows), default=-1)

    chosen = max(sheets, key=best_score)
    sheet = sheets[chosen]
    if others := [name for name in sheets if name != chosen]:
        sheet.notes.append(f"Sheet '{chosen}' was read, not: {', '.join(others)}.")
    return sheet


def find_header(sheet: RawSheet, header_score: HeaderScore) -> int:
    """The first of the rows with the most known headers; the first row if none is known."""
    if not sheet.rows:
        raise ImportFileError(_EMPTY)
    scores = [header_score(cells) for _, cells in sheet.rows[:HEADER_SEARCH]]
    best = scores.index(max(scores))
    if scores[best]:
        return best
    number, cells = sheet.rows[0]
    names = [cell for cell in cells if cell]
    if len(set(names)) == len(names) and all(map(_LETTER.search, names)):
        return 0  # all headers are unknown, but the caller may map them
    raise ImportFileError(
        f"Row {number} is not a header row. Add one with the names of the columns above the risks.",
        row=number,
    )


def build_table(sheet: RawSheet, header_index: int) -> Table:
    number, cells = sheet.rows[header_index]
    body = sheet.rows[header_index + 1 :]
    if len(body) > MAX_ROWS:
        raise too_many_rows()
    notes = list(sheet.notes)
    if header_index:
        notes.append(f"The header is row {number}; the rows above it were not read.")
    headers = name_columns(number, cells, body, notes)
    table = Table([header for header in headers if header], [], notes)
    repeated = 0
    for row_number, row in body:
        if row == cells:
            repeated += 1
            continue
        padded = row if len(row) >= len(headers) else row + [""] * (len(headers) - len(row))
        by_header = {header: cell for header, cell in zip(headers, padded, strict=False) if header}
        table.rows.append((row_number, by_header))
        table.errors.extend(find_cell_errors(headers, row_number, row, sheet))
    if repeated:
        notes.append(f"Skipped {count_text(repeated, 'row')} that repeat the header.")
    if not table.rows:
        notes.append("There is no row below the header.")
    return table


def name_columns(
    number: int, cells: list[str], body: list[tuple[int, list[str]]], notes: list[str]
) -> list[str]:
    """A header for each column that holds anything, "" for one that is empty throughout."""
    headers = [" ".join(cell.split()) for cell in cells]
    if len(headers) > MAX_COLUMNS:
        raise ImportFileError(f"The table has more than {MAX_COLUMNS} columns. Remove some.")
    for index, header in enumerate(headers):
        if len(header) > MAX_HEADER:
            raise ImportFileError(
                f"The header in column {column_letter(index)} is longer than {MAX_HEADER} "
                "characters. Shorten it, or put a row with the names of the columns there.",
                row=number,
            )
        if not header and any(index < len(row) and row[index] for _, row in body):
            headers[index] = f"Column {column_letter(index)}"
            notes.append(f"Column {column_letter(index)} has no header.")
    header, times = Counter(filter(None, headers)).most_common(1)[0]
    if times > 1:
        letters = [column_letter(index) for index, name in enumerate(headers) if name == header]
        raise ImportFileError(
            f"Columns {' and '.join(letters)} have the same header '{header}'. Rename or remove "
            "one.",
            row=number,
            column=header,
        )
    return headers


def find_cell_errors(
    headers: list[str], number: int, row: list[str], sheet: RawSheet
) -> Iterator[RowError]:
    for index, cell in enumerate(row):
        column = headers[index] if index < len(headers) else None
        if (number, index) in sheet.faults:
            reason = sheet.faults[number, index]
            yield RowError(number, column, cell[:SHOWN_CHARACTERS], reason)
        if len(cell) > MAX_CELL:
            reason = f"The cell has {len(cell):,} characters; {MAX_CELL:,} are allowed. Shorten it."
            yield RowError(number, column, cell[:SHOWN_CHARACTERS], reason)
    if excess := [cell for cell in row[len(headers) :] if cell]:
        yield RowError(
            number,
            f"Column {column_letter(len(headers))}",
            excess[0][:SHOWN_CHARACTERS],
            f"The row has more cells than the header has columns ({len(headers)}). Put double "
            "quotes around a cell that contains the delimiter.",
        )
