"""Delimited text: which encoding, which delimiter, which rows."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from risks.registers.reading.sheet import (
    MAX_BYTES,
    MAX_CELLS,
    MAX_LINE_CELLS,
    MAX_ROWS,
    HeaderScore,
    Sheet,
    too_many_cells,
    too_many_rows,
)
from risks.registers.reading.text import clean_cell
from risks.registers.results import ImportFileError

DELIMITERS = ",;\t|"
SAMPLE_CHARACTERS = 64 * 1024
SAMPLE_RECORDS = 40
TITLE_ROWS = 1_000  # how many more rows than MAX_ROWS are read, for what stands above the header

# The reader's own limit (128 KiB) would refuse the file for a cell whose row can be told apart.
csv.field_size_limit(MAX_BYTES)

_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)  # Excel's own hint


def read_csv(data: bytes, header_score: HeaderScore) -> Sheet:
    """The rows of `data`; `header_score` says how many known headers a row holds."""
    text, notes = _decoded(data)
    delimiter = _delimiter(text, header_score)
    if delimiter != ",":
        notes.append(f"The columns are separated by a {_NAMES.get(delimiter, delimiter)}.")
    _refuse_long_lines(text, delimiter)
    rows, size = [], 0
    for number, record in _records(text, delimiter):
        size += len(record)
        if size > MAX_CELLS:
            raise too_many_cells()
        cells = [clean_cell(cell) if cell else "" for cell in record]
        if any(cells):
            rows.append((number, cells))
        if len(rows) > MAX_ROWS + TITLE_ROWS:
            raise too_many_rows()
    return Sheet(rows, notes)


def _refuse_long_lines(text: str, delimiter: str) -> None:
    """Before a list is made of them: twenty million empty cells fit into a file."""
    for number, line in enumerate(io.StringIO(text, newline=""), 1):
        if line.count(delimiter) > MAX_LINE_CELLS:
            raise ImportFileError(
                f"Line {number} of the file has more than {MAX_LINE_CELLS:,} cells: it is no table "
                "of risks. Save its sheet again, without empty columns.",
                row=number,
            )


def _decoded(data: bytes) -> tuple[str, list[str]]:
    """Text and notes. UTF-16 only with its byte order mark, else UTF-8, else Windows-1252."""
    encodings = ("utf-16",) if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        if encoding == "cp1252":
            _refuse_mixed(data)
            return text, ["The file is not UTF-8; its text was read as Windows-1252."]
        return text, []
    raise ImportFileError(
        "The file is no text that can be read as CSV. Save it as 'CSV UTF-8', or as XLSX."
    )


def _refuse_mixed(data: bytes) -> None:
    """Files that were put together have lines of both: read as one, half of them would be garbage.

    Letters beyond ASCII that make valid UTF-8 by chance are rarer than such files.
    """
    first: int | None = None  # the first line that is UTF-8
    other: int | None = None
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.isascii():
            continue
        try:
            line.decode()
            first = first or number
        except UnicodeDecodeError:
            other = other or number
        if first and other:
            raise ImportFileError(
                f"Line {first} is written in UTF-8 and line {other} is not: the file mixes "
                "encodings. Save all of it as 'CSV UTF-8'.",
                max(first, other),
            )


def _delimiter(text: str, header_score: HeaderScore) -> str:
    """Excel's `sep=` where given, else what makes the best header, else the most columns."""
    if hint := _SEPARATOR_LINE.match(text):
        return hint.group(1)
    sample = text[:SAMPLE_CHARACTERS]
    return max(DELIMITERS, key=lambda delimiter: _fit(sample, delimiter, header_score))


def _fit(sample: str, delimiter: str, header_score: HeaderScore) -> tuple[int, int]:
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, skipinitialspace=True)
    records: list[list[str]] = []
    with suppress(csv.Error):  # what comes before a fault is enough to judge by
        records.extend(islice(reader, SAMPLE_RECORDS))
    widths = Counter(len(record) for record in records if record)
    usual = max(widths, key=lambda width: (widths[width], width), default=0)
    return max((header_score(record) for record in records), default=0), usual


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with its number; a multi-line cell counts once, as in a spreadsheet."""
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True
    )
    number = 0
    while True:
        number += 1
        line = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise ImportFileError(_broken(error, number, line), row=number) from error
        if number > 1 or not _SEPARATOR_LINE.match(f"{delimiter.join(record)}\n"):
            yield number, record


def _broken(error: csv.Error, number: int, line: int) -> str:
    where = f"row {number} (line {line} of the file)"
    if "expected after" in str(error):
        return (
            f"A quoted cell in {where} goes on after its closing quote. "
            "Write a quote inside a quoted cell twice, or close the cell where it ends."
        )
    return f"A quote opened in {where} is never closed. Close it, or remove it, and import again."
