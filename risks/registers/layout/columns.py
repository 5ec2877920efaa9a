"""Columns: one name for each, which of them belong to the table, and the fields they may give."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from risks.fields import FIGURES, LEAVE_OUT, LINKS, RATINGS
from risks.registers.layout.header import FieldOf, Header
from risks.registers.mapping.lexicon import level_of
from risks.registers.reading.sheet import MAX_COLUMNS, NumberedRow, RawSheet, column_letter
from risks.registers.reading.text import first_sentence, join_list, match_key, split_list
from risks.registers.results import ImportFileError

MAX_HEADER = 200
EXTRA = "extra"  # what a caller maps a column to that has no field
TITLE_SOURCES = ("title", "threat", "vulnerability", "description")

_COVERED = 0.8  # of the table's rows, by columns beside a gap that belong to it
_LONGEST_LEGEND = 12
_BESIDE = 4  # columns to the right that may say what a repeated name means
# What a legend beside a table has columns for as well.
_OF_LEGENDS = {*FIGURES, *RATINGS, "title", "description", "status", "category", "external_id"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table. Several `indexes` of the sheet have the same name: joined."""

    name: str
    indexes: tuple[int, ...]
    field: str | None

    def text_of(self, cells: Sequence[str]) -> str:
        """Return the cell of this column in a row; several as one list."""
        if len(self.indexes) == 1:
            index = self.indexes[0]
            return cells[index] if index < len(cells) else ""
        texts = [cells[index] for index in self.indexes if index < len(cells) and cells[index]]
        if self.field in LINKS:
            return join_list(
                item for text in texts for item in split_list(text, commas=self.field != "assets")
            )
        return "\n".join(dict.fromkeys(texts))


def build_columns(
    sheet: RawSheet, header: Header, field_of: FieldOf, mapping: Mapping[str, str]
) -> tuple[list[Column], list[str]]:
    """Return the columns that hold anything, and notes. Raises ImportFileError."""
    body = sheet.rows[header.end :]
    names = name_columns(header, body)
    notes = []
    for first, last in find_foreign_blocks(names, body, field_of):
        text = ", ".join(dict.fromkeys(name for name in names[first : last + 1] if name))
        letters = list(map(column_letter, dict.fromkeys((first, last))))
        notes.append(
            f"Not read, because it stands beside the table: {' to '.join(letters)} ({text})."
        )
        names[first : last + 1] = [""] * (last + 1 - first)
    for index, name in enumerate(names):
        if name and not header.names[index]:
            notes.append(f"{name} has no header.")
    chosen = {match_key(name): field for name, field in mapping.items()}

    def choose_field(name: str) -> str | None:
        field = chosen.get(match_key(name)) or field_of(name)
        return None if field in {EXTRA, LEAVE_OUT} else field

    columns = []
    for name, indexes in join_repeated(names, choose_field, notes).items():
        columns.append(Column(name, tuple(indexes), choose_field(name)))
    return columns, notes


def name_columns(header: Header, body: Sequence[NumberedRow]) -> list[str]:
    """Return a name for each column that holds anything, "" for one that is empty throughout."""
    names = list(header.names)
    if len(names) > MAX_COLUMNS:
        raise ImportFileError(f"The table has more than {MAX_COLUMNS} columns. Remove some.")
    for index, name in enumerate(names):
        if len(name) > MAX_HEADER:  # it goes on with an explanation
            names[index] = first_sentence(name, MAX_HEADER)
        if not name and any(index < len(cells) and cells[index] for _, cells in body):
            names[index] = f"Column {column_letter(index)}"
    return names


