"""Results of reading a register: plain values, all of which turn into JSON."""

import dataclasses
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

SHOWN_CHARACTERS = 100  # of a cell, that an error or a difference repeats


class ImportFileError(ValueError):
    """The file as a whole cannot be imported; the message says what to do about it.

    `row` is the row in a spreadsheet, counted from 1; `column` is a header.
    """

    def __init__(self, message: str, row: int | None = None, column: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.row = row
        self.column = column

    @property
    def located_message(self) -> str:
        """The message after its row, or its column if it has no row."""
        if self.row:
            return f"Row {self.row}: {self.message}"
        return f"Column {self.column}: {self.message}" if self.column else self.message


@dataclass(frozen=True, slots=True)
class Outline:
    """Names of a file's sheets, those that are read, and the first rows of the first of these.

    `header_row` is the number of the row with the names of the columns. A person chooses another
    sheet or row by this.
    """

    sheets: list[str] = field(default_factory=list)
    sheets_read: list[str] = field(default_factory=list)
    header_row: int = 0
    rows: list[tuple[int, list[str]]] = field(default_factory=list)


class UnclearFile(ImportFileError):
    """The file can be read once a person says how: its encoding, its header, or its columns.

    `outline`, `table` and `columns` are what was read of it so far.
    """

    outline: "Outline | None" = None
    table: "Table | None" = None
    columns: "Sequence[ColumnMapping]" = ()


class MappingError(ImportFileError):
    """The caller maps a column that the file does not have, or to a field that does not exist."""


@dataclass(frozen=True, slots=True)
class RowError:
    """Reason why a row cannot be imported. `column` is a header, or None if it is the whole row."""

    row: int
    column: str | None
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A row that is not a risk: `kind` says what it is instead, `text` what it holds."""

    row: int
    kind: str
    text: str


@dataclass(slots=True)
class Table:
    """One header and the rows below it: (number in the spreadsheet, cell by header).

    Each row has a cell for each header. `errors` are rows and cells that could not be read; `notes`
    tell people how the file was read; `skipped` are the other rows below the header. `outline` is
    the file around the table.
    """

    headers: list[str]
    rows: list[tuple[int, dict[str, str]]]
    notes: list[str] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    skipped: list[SkippedRow] = field(default_factory=list)
    outline: Outline = field(default_factory=Outline)


@dataclass(frozen=True, slots=True)
class Guess:
    """Something that the file does not say and the import assumes.

    `what` is one word to group by: column, scale, date, status, treatment, title, identity,
    description, person, list, value, difference, figure. `table` shows how each text was read, if
    there are several.
    """

    column: str | None
    what: str
    detail: str
    table: dict[str, str | int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """The field of a column; None for a column without one.

    `how`: chosen (by the caller), name (the header is the field's name), synonym, similar (to one),
    product (a known product calls the field so), extra (kept in `extra`), ignored (a column of our
    own export that the register computes itself, or one that the caller leaves out) or learned (as
    in the last file of the source). Of
    ratings, `scale` is that of the numbers ("1 to 10") and `words` the rating of each text; of
    dates, `month_first` is whether 03/04/2027 is March 4.
    """

    column: str
    field: str | None
    how: str
    note: str = ""
    scale: str = ""
    words: dict[str, int] = dataclasses.field(default_factory=dict)
    month_first: bool = False

    def to_json(self) -> dict[str, Any]:
        """The column as a run stores it, without what does not concern it."""
        always = ("column", "field", "how", "note")
        return {name: value for name, value in asdict(self).items() if value or name in always}


@dataclass(frozen=True, slots=True)
class RatingDifference:
    """A score or level of the source that differs from the one our matrix gives."""

    row: int
    column: str
    theirs: str
    ours: str


@dataclass(frozen=True, slots=True)
class TextReading:
    """The reading of one text of a column: a rating, a status or a treatment, None for nothing.

    `count` is in how many cells it stands; `is_error` if it could not be read.
    """

    text: str
    count: int
    value: int | str | None
    is_error: bool = False


@dataclass(slots=True)
class InterpretedRow:
    """One row of the file as values of a risk; import it only if `errors` is empty.

    `values` has a key for each mapped field (see `mapping.interpreter`); `extra` has the cells of
    the other columns, by header, without the empty ones. `identity` identifies the risk within its
    source; `identity_kind` is reference, external_id or title, and says what `identity` holds.
    `guessed` has, by field, the text of a value that the cell does not say as such.
    """

    row_number: int
    identity_kind: str
    identity: str
    values: dict[str, Any]
    extra: dict[str, str]
    errors: list[RowError]
    guessed: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Interpretation:
    """All rows of a table, and what was assumed to read them.

    `readings` are, by header, the texts of the columns that give a rating, status or treatment.
    """

    rows: list[InterpretedRow]
    mapping: list[ColumnMapping]
    guesses: list[Guess]
    differences: list[RatingDifference]
    notes: list[str]
    readings: dict[str, list[TextReading]] = field(default_factory=dict)

    @property
    def errors(self) -> list[RowError]:
        """The errors of every row, in the order of the rows."""
        return [error for row in self.rows for error in row.errors]
