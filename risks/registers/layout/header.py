"""Headers: the row of a sheet, or the two or three, that name the columns of its table.

A name may have a group above it: "Inherent risk" over "Likelihood" and "Impact". The group becomes
part of the name where the name says too little without it.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from risks.fields import FIGURES, RATINGS
from risks.registers.reading.sheet import NumberedRow, RawSheet
from risks.registers.reading.text import match_key
from risks.registers.results import UnclearFile

HEADER_SEARCH = 50  # rows in which the header is looked for
MAX_HEADER_ROWS = 3
_SURE = 10  # fields that a name counts for if the caller gives it

_LETTER = re.compile(r"[^\W\d_]")
# A second line that says what to write below: (1-5), 1 to 5, H/M/L, dd/mm/yyyy, %.
_HINT = re.compile(
    r"\(.*\)|\[.*\]|<.*>|[%€$£¥]|\d+ ?[-\u2013\u2014:/] ?\d+ ?%?|\d+ (?:to|bis|à|a|do|tot) \d+"
    r"|\w(?:/\w)+|[dmyjtaDMYJTA]{1,4}(?:[-./ ][dmyjtaDMYJTA]{1,4}){2}",
    re.DOTALL,
)
_NAMING = {"title", "description"}  # what a group such as "Existing controls" has as well
# Names that mean something else below a group: the owner of the plan, the date of the review.
_GENERIC = {*_NAMING, "owner", "owner_name", "status", "due_date", "category", "external_id"}
_RATED = (*RATINGS, *FIGURES)

FieldOf = Callable[[str], str | None]  # the field that a name most likely means


@dataclass(frozen=True, slots=True)
class Header:
    """The names of a table's columns, "" where there is none.

    `first` and `end` are indexes into the rows of the sheet; the table's rows begin at `end`.
    `score` is the number of fields that the names mean.
    """

    first: int
    end: int
    names: list[str]
    score: int


def find_header(
    sheet: RawSheet, field_of: FieldOf, expected: Collection[str] = frozenset(), row: int = 0
) -> Header:
    """Return the header of the sheet's main table. Raises ImportFileError if there is none.

    `expected` are keys of names that the caller knows to be there; `row` is the number of the
    row with the names, if the caller knows that. Rows above it may still be groups of names.
    """
    base = index_of_row(sheet, row) if row else find_base_row(sheet, field_of, expected)
    end = base + 1
    while not row and end - base < MAX_HEADER_ROWS and is_lower_header(sheet, end, field_of):
        end += 1
    first = base
    names = compose_names(sheet, first, end, field_of)
    while end - first < MAX_HEADER_ROWS and is_group_row(sheet, first):
        wider = compose_names(sheet, first - 1, end, field_of)
        if wider == names:
            break
        first, names = first - 1, wider
    if hints := read_hints(sheet, end, names):
        names, end = hints, end + 1
    return Header(first, end, names, count_fields(names, field_of))


def index_of_row(sheet: RawSheet, row: int) -> int:
    for index, (number, _) in enumerate(sheet.rows):
        if number == row:
            return index
    raise UnclearFile(f"Row {row} is empty. Choose the row with the names of the columns.")


def count_fields(cells: Sequence[str], field_of: FieldOf) -> int:
    return len({field_of(cell) for cell in cells if len(cell) > 1} - {None})


def find_base_row(sheet: RawSheet, field_of: FieldOf, expected: Collection[str]) -> int:
    """Return the index of the first row with the most known names.

    With one known name or none, that is the first of the rows with the most texts.
    """
    rows = sheet.rows[:HEADER_SEARCH]
    scores = [
        count_fields(cells, field_of) + _SURE * sum(match_key(cell) in expected for cell in cells)
        for _, cells in rows
    ]
    best = scores.index(max(scores))
    if scores[best] > 1:
        return best
    sizes = [len(filled(cells)) if is_label_row(cells) else 0 for _, cells in rows]
    if max(sizes):
        return sizes.index(max(sizes))
    number = sheet.rows[0][0]
    raise UnclearFile(
        f"Row {number} is not a header row. Add one with the names of the columns above the risks.",
        row=number,
    )


def filled(cells: Sequence[str]) -> list[str]:
    return [cell for cell in cells if cell]


def is_label_row(cells: Sequence[str]) -> bool:
    return all(map(_LETTER.search, filled(cells)))


def is_lower_header(sheet: RawSheet, index: int, field_of: FieldOf) -> bool:
    """Whether the row at `index` names columns below the groups and gaps of the row above it."""
    if index >= len(sheet.rows) or sheet.rows[index][0] != sheet.rows[index - 1][0] + 1:
        return False
    number, upper = sheet.rows[index - 1]
    lower = sheet.rows[index][1]
    upper = pad(upper, len(lower))
    names = [column for column, cell in enumerate(lower) if cell and cell != upper[column]]
    if len(names) < 2 or not all(_LETTER.search(lower[column]) for column in names):
        return False
    spans = [(left, right) for top, left, _, right in sheet.merges if top == number]
    below = [c for c in names if any(left <= c <= right for left, right in spans if right > left)]
    if 2 * len(below) > len(names):
        return True
    merged = {left for left, right in spans if right > left}
    for column in names:
        follows = column + 1 in names and not upper[column + 1]
        if upper[column] and column not in merged and not follows:
            return False
    return any(field_of(lower[column]) for column in names)


def is_group_row(sheet: RawSheet, index: int) -> bool:
    """Whether the row above `index` may hold groups of names, or the names that are missing."""
    if not index or sheet.rows[index - 1][0] + 1 != sheet.rows[index][0]:
        return False
    number, groups = sheet.rows[index - 1]
    named = [column for column, cell in enumerate(sheet.rows[index][1]) if cell]
    columns = [column for column, cell in enumerate(groups) if cell]
    if not columns or not all(_LETTER.search(groups[column]) for column in columns):
        return False
    if len(columns) > 1:
        return True
    spans = [right for top, left, _, right in sheet.merges if (top, left) == (number, columns[0])]
    is_title = columns[0] <= named[0] and (not spans or spans[0] >= named[-1])
    return not is_title


def pad(cells: Sequence[str], width: int) -> list[str]:
    return [*cells, *[""] * (width - len(cells))]


# --- Names


def compose_names(sheet: RawSheet, first: int, end: int, field_of: FieldOf) -> list[str]:
    """Return a name for each column from the header's rows, with its group where it needs one."""
    block = sheet.rows[first:end]
    width = max(len(cells) for _, cells in block)
    grid = [[" ".join(cell.split()) for cell in pad(cells, width)] for _, cells in block]
    lowest = [
        max((depth for depth, cells in enumerate(grid) if cells[column]), default=0)
        for column in range(width)
    ]
    leaves = [grid[depth][column] for column, depth in enumerate(lowest)]
    times = Counter(map(match_key, leaves))
    groups = [
        spread_groups(sheet, row, grid[depth + 1 :], leaves, times, field_of)
        for depth, row in enumerate(block[:-1])
    ]
    above = [
        [groups[depth][column] for depth in reversed(range(lowest[column]))]
        for column in range(width)
    ]
    names = [
        qualify(
            leaf,
            [group for group in of_leaf if group not in {"", leaf}],
            field_of,
            is_repeated=times[match_key(leaf)] > 1,
        )
        for leaf, of_leaf in zip(leaves, above, strict=True)
    ]
    return tell_apart(names, above)


