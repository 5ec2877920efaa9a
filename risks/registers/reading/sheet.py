"""Rows of text as a file holds them, before anybody knows which of them is the header."""

from collections.abc import Callable
from dataclasses import dataclass, field

from openrisk.server.limits import REGISTER_FILE
from risks.registers.results import ImportFileError

MAX_BYTES = REGISTER_FILE
MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_CELLS = 1_000_000  # each costs some 330 bytes and 17 µs until the preview is there
MAX_LINE_CELLS = 10_000  # of one line of CSV, empty ones included

HeaderScore = Callable[[list[str]], int]  # how many known headers the cells of a row are


@dataclass(slots=True)
class Sheet:
    """The rows that hold anything, each with its number in the spreadsheet, counted from 1.

    `faults` are cells that could not be read, by row number and place in the row (from 0).
    """

    rows: list[tuple[int, list[str]]]
    notes: list[str] = field(default_factory=list)
    faults: dict[tuple[int, int], str] = field(default_factory=dict)


def column_letter(place: int) -> str:
    """What a spreadsheet calls the column at `place` (from 0): A, B, ... Z, AA."""
    name = ""
    place += 1
    while place:
        place, remainder = divmod(place - 1, 26)
        name = chr(ord("A") + remainder) + name
    return name


def too_many_cells() -> ImportFileError:
    return ImportFileError(
        f"The table has more than {MAX_CELLS:,} cells: rows times columns, empty ones included. "
        "Split it into several files, or delete what stands far away and sheets without risks."
    )


def too_many_rows() -> ImportFileError:
    return ImportFileError(
        f"The file has more than {MAX_ROWS:,} rows. Split it into several files."
    )
