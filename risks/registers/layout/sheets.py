"""Sheets: which of a workbook's sheets are read, and a word about each that is not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from risks.registers.layout.columns import TITLE_SOURCES, Column
from risks.registers.layout.header import Header
from risks.registers.reading.sheet import RawSheet
from risks.registers.reading.text import match_key, title_key
from risks.registers.results import Table
from risks.text import count_text

_ALIKE = 0.7  # of the names of columns, that sheets of one register share
_SAME_RISKS = 0.5  # of the titles, that two versions of one sheet share
_NAMED = 2  # known headers that a sheet's name counts for, if it says that risks are there
_REGISTER = re.compile(
    r"\b(risks?|register|risques?|risik\w+|riesgos?|rischi\w*|riscos?|risico\w*)\b"
)
_EXAMPLES = re.compile(
    r"\b(example|sample|template|muster|vorlage|beispiel|exemple|modele|ejemplo|"
    r"plantilla|esempio|modello|exemplo|modelo|voorbeeld|instructions?)\b"
)


@dataclass(frozen=True, slots=True)
class SheetTable:
    """The table of one sheet."""

    sheet: RawSheet
    header: Header
    columns: Sequence[Column]
    table: Table

    @property
    def names(self) -> set[str]:
        return {match_key(column.name) for column in self.columns}

    @property
    def titles(self) -> set[str]:
        """The titles of its risks, or what else identifies them."""
        names = [column.name for column in self.columns if column.field in TITLE_SOURCES]
        return {
            title_key(title)
            for _, cells in self.table.rows
            if (title := " ".join(filter(None, (cells[name] for name in names))))
        }

    @property
    def is_register(self) -> bool:
        return self.header.score > 1 and bool(self.titles)

    @property
    def is_example(self) -> bool:
        return bool(_EXAMPLES.search(match_key(self.sheet.name)))

    @property
    def is_named(self) -> bool:
        return bool(_REGISTER.search(match_key(self.sheet.name)))

    def is_like(self, other: "SheetTable") -> bool:
        return len(self.names & other.names) >= _ALIKE * len(self.names | other.names)

    def is_version_of(self, other: "SheetTable") -> bool:
        """Whether most risks of the smaller sheet are on the other one too."""
        fewer = min(len(self.titles), len(other.titles))
        return len(self.titles & other.titles) > _SAME_RISKS * fewer


def choose_sheets(tables: Sequence[SheetTable]) -> tuple[list[SheetTable], list[str]]:
    """Return the sheets to read, in the order of the workbook, and a note on each other one.

    The one with the best header is read, and those that have the same columns and other risks.
    """
    main = max(
        tables,
        key=lambda t: (t.is_register and not t.is_example, t.header.score + _NAMED * t.is_named),
    )
    rest = [t for t in tables if t is not main and t.is_register]
    alike = [t for t in rest if t.is_like(main) and not t.is_example]
    chosen: list[SheetTable] = []
    versions: dict[str, list[str]] = {}
    for table in sort_newest_first([main, *alike]):
        if newer := next((t for t in chosen if table.is_version_of(t)), None):
            versions.setdefault(newer.sheet.name, []).append(table.sheet.name)
        else:
            chosen.append(table)
    names = [table.sheet.name for table in tables if table in chosen]
    notes = [f"Read {'sheets' if len(names) > 1 else 'sheet'} {quote_names(names)}."]
    for name, older in versions.items():
        notes.append(
            f"Not read, because '{name}' has mostly the same risks: {quote_names(older)}. Choose "
            "another sheet to read it instead (--sheet)."
        )
    for table in rest:
        if table not in alike:
            count = count_text(len(table.table.rows), "row")
            notes.append(
                f"Sheet '{table.sheet.name}' looks like a register too ({count}), but has other "
                f"columns, and was not read. Choose it to read it (--sheet '{table.sheet.name}')."
            )
    if others := [t.sheet.name for t in tables if t is not main and not t.is_register]:
        notes.append(f"Not read, because no risks were found there: {quote_names(others)}.")
    return [table for table in tables if table in chosen], notes


def sort_newest_first(tables: Sequence[SheetTable]) -> list[SheetTable]:
    """Return 2026 before 2025 if all names have numbers, else the order as it is."""
    numbers = [re.findall(r"\d+", table.sheet.name) for table in tables]
    if not all(numbers):
        return list(tables)
    return sorted(tables, key=lambda t: [*map(int, re.findall(r"\d+", t.sheet.name))], reverse=True)


def quote_names(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def combine_sheets(tables: Sequence[SheetTable]) -> Table:
    """Return one table of all rows, with the sheet of each in a column.

    Rows of the second sheet and those after it have a thousand added to their number, or two
    thousand and so on, to tell them apart. Where sheets number their risks alike, the sheet's name
    becomes part of the id.
    """
    if len(tables) == 1:
        return tables[0].table
    headers = list(dict.fromkeys(name for table in tables for name in table.table.headers))
    sheet_column = "Sheet" if "Sheet" not in headers else "Sheet of the workbook"
    combined = Table([*headers, sheet_column], [])
    repeat_ids = ids_repeat(tables)
    if repeat_ids:
        combined.notes.append("The sheets use the same ids: the sheet's name was put before each.")
    for table, offset in zip(tables, row_offsets(tables), strict=True):
        name = table.sheet.name
        if offset:
            combined.notes.append(
                f"Rows of sheet '{name}' have {offset:,} added to their number: {offset + 2} is "
                "its row 2."
            )
        combined.notes += [f"Sheet '{name}': {note}" for note in table.table.notes]
        empty = dict.fromkeys(headers, "")
        for number, cells in table.table.rows:
            named = {**empty, **cells, sheet_column: name}
            for column in table.columns if repeat_ids else ():
                if column.field == "external_id" and cells[column.name]:
                    named[column.name] = f"{name} {cells[column.name]}"
            combined.rows.append((number + offset, named))
        combined.errors += [replace(error, row=error.row + offset) for error in table.table.errors]
        combined.skipped += [replace(row, row=row.row + offset) for row in table.table.skipped]
    return combined


def row_offsets(tables: Sequence[SheetTable]) -> list[int]:
    """Return what is added to the numbers of the rows of each sheet."""
    step = 1000
    while any(row[0] >= step for table in tables for row in table.sheet.rows[-1:]):
        step *= 10
    return [position * step for position in range(len(tables))]


def ids_repeat(tables: Sequence[SheetTable]) -> bool:
    seen: set[str] = set()
    for table in tables:
        columns = [column.name for column in table.columns if column.field == "external_id"]
        ids = {cells[name] for name in columns for _, cells in table.table.rows if cells[name]}
        if ids & seen:
            return True
        seen |= ids
    return False
