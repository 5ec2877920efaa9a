"""Delimited text: find the delimiter, then read the rows."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from risks.registers.reading.encoding import decode_text
from risks.registers.reading.sheet import (
    MAX_BYTES,
    MAX_CELLS,
    MAX_LINE_CELLS,
    MAX_ROWS,
    HeaderScore,
    RawSheet,
    too_many_cells,
    too_many_rows,
)
from risks.registers.reading.text import clean_cell
from risks.registers.results import ImportFileError

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
SAMPLE_CHARACTERS = 64 * 1024
SAMPLE_RECORDS = 40
TITLE_ROWS = 1_000  # rows that are read beyond MAX_ROWS, for lines above the header

# The default limit of Python's reader (128 KiB) would refuse the file for one long cell.
csv.field_size_limit(MAX_BYTES)

_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)  # Excel's own hint


def read_csv(data: bytes, header_score: HeaderScore, encoding: str = "") -> RawSheet:
    """Read the rows of `data`; `header_score` helps to find encoding and delimiter."""
    text, notes = decode_text(data, header_score, encoding)
    delimiter = find_delimiter(text, header_score)
    if delimiter != ",":
        notes.append(f"The columns are separated by a {DELIMITERS.get(delimiter, delimiter)}.")
    # Check before a list is made of a line: twenty million empty cells fit into a file.
    for number, line in enumerate(io.StringIO(text, newline=""), 1):
        if line.count(delimiter) > MAX_LINE_CELLS:
            raise ImportFileError(
                f"Line {number} of the file has more than {MAX_LINE_CELLS:,} cells, too many for a "
                "table of risks. Delete the empty columns and save the sheet again.",
                row=number,
            )
    rows, size = [], 0
    for number, record in parse_records(text, delimiter):
        size += len(record)
        if size > MAX_CELLS:
            raise too_many_cells()
        cells = [clean_cell(cell) if cell else "" for cell in record]
        if any(cells):
            rows.append((number, cells))
        if len(rows) > MAX_ROWS + TITLE_ROWS:
            raise too_many_rows()
    return RawSheet(rows, notes)


def find_delimiter(text: str, header_score: HeaderScore) -> str:
    """Excel's `sep=` if there is one, else what gives the best header, else the most columns."""
    if hint := _SEPARATOR_LINE.match(text):
        return hint.group(1)
    sample = text[:SAMPLE_CHARACTERS]

    def fit(delimiter: str) -> tuple[int, int]:
        file = io.StringIO(sample, newline="")
        reader = csv.reader(file, delimiter=delimiter, skipinitialspace=True)
        records: list[list[str]] = []
        with suppress(csv.Error):  # the records before a fault are enough to judge by
            records.extend(islice(reader, SAMPLE_RECORDS))
        widths = Counter(len(record) for record in records if record)
        usual_width = max(widths, key=lambda width: (widths[width], width), default=0)
        return max(map(header_score, records), default=0), usual_width

    return max(DELIMITERS, key=fit)


def parse_records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
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
            location = f"row {number} (line {line} of the file)"
            if "expected after" in str(error):
                reason = (
                    f"A quoted cell in {location} goes on after its closing quote. Type a quote "
                    "inside a quoted cell twice, or end the cell where its quote closes."
                )
            else:
                reason = (
                    f"A quote opened in {location} is never closed. Close it or remove it, then "
                    "import again."
                )
            raise ImportFileError(reason, row=number) from error
        if number > 1 or not _SEPARATOR_LINE.match(f"{delimiter.join(record)}\n"):
            yield number, record
