"""From a file to a table: one row of headers, and rows of text below it."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from risks.registers.mapping.columns import likeliest_field
from risks.registers.reading.csv import read_csv
from risks.registers.reading.sheet import (
    MAX_BYTES,
    MAX_COLUMNS,
    MAX_ROWS,
    HeaderScore,
    Sheet,
    column_letter,
    too_many_rows,
)
from risks.registers.reading.text import match_key
from risks.registers.reading.xlsx import read_workbook
from risks.registers.results import ImportFileError, RowError

MAX_CELL = 32_767  # characters; what one cell of an XLSX file can hold
MAX_HEADER = 200
SHOWN = 100  # characters of a faulty cell that an error repeats
HEADER_SEARCH = 25  # rows that are looked at for the header

_LETTER = re.compile(r"[^\W\d_]")
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and encrypted .xlsx
_OTHER_KINDS = (
    (b"%PDF", "a PDF document"),
    (b"<", "an HTML or XML page"),
    (b"{", "a JSON document"),
)
_SAVE_AS = "Open it in a spreadsheet program and save it as XLSX or CSV."


@dataclass(slots=True)
class Table:
    """`rows` are (number in the spreadsheet, cell by header), a cell for each header.

    `errors` are rows and cells that could not be read; `notes` say what was made of the file.
    """

    headers: list[str]
    rows: list[tuple[int, dict[str, str]]]
    notes: list[str] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)


def read_table(source: bytes | BinaryIO, filename: str, expected: Iterable[str] = ()) -> Table:
    """The table in a CSV or XLSX file, told apart by its content.

    `expected` are headers that the caller knows to be there. Of several sheets the one with the
    best header is read. Raises ImportFileError where the file as a whole cannot be read.
    """
    data = _bytes(source)
    wanted = frozenset(match_key(header) for header in expected)

    def score(cells: list[str]) -> int:
        return _header_score(cells, wanted)

    if data.startswith(_ZIP):
        grid = _best_sheet(read_workbook(data), score)
    else:
        _refuse_other_kinds(data, filename)
        grid = read_csv(data, score)
    return _table(grid, _header_index(grid, score))


def _bytes(source: bytes | BinaryIO) -> bytes:
    """At most one byte more than allowed is read, however large the upload."""
    data = source if isinstance(source, bytes) else source.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ImportFileError(
            f"The file is larger than {MAX_BYTES // 1024**2} MB. Split it into several files."
        )
    if not data.strip():
        raise ImportFileError("The file is empty. Choose a file with a header row and risks.")
    return data


def _refuse_other_kinds(data: bytes, filename: str) -> None:
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise ImportFileError("The workbook is protected by a password. Save it without one.")
        raise ImportFileError(f"This is an Excel 97-2003 workbook (.xls). {_SAVE_AS}")
    if filename.lower().endswith((".xlsx", ".xlsm")):
        raise ImportFileError(
            f"{filename} is no XLSX workbook: it is damaged, or another kind of file. {_SAVE_AS}"
        )
    start = data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    for mark, kind in _OTHER_KINDS:
        if start.startswith(mark):
            raise ImportFileError(f"This is {kind}, not a table. {_SAVE_AS}")


def _header_score(cells: list[str], wanted: frozenset[str]) -> int:
    """How many columns a row of headers would give us."""
    fields = {likeliest_field(cell) for cell in cells if len(cell) > 1}
    return len(fields - {None}) + len({match_key(cell) for cell in cells} & wanted)


def _best_sheet(sheets: dict[str, Sheet], score: HeaderScore) -> Sheet:
    def best(name: str) -> int:
        return max((score(cells) for _, cells in sheets[name].rows[:HEADER_SEARCH]), default=-1)

    chosen = max(sheets, key=best)
    grid = sheets[chosen]
    if others := [name for name in sheets if name != chosen]:
        grid.notes.append(f"Sheet '{chosen}' was read, not: {', '.join(others)}.")
    return grid


def _header_index(grid: Sheet, score: HeaderScore) -> int:
    """The first of the rows with the most known headers; the first row where none is known."""
    if not grid.rows:
        raise ImportFileError("The file is empty. Choose a file with a header row and risks.")
    scores = [score(cells) for _, cells in grid.rows[:HEADER_SEARCH]]
    best = scores.index(max(scores))
    if scores[best]:
        return best
    number, cells = grid.rows[0]
    names = [cell for cell in cells if cell]
    if len(set(names)) == len(names) and all(map(_LETTER.search, names)):
        return 0  # nobody knows these headers, but the caller may say what they mean
    raise ImportFileError(
        f"Row {number} is no header row. Put one with the names of the columns above the risks.",
        row=number,
    )


def _table(grid: Sheet, index: int) -> Table:
    number, cells = grid.rows[index]
    body = grid.rows[index + 1 :]
    if len(body) > MAX_ROWS:
        raise too_many_rows()
    notes = list(grid.notes)
    if index:
        notes.append(f"The header is row {number}; what stands above it was not read.")
    headers = _headers(number, cells, body, notes)
    table = Table([header for header in headers if header], [], notes)
    repeated = 0
    for row_number, row in body:
        if row == cells:
            repeated += 1
            continue
        table.rows.append((row_number, _row(headers, row)))
        table.errors.extend(_row_errors(headers, row_number, row, grid))
    if repeated:
        notes.append(f"The header stands in {repeated} more rows, which were skipped.")
    if not table.rows:
        notes.append("There is no row below the header.")
    return table


def _headers(
    number: int, cells: list[str], body: list[tuple[int, list[str]]], notes: list[str]
) -> list[str]:
    """A name for each column that holds anything, "" for one that is empty throughout."""
    headers = [" ".join(cell.split()) for cell in cells]
    if len(headers) > MAX_COLUMNS:
        raise ImportFileError(f"The table has more than {MAX_COLUMNS} columns. Remove some.")
    for place, header in enumerate(headers):
        if len(header) > MAX_HEADER:
            raise ImportFileError(
                f"The header in column {column_letter(place)} is longer than {MAX_HEADER} "
                "characters. Shorten it, or put a row with the names of the columns there.",
                row=number,
            )
        if not header and any(place < len(row) and row[place] for _, row in body):
            headers[place] = f"Column {column_letter(place)}"
            notes.append(f"Column {column_letter(place)} has no header.")
    _refuse_duplicates(number, headers)
    return headers


def _refuse_duplicates(number: int, headers: list[str]) -> None:
    header, times = Counter(filter(None, headers)).most_common(1)[0]
    if times == 1:
        return
    letters = [column_letter(place) for place, name in enumerate(headers) if name == header]
    raise ImportFileError(
        f"Columns {' and '.join(letters)} are both called '{header}'. Rename or remove one.",
        row=number,
        column=header,
    )


def _row(headers: list[str], row: list[str]) -> dict[str, str]:
    padded = row if len(row) >= len(headers) else row + [""] * (len(headers) - len(row))
    return {header: cell for header, cell in zip(headers, padded, strict=False) if header}


def _row_errors(headers: list[str], number: int, row: list[str], grid: Sheet) -> Iterator[RowError]:
    for place, cell in enumerate(row):
        column = headers[place] if place < len(headers) else None
        if (number, place) in grid.faults:
            yield RowError(number, column, cell[:SHOWN], grid.faults[number, place])
        if len(cell) > MAX_CELL:
            reason = f"The cell has {len(cell):,} characters; {MAX_CELL:,} are allowed."
            yield RowError(number, column, cell[:SHOWN], reason)
    if excess := [cell for cell in row[len(headers) :] if cell]:
        yield RowError(
            number,
            f"Column {column_letter(len(headers))}",
            excess[0][:SHOWN],
            f"The row has more cells than the header has columns ({len(headers)}). Put a cell that "
            "contains the delimiter in double quotes.",
        )
