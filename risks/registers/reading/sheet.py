"""Rows of text as a file holds them, before the header is known, and how many may be read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from openrisk.server.limits import REGISTER_FILE
from risks.registers.results import ImportFileError

MAX_BYTES = REGISTER_FILE
MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_CELLS = 1_000_000  # each costs some 330 bytes and 17 µs until the preview is there
MAX_LISTED = 10  # runs of rows that a note lists
MAX_LINE_CELLS = 10_000  # of one line of CSV, empty ones included

NumberedRow = tuple[int, list[str]]
HeaderScore = Callable[[list[str]], int]  # number of known headers among the cells of a row


@dataclass(slots=True)
class RawSheet:
    """The rows that hold anything, each with its number in the spreadsheet, counted from 1.

    Cells are named by row number and column index (from 0). `faults` are reasons why some could
    not be read, `formulas` are calculated. `merges` are top, left, bottom and right.
    """

    rows: list[NumberedRow]
    notes: list[str] = field(default_factory=list)
    faults: dict[tuple[int, int], str] = field(default_factory=dict)
    formulas: set[tuple[int, int]] = field(default_factory=set)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    name: str = ""


def column_letter(index: int) -> str:
    """The letters that a spreadsheet shows above the column at `index`: A, B, ... Z, AA."""
    letters = ""
    index += 1
    while index:
        index, remainder = divmod(index - 1, 26)
        letters = chr(ord("A") + remainder) + letters
    return letters


def list_numbers(numbers: Sequence[int]) -> str:
    """ "3 to 5, 9" """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    texts = [f"{run[0]} to {run[-1]}" if len(run) > 1 else str(run[0]) for run in runs[:MAX_LISTED]]
    more = sum(map(len, runs[MAX_LISTED:]))
    return ", ".join(texts) + (f" and {more:,} more" if more else "")


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
