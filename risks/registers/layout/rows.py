"""Rows of a sheet without a risk: headings, totals, notes, numbers printed in advance."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from risks.registers.layout.columns import Column
from risks.registers.layout.header import (
    FieldOf,
    Header,
    count_fields,
    filled,
    is_counted,
    is_label_row,
)
from risks.registers.layout.shape import (
    TableShape,
    is_number,
    is_word_of_scale,
    learn_shape,
    texts,
)
from risks.registers.reading.sheet import NumberedRow, RawSheet, list_numbers
from risks.registers.reading.text import match_key
from risks.registers.results import SkippedRow
from risks.text import count_text, shorten_text

# Kinds of rows that are skipped, as a report names them.
HEADER, NUMBERS, HINT = "repeated header", "row of column numbers", "row of explanations"
SECTION, TOTAL, NOTE = "section heading", "total", "note"
PREPRINTED, OTHER_TABLE = "row without a risk", "row of another table"
MAX_LISTED = 5  # rows, or ranges of rows, that a note names
_SHOWN = 60  # characters of a row, that a note repeats
_WITH_TEXT = {SECTION, TOTAL, NOTE, HINT}

_TOTAL_WORDS = (
    "total totals subtotal sum sums average mean count gesamt summe gesamtsumme zwischensumme"
    " durchschnitt anzahl somme moyenne nombre suma promedio somma totale media soma totaal som"
    " gemiddelde aantal razem celkem soucet итого всего 合计 总计 合計"
)
_TOTALS = {*_TOTAL_WORDS.split(), "grand total", "sub total", "total risks", "sous total"}
_NOTES = re.compile(
    r"\W*(©|\(c\) |copyright|legend|legende|légende|leyenda|legenda|notes?:|hinweis|remarque|nota:"
    r"|source:|quelle:|fuente:|fonte:|bron:|page \d|seite \d|confidential|vertraulich|approved by"
    r"|prepared by|last updated|version \d)",
    re.IGNORECASE,
)
_PROSE = 3  # words, more than an id or a rating has


@dataclass(frozen=True, slots=True)
class Place:
    """The position of a row in its part of the sheet, between two gaps."""

    is_first: bool  # below the header
    is_last: bool  # of its part
    is_apart: bool  # from the part that has the table's first risk


class RowSorter:
    """Tells the rows of risks of one table from others."""

    def __init__(
        self, sheet: RawSheet, header: Header, columns: Sequence[Column], field_of: FieldOf
    ) -> None:
        self.sheet, self.field_of = sheet, field_of
        header_rows = [cells for _, cells in sheet.rows[header.first : header.end]]
        self.header_keys = [[*map(match_key, filled(row))] for row in (*header_rows, header.names)]
        self.parts = list(split_at_gaps(sheet.rows[header.end :]))
        self.main = find_main_part(self.parts, learn_shape(columns, ()))
        self.shape = learn_shape(columns, self.main)
        self.foreign = [self.is_other_table(part) for part in self.parts]
        own = [part for part, other in zip(self.parts, self.foreign, strict=True) if not other]
        self.rows = [row for part in own for row in part]
        self.shape = learn_shape(columns, self.rows)
        self.wide_rows = {
            top
            for top, left, bottom, right in sheet.merges
            if top == bottom and 2 * (right - left + 1) > len(self.shape.indexes)
        }
        self.presets = Counter(
            tuple(self.entries(number, cells))
            for number, cells in self.rows
            if not self.shape.has_title(cells)
        )

    def sort(self) -> tuple[list[NumberedRow], list[SkippedRow]]:
        """Return the rows that are risks, or go on with one, and those that are neither."""
        kept: list[NumberedRow] = []
        skipped: list[SkippedRow] = []
        for part, is_foreign in zip(self.parts, self.foreign, strict=True):
            for position, (number, cells) in enumerate(part):
                place = Place(
                    is_first=not kept and not skipped,
                    is_last=position == len(part) - 1,
                    is_apart=part is not self.main,
                )
                kind = OTHER_TABLE if is_foreign else self.kind_of_row(number, cells, place)
                if kind:
                    text = " | ".join(
                        dict.fromkeys(" ".join(cell.split()) for cell in filled(cells))
                    )
                    skipped.append(SkippedRow(number, kind, text))
                else:
                    kept.append((number, cells))
        last = kept[-1][0] if kept else 0
        return kept, [
            replace(row, kind=NOTE) if row.kind == SECTION and row.row > last else row
            for row in skipped
        ]

    def is_other_table(self, part: Sequence[NumberedRow]) -> bool:
        """Whether these rows, which stand apart, are not of this table."""
        rows = [cells for _, cells in part]
        if part is self.main or not self.shape.titles:
            return False
        below_heading = next((cells for cells in rows if len(set(filled(cells))) > 1), rows[0])
        if self.is_header(below_heading):
            return False
        if self.is_other_header(below_heading):
            return True
        if 2 * sum(map(self.shape.fits, rows)) >= len(rows):
            return False
        has_columns = any(len(set(filled(cells))) > 1 for cells in rows)
        return has_columns and len(rows) > 1

    def is_header(self, cells: Sequence[str]) -> bool:
        names = filled(cells)
        return any(
            len(keys) == len(names) and [*map(match_key, names)] == keys
            for keys in self.header_keys
            if names and keys[0] == match_key(names[0])
        )

    def is_other_header(self, cells: Sequence[str]) -> bool:
        names = filled(cells)
        if len(names) < 2 or not is_label_row(names) or self.shape.fits(cells):
            return False
        return count_fields(names, self.field_of) > max(1, len(names) // 2)

    def kind_of_row(self, number: int, cells: Sequence[str], place: Place) -> str:
        """Return the kind of a row without a risk, "" if it may be one."""
        shape = self.shape
        given = texts(cells, shape.indexes)
        kind = ""
        if self.is_header(cells):
            kind = HEADER
        elif len(given) > 2 and is_counted(given):
            kind = NUMBERS
        elif not shape.titles:
            kind = ""
        elif not given:
            is_faulty = any((number, index) in self.sheet.faults for index in shape.indexes)
            kind = PREPRINTED if is_faulty else OTHER_TABLE
        elif match_key(given[0]) in _TOTALS and all(map(is_number, given[1:])):
            kind = TOTAL
        elif len(set(given)) == 1 and not is_number(given[0]):
            kind = self.kind_of_single_text(number, cells, place)
        elif place.is_first and self.is_hint(cells):
            kind = HINT
        elif not shape.has_title(cells):
            kind = self.kind_of_untitled(number, cells)
        elif shape.is_odd(cells):
            kind = NOTE
        return kind

    def kind_of_single_text(self, number: int, cells: Sequence[str], place: Place) -> str:
        """Return the kind of a row that holds one text, alone or across its columns."""
        shape = self.shape
        is_wide = number in self.wide_rows
        if not is_wide and texts(cells, shape.titles):
            has_ids = shape.id_shapes.total() > 1
            is_alone = bool(shape.usual) and place.is_apart and place.is_last
            is_note = bool(_NOTES.match(texts(cells, shape.titles)[0]))
            if not is_note and not is_alone and (not has_ids or place.is_last):
                return ""
        elif not is_wide and texts(cells, shape.many):
            return ""
        elif not self.entries(number, cells):
            return PREPRINTED
        return NOTE if place.is_last else SECTION

    def kind_of_untitled(self, number: int, cells: Sequence[str]) -> str:
        entries = self.entries(number, cells)
        is_preset = self.presets[tuple(entries)] > 1 and not texts(cells, self.shape.many)
        if not entries or is_preset:
            return PREPRINTED
        return NOTE if self.shape.is_odd(cells) else ""

    def entries(self, number: int, cells: Sequence[str]) -> list[str]:
        """Return what someone typed into the row: no id, number, status or result of a formula."""
        shape = self.shape
        ids = [text for text in texts(cells, shape.ids) if self.is_id(text)]
        return [
            cells[index]
            for index in shape.indexes
            if index < len(cells)
            and cells[index]
            and index not in (*shape.figures, *shape.statuses)
            and (number, index) not in self.sheet.formulas
            and (index in shape.ratings or not is_number(cells[index]))
            and cells[index] not in ids
        ]

    def is_id(self, text: str) -> bool:
        return any(map(str.isdigit, text)) and len(text.split()) < _PROSE

    def is_hint(self, cells: Sequence[str]) -> bool:
        """Whether the row says what to write below: prose where risks have ids and ratings."""
        shape = self.shape
        short = [*shape.ids, *shape.ratings]
        prose = [index for index in short if texts(cells, [index]) and is_prose(cells[index])]
        others = [row for _, row in self.rows if row is not cells]
        lacks_id = not texts(cells, shape.ids) and 2 * shape.id_shapes.total() > len(others)
        return bool(prose) and (
            lacks_id or not any(is_prose(text) for row in others for text in texts(row, prose))
        )


def find_main_part(parts: Sequence[list[NumberedRow]], shape: TableShape) -> Sequence[NumberedRow]:
    """Return the first part with a row that has a title and more."""
    for part in parts:
        for _, cells in part:
            titles = texts(cells, shape.titles)
            if len(set(filled(cells))) > 1 and not all(map(is_word_of_scale, titles)):
                return part
    return parts[0] if parts else []


def is_prose(text: str) -> bool:
    return len(text.split()) >= _PROSE


def split_at_gaps(rows: Sequence[NumberedRow]) -> Iterator[list[NumberedRow]]:
    """Yield the rows between two empty ones."""
    part: list[NumberedRow] = []
    for row in rows:
        if part and row[0] != part[-1][0] + 1:
            yield part
            part = []
        part.append(row)
    if part:
        yield part


# --- The report


def describe_skipped(rows: Sequence[SkippedRow]) -> Iterator[str]:
    """Yield a sentence for each kind of rows that were skipped."""
    by_kind: dict[str, list[SkippedRow]] = {}
    for row in rows:
        by_kind.setdefault(row.kind, []).append(row)
    for kind, of_kind in by_kind.items():
        if kind in _WITH_TEXT:
            places = list_texts(of_kind)
        else:
            numbers = list_numbers([row.row for row in of_kind])
            places = f"{numbers} ({shorten_text(of_kind[0].text, _SHOWN)})"
        yield f"Skipped {count_kind(len(of_kind), kind)}: {places}."


def count_kind(number: int, kind: str) -> str:
    """ "1 total", "3 rows of another table" """
    if number > 1 and kind.startswith("row "):
        return f"{number:,} {kind.replace('row', 'rows', 1)}"
    return count_text(number, kind)


def list_texts(rows: Sequence[SkippedRow]) -> str:
    named = [f"row {row.row} ({shorten_text(row.text, _SHOWN)})" for row in rows[:MAX_LISTED]]
    more = len(rows) - MAX_LISTED
    return ", ".join([*named, *([f"and {more} more"] if more > 0 else [])])
