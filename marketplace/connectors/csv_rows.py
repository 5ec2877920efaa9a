"""Streams the rows of a CSV report, whatever its delimiter, encoding and order of columns."""

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from typing import IO

from marketplace.connectors.base import MEGABYTE, UnreadableReport
from marketplace.connectors.format_hints import add_format_hint

LONGEST_LINE = 4 * MEGABYTE  # characters
HEADER_LINES = 20  # the header is one of the first lines
_CHUNK = MEGABYTE
_PUNCTUATION = re.compile(r"[\W_]+")

# The names that a column may have, by field; the first one that a file has counts.
Columns = Mapping[str, Collection[str]]


def stream_csv(
    file: IO[bytes], columns: Columns, required: Collection[str], advice: str
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row with its number in a spreadsheet and its values by field, "" for none.

    Raises UnreadableReport: with `advice` if no line has the columns of the `required` fields.
    """
    with _open_text(file) as text:
        lines = _stream_lines(text)
        first = list(islice(lines, HEADER_LINES))
        header = _find_header(first, columns, required)
        if header is not None:
            rest = chain(first[header.line + 1 :], lines)
            yield from header.stream_rows(csv.reader(rest, delimiter=header.delimiter))
    if header is None:
        raise UnreadableReport(add_format_hint(advice, file))


@dataclass(frozen=True)
class _Header:
    line: int
    delimiter: str
    width: int
    positions: dict[str, int]  # by field
    empty: dict[str, str]  # a row without values

    def stream_rows(self, rows: Iterator[list[str]]) -> Iterator[tuple[int, dict[str, str]]]:
        number, short_rows, is_short = self.line + 1, 0, False
        for row in rows:
            number += 1
            if not any(map(str.strip, row)):
                continue
            is_short = len(row) < self.width
            short_rows += is_short
            cells = row + [""] * (self.width - len(row))
            values = {field: cells[at].strip() for field, at in self.positions.items()}
            yield number, self.empty | values
        # Programs that leave out empty cells at the end of a row do so in more than one.
        if is_short and short_rows == 1:
            raise UnreadableReport("The report ends in the middle of a row. Make it again.", number)


def _find_header(lines: list[str], columns: Columns, required: Collection[str]) -> _Header | None:
    for number, line in enumerate(lines):
        for delimiter in ",;\t|":
            cells = next(csv.reader([line], delimiter=delimiter), [])
            names = [_PUNCTUATION.sub(" ", cell.lower()).strip() for cell in cells]
            positions = {
                field: next((names.index(name) for name in known if name in names), None)
                for field, known in columns.items()
            }
            found = {field: at for field, at in positions.items() if at is not None}
            if found.keys() >= set(required):
                return _Header(number, delimiter, len(cells), found, dict.fromkeys(columns, ""))
    return None


@contextmanager
def _open_text(file: IO[bytes]) -> Iterator[io.TextIOWrapper]:
    """The file as text; the file itself stays open."""
    encoding = _find_encoding(file)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")
    try:
        yield text
    finally:
        text.detach()


def _find_encoding(file: IO[bytes]) -> str:
    """UTF-16 only with a byte order mark; what is not UTF-8 is a Western encoding of Windows."""
    file.seek(0)
    if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _stream_lines(text: io.TextIOWrapper) -> Iterator[str]:
    number = 0
    while line := text.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise UnreadableReport("The line is too long for a report. Make it again.", number)
        yield line
