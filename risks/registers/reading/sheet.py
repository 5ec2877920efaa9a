"""Rows of text as a file holds them, before the header is known, and how many may be read."""

from collections.abc import Callable
from dataclasses import dataclass, field

from openrisk.server.limits import REGISTER_FILE
from risks.registers.results import ImportFileError

MAX_BYTES = REGISTER_FILE
MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_CELLS = 1_000_000  # each costs some 330 bytes and 17 µs until the preview is there
MAX_LINE_CELLS = 10_000  # of one line of CSV, empty ones included

HeaderScore = Callable[[list[str]], int]  # number of known headers among the cells of a row


@dataclass(slots=True)
class RawSheet:
    """The rows that hold anything, each with its number in the spreadsheet, counted from 1.

    `faults` are reasons why cells could not be read, by row number and column index (from 0).
    """

    rows: list[tuple[int, list[str]]]
    notes: list[str] = field(default_factory=list)
    faults: dict[tuple[int, int], str] = field(default_factory=dict)


def column_letter(index: int) -> str:
    """The letters that a spreadsheet shows above the column at `index`: A, B, ... Z, AA."""
    letters = ""
    index += 1
    while index:
        index, remainder = divmod(index - 1, 26)
        letters = chr(ord("A") + remainder) + letters
    return letters


def too_many_cells() -> ImportFileError:
    return ImportFileError(
        f"The table has more than {MAX_CELLS:,} cells: rows times columns, including empty ones. "
        "Split it into several files, or delete stray cells far from the table and sheets without "
        "risks."
    )


def too_many_rows() -> ImportFileError:
    return ImportFileError(
        f"The file has more than {MAX_ROWS:,} rows. Split it into several files."
    )