def join_repeated(
    names: Sequence[str], field_of: FieldOf, notes: list[str]
) -> dict[str, list[int]]:
    """Return the indexes of the columns of each name.

    Lists, and columns without a field that stand side by side, are joined; others are numbered.
    """
    columns: dict[str, list[int]] = {}
    times: Counter[str] = Counter()
    previous = ""  # the name that the column before got
    for index, name in enumerate(names):
        if not name:
            continue
        times[name] += 1
        field = field_of(name)
        is_neighbour = field is None and index > 0 and names[index - 1] == name
        if times[name] == 1 or field in LINKS:
            previous = name
        elif not is_neighbour:
            previous = name_by_neighbour(names, index, field_of) or f"{name} ({times[name]})"
            while previous in names or previous in columns:
                previous += "'"
            notes.append(
                f"Column {column_letter(index)} is called '{name}' again; it was read as "
                f"'{previous}'."
            )
        columns.setdefault(previous, []).append(index)
    for name, indexes in columns.items():
        if len(indexes) > 1:
            letters = ", ".join(map(column_letter, indexes))
            notes.append(f"Columns {letters} are all called '{name}' and were joined.")
    return columns


def name_by_neighbour(names: Sequence[str], index: int, field_of: FieldOf) -> str:
    """Return the name of a second "Likelihood" that has "Residual score" beside it, or ""."""
    name, field = names[index], field_of(names[index])
    if field not in RATINGS:
        return ""
    first = max(i for i in range(index) if names[i] == name) + 1
    last = next((i for i in range(index + 1, len(names)) if names[i] == name), index + _BESIDE)
    qualified: dict[str, str] = {}
    for neighbour in names[first:last]:
        kind = (field_of(neighbour) or "").partition("_")[0]
        if kind in {"residual", "target"} and field_of(f"{neighbour}: {name}") != field:
            qualified.setdefault(kind, f"{neighbour}: {name}")
    return qualified.popitem()[1] if len(qualified) == 1 else ""


# --- Beside the table


def find_foreign_blocks(
    names: Sequence[str], body: Sequence[NumberedRow], field_of: FieldOf
) -> list[tuple[int, int]]:
    """Return the first and last column of each block that an empty column cuts off the table."""
    blocks: list[tuple[int, int]] = []
    for index, name in enumerate(names):
        if not name:
            continue
        if blocks and blocks[-1][1] == index - 1:
            blocks[-1] = (blocks[-1][0], index)
        else:
            blocks.append((index, index))
    if len(blocks) < 2:
        return []

    def fields_in(block: tuple[int, int]) -> set[str | None]:
        return {field_of(name) for name in names[block[0] : block[1] + 1]} - {None}

    main = max(blocks, key=lambda block: len(fields_in(block)))
    own_fields = fields_in(main)
    main_rows = [n for n, (_, cells) in enumerate(body) if any(cells[main[0] : main[1] + 1])]
    return [
        block
        for block in blocks
        if block != main
        and is_foreign(
            names[block[0] : block[1] + 1],
            [(n, cells[block[0] : block[1] + 1]) for n, (_, cells) in enumerate(body)],
            main_rows,
            fields_in(block) - own_fields,
        )
    ]


def is_foreign(
    names: Sequence[str],
    rows: Sequence[NumberedRow],
    main_rows: Sequence[int],
    new_fields: set[str | None],
) -> bool:
    """Whether these columns are a legend, a matrix or another table, by what their rows hold."""
    filled_rows = [(n, cells) for n, cells in rows if any(cells)]
    if len(names) > 1 and (
        sum(map(is_scale_word, names)) > 1 or is_scale([cells for _, cells in filled_rows])
    ):
        return True
    inside = {n for n, _ in filled_rows} & set(main_rows)
    if new_fields - _OF_LEGENDS or len(inside) >= _COVERED * len(main_rows):
        return False
    if 2 * len(inside) < len(filled_rows):  # most of it stands where the table has ended
        return True
    starts_together = len(inside) > 1 and inside == set(main_rows[: len(inside)])
    is_short = len(inside) <= _LONGEST_LEGEND and (len(names) > 1 or not new_fields)
    return starts_together and is_short


def is_scale_word(text: str) -> bool:
    return text.isdecimal() or bool(level_of(text))


def is_scale(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first cells are 1, 2, 3 ... or the levels, in their order or against it."""
    first = [next(filter(None, cells), "") for cells in rows]
    if not 1 < len(first) <= _LONGEST_LEGEND:
        return False
    digits = [str(number) for number in range(1, len(first) + 1)]
    levels = [level_of(cell) for cell in first]
    is_levels = all(levels) and len(set(levels)) == len(levels)
    return first in (digits, digits[::-1]) or is_levels
