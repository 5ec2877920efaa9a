"""Kinds: rows of a RAID log, or of a tracker's export, that are issues, assumptions or tasks."""

from collections import Counter
from collections.abc import Sequence

from risks.registers.layout.columns import TITLE_SOURCES, Column
from risks.registers.mapping.lexicon.kinds import RISK, kind_of
from risks.registers.reading.sheet import NumberedRow
from risks.registers.results import SkippedRow

_ENOUGH = 0.6  # of a column's cells, that say a kind
_MOST_KINDS = 20


def find_kind_column(
    columns: Sequence[Column], rows: Sequence[NumberedRow]
) -> tuple[Column, dict[str, str]] | None:
    """Return the column that says which rows are risks and which are not, and its kind by cell."""
    for column in columns:
        if column.field in {*TITLE_SOURCES, "status", "treatment", "external_id"}:
            continue
        cells: Counter[str] = Counter()
        for _, row in rows:
            cells[column.text_of(row)] += 1
            if len(cells) > _MOST_KINDS:
                break
        del cells[""]
        kinds = {cell: kind_of(cell) for cell in cells}
        known = sum(cells[cell] for cell, kind in kinds.items() if kind)
        has_both = RISK in kinds.values() and len({*kinds.values(), None}) > 2
        if len(cells) <= _MOST_KINDS and has_both and known >= _ENOUGH * cells.total():
            return column, {cell: kind or "others" for cell, kind in kinds.items()}
    return None


def leave_out_kinds(
    columns: Sequence[Column], rows: Sequence[NumberedRow], include: Sequence[str]
) -> tuple[list[NumberedRow], list[SkippedRow], list[str]]:
    """Return the rows that are risks or of a kind in `include`, the others, and notes."""
    found = find_kind_column(columns, rows)
    if not found:
        return list(rows), [], []
    column, kinds = found
    kept: list[NumberedRow] = []
    skipped: list[SkippedRow] = []
    for number, cells in rows:
        kind = kinds.get(column.text_of(cells), RISK)
        if kind == RISK or kind in include:
            kept.append((number, cells))
        else:
            skipped.append(SkippedRow(number, kind, " | ".join(filter(None, cells))))
    if not skipped:
        return kept, [], []
    counts = Counter(row.kind for row in skipped)
    listed = ", ".join(f"{kind} ({count:,})" for kind, count in counts.items())
    names = " ".join(f"--include {kind}" for kind in counts)
    note = (
        f"'{column.name}' says what each row is. Only risks were read, not: {listed}. "
        f"Say so to import them as risks too ({names})."
    )
    return kept, skipped, [note]