def tell_apart(names: list[str], groups: Sequence[Sequence[str]]) -> list[str]:
    """Put its groups before a name that stands there twice, except for the first of them."""
    for depth in range(MAX_HEADER_ROWS):
        seen: set[str] = set()
        for column, name in enumerate(names):
            key = match_key(name)
            if name and key in seen and depth < len(groups[column]) and groups[column][depth]:
                names[column] = f"{groups[column][depth]}: {name}"
            seen.add(key)
    return names


def spread_groups(
    sheet: RawSheet,
    row: NumberedRow,
    below: Sequence[Sequence[str]],
    leaves: Sequence[str],
    times: Counter[str],
    field_of: FieldOf,
) -> list[str]:
    """Return the group over each column: as merged, else up to the next group.

    Without merged cells a group ends where a name needs none, and the last one is not wider than
    those before it.
    """
    number, cells = row
    cells = [" ".join(cell.split()) for cell in pad(cells, len(leaves))]
    merges = [(left, right) for top, left, _, right in sheet.merges if top == number]
    if any(right > left for left, right in merges):
        for left, right in merges:
            cells[left + 1 : right + 1] = [cells[left]] * (min(right + 1, len(cells)) - left - 1)
        return cells
    groups = [""] * len(cells)
    widths: list[int] = []
    for start, group in enumerate(cells):
        if not group or not any(names[start] for names in below):
            continue
        is_last = not any(cells[start + 1 :])
        limit = min(len(cells), start + max(widths) if is_last and widths else len(cells))
        end = start + 1
        while end < limit and not cells[end] and needs_group(leaves[end], times, field_of):
            end += 1
        groups[start:end] = [group] * (end - start)
        widths.append(end - start)
    return groups


def needs_group(name: str, times: Counter[str], field_of: FieldOf) -> bool:
    if not name:
        return False
    field = field_of(name)
    return field is None or field in _RATED or times[match_key(name)] > 1


def qualify(name: str, groups: Sequence[str], field_of: FieldOf, *, is_repeated: bool) -> str:
    """Return the name with a group in front, if it means something else, or says more, then.

    "Inherent risk" and "Likelihood" are one name, "Identification" and "Owner" are not. A group
    that is a name itself, such as "Existing controls", is better than a "Description" below it.
    """
    field = field_of(name) if name else None
    for group in groups:
        meant = field_of(f"{group}: {name}") if name else None
        says_more = field in _RATED and meant in _RATED and (is_repeated or meant != field)
        is_open = field in _GENERIC or (field is None and (len(name) > 1 or is_repeated))
        if says_more or (meant and meant != field and is_open):
            return f"{group}: {name}"
    own = [
        group for group in groups if field_of(group) not in {None, *_GENERIC, *_RATED, "category"}
    ]
    return own[0] if own and field in _NAMING else name


def read_hints(sheet: RawSheet, index: int, names: Sequence[str]) -> list[str]:
    """Return the names with the scales and formats of the row at `index`; [] if it has none."""
    if index >= len(sheet.rows):
        return []
    hints = pad(sheet.rows[index][1], len(names))
    if not all(_HINT.fullmatch(hint) and names[i] for i, hint in enumerate(hints) if hint):
        return []
    given = [index for index, hint in enumerate(hints) if hint]
    first_name = next(index for index, name in enumerate(names) if name)
    if is_counted(filled(hints)) or given == [first_name]:
        return []
    return [
        f"{name} ({hint.strip('()[]<>')})" if hint and len(hint) < 40 else name
        for name, hint in zip(names, hints, strict=False)
    ]


def is_counted(cells: Sequence[str]) -> bool:
    """Whether the cells are 1, 2, 3 and so on, or (1), (2), (3): numbers of columns."""
    digits = [cell.strip("()[]") for cell in cells]
    return digits == [str(number) for number in range(1, len(digits) + 1)]
