"""What reading and interpreting a file answer. Plain values only: all of it is JSON."""

from dataclasses import dataclass, field
from typing import Any


class ImportFileError(ValueError):
    """The file as a whole cannot be imported; the message says what to do about it.

    `row` is the row in a spreadsheet, counted from 1; `column` a header.
    """

    def __init__(self, message: str, row: int | None = None, column: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.row = row
        self.column = column


class MappingError(ImportFileError):
    """The caller maps a column or to a field that is not there: the file is not to blame."""


@dataclass(frozen=True, slots=True)
class RowError:
    """Why one row cannot be imported. `column` is a header, None where the row is wrong as such."""

    row: int
    column: str | None
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Guess:
    """Something the file does not say and we read into it.

    `what` is one word to group by: column, scale, date, status, treatment, title, identity,
    description, person, list, value. `table` shows how each text was read, where that is a list.
    """

    column: str | None
    what: str
    detail: str
    table: dict[str, str | int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Where a column goes: `field` is None for a column that maps to nothing.

    `how`: chosen (by the caller), name (it is called as the field is), synonym, extra (kept in
    `extra`) or ignored (a figure of our own export that the register computes itself).
    """

    column: str
    field: str | None
    how: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """The source's own score or level of a row, where it is not what our matrix says."""

    row: int
    column: str
    theirs: str
    ours: str


@dataclass(slots=True)
class InterpretedRow:
    """One row of the file as values of a risk; import it only when `errors` is empty.

    `values` has a key for each mapped field (see `interpret`); `extra` has the cells that map to
    nothing, by header, without the empty ones. `identity` names the risk within its source:
    `identity_kind` is reference, external_id or title, and says what `identity` holds.
    """

    row_number: int
    identity_kind: str
    identity: str
    values: dict[str, Any]
    extra: dict[str, str]
    errors: list[RowError]


@dataclass(slots=True)
class Interpretation:
    rows: list[InterpretedRow]
    mapping: list[ColumnMapping]
    guesses: list[Guess]
    differences: list[Difference]
    notes: list[str]

    @property
    def errors(self) -> list[RowError]:
        """Every row's errors, in the order of the rows."""
        return [error for row in self.rows for error in row.errors]
