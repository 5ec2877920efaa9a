"""The file of a run as a workbook that shows how each cell was read, by colour and comment."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import PurePath
from typing import Any

from openrisk.errors import Conflict
from risks.custom_fields.columns import custom_columns
from risks.exports import writable_text
from risks.fields import LEAVE_OUT
from risks.import_runs.changes import is_blank
from risks.import_runs.lifecycle import describe_error
from risks.import_runs.summary import report_lines, summarize_run
from risks.models import ImportRun
from risks.registers.layout.sheets import SheetTable, combine_sheets, row_offsets
from risks.registers.learned import EXTRA, read_as_learned, recall_options
from risks.registers.mapping.interpreter import interpret_table
from risks.registers.options import ReadingOptions
from risks.registers.results import Interpretation, SkippedRow
from risks.registers.table import read_sheet_tables
from risks.registers.upload import stored_file
from risks.services.matrix import matrix_of

MAX_MARKED = 100_000  # cells; each costs some kilobytes until the workbook is written
MAX_OWN_LAYOUT = 20 * 1024 * 1024  # of unpacked sheets, that are marked in their own layout
REPORT = "Import report"
READ, GUESSED, KEPT, ERROR, SKIPPED = "read", "guessed", "kept", "error", "skipped"
COLOURS = {READ: "E2F0D9", GUESSED: "FFF2CC", KEPT: "DDEBF7", ERROR: "F8CBAD", SKIPPED: "EDEDED"}
LEGEND = {
    READ: "Read into the field that the comment of the header names",
    GUESSED: "Read as something that the cell does not say: see its comment",
    KEPT: "Kept with the risk as it is, under the name of its column",
    ERROR: "In error: see the comment",
    SKIPPED: "Not a risk: see the comment",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """The reading of one cell; a `comment` where the colour does not say it all."""

    kind: str
    comment: str = ""


def annotate_file(run: ImportRun) -> bytes:
    """Return the file of `run` as XLSX, with a mark on each cell of its table, and the report.

    Raises Conflict if the file is no longer stored, or too large to be marked.
    """
    from openpyxl import Workbook  # noqa: PLC0415  20 MB, for workbooks alone

    data = stored_file(run)
    if data is None:
        raise Conflict("The file is no longer stored. Upload it again to see its marks.")
    options = options_of(run, data)
    tables, _ = read_sheet_tables(data, run.file_name, options)
    cells = sum(len(table.table.rows) * len(table.columns) for table in tables)
    if cells > MAX_MARKED:
        raise Conflict(
            f"The table has {cells:,} cells; {MAX_MARKED:,} can be marked. The rows of the run say "
            "the same."
        )
    workbook = load_layout(data) or Workbook()
    matrix = matrix_of(run.organization)
    interpretation = interpret_table(
        combine_sheets(tables),
        options,
        levels=matrix.levels,
        labels=matrix.labels,
        custom=custom_columns(run.organization),
    )
    marker = Marker(run, interpretation)
    for table, offset in zip(tables, row_offsets(tables), strict=True):
        mark_sheet(find_sheet(workbook, table), table, offset, marker)
    add_report(workbook, run)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def marked_name(run: ImportRun) -> str:
    """Return the name of the file with marks."""
    return f"{PurePath(run.file_name).stem}-marked.xlsx"


def options_of(run: ImportRun, data: bytes) -> ReadingOptions:
    """The options that the preview was read with: its columns as they are, whatever came later."""
    chosen = ReadingOptions.from_json(run.options)
    _, options, _ = read_as_learned(data, run.file_name, chosen, recall_options(run))
    mapping = {
        column["column"]: column["field"] or (LEAVE_OUT if column["how"] == "ignored" else EXTRA)
        for column in run.mapping
    }
    return replace(options, mapping=mapping)


# --- The marks


class Marker:
    """Tells for each cell of the table what the run made of it."""

    def __init__(self, run: ImportRun, interpretation: Interpretation) -> None:
        self.columns = {column["column"]: column for column in run.mapping}
        self.rows = {row.row_number: row for row in interpretation.rows}
        self.readings: dict[str | None, dict[str, Any]] = {}
        self.details: dict[str | None, list[str]] = {}
        for guess in run.guesses:
            self.details.setdefault(guess["column"], []).append(guess["detail"])
        for known in interpretation.guesses:
            self.readings.setdefault(known.column, {}).update(known.table)
        self.errors: dict[tuple[int, str | None], list[str]] = {}
        self.notes: dict[int, list[str]] = {}
        for row in run.rows.exclude(errors=[], notes=[]).order_by("row_number", "id"):
            for error in row.errors:
                key = (error["row"], self.column_of(error))
                self.errors.setdefault(key, []).append(describe_error(error))
            self.notes.setdefault(row.row_number, []).extend(row.notes)

    def column_of(self, error: Mapping[str, Any]) -> str | None:
        return error["column"] if error["column"] in self.columns else None

    def mark_header(self, header: str) -> Mark:
        column = self.columns.get(header)
        if column is None:
            return Mark(SKIPPED, "Not read")
        target = column["field"] or ("not imported" if column["how"] == "ignored" else "kept")
        parts = [f"{header} → {target} ({column['how']})", column["note"]]
        comment = "\n".join(filter(None, [*parts, *self.details.get(header, ())]))
        return Mark(READ if column["field"] else KEPT, comment)

    def mark_cell(self, number: int, header: str, text: str) -> Mark | None:
        """The mark of one cell; None for an empty one without an error."""
        column, row = self.columns.get(header), self.rows.get(number)
        if errors := self.errors.get((number, header)):
            return Mark(ERROR, "\n".join(errors))
        if not text or column is None:
            return None
        if row is None:
            return Mark(SKIPPED, "Not a risk of its own")
        reading = self.readings.get(header, {})
        if text in reading:
            value = "nothing" if is_blank(reading[text]) else reading[text]
            return Mark(GUESSED, f"{column['field'] or header}: {text} read as {value}")
        if header in row.extra or not column["field"]:
            return Mark(SKIPPED if column["how"] == "ignored" else KEPT)
        return Mark(READ)

    def mark_row(self, number: int) -> Mark | None:
        """The mark of the whole row, for its first cell."""
        if errors := self.errors.get((number, None)):
            return Mark(ERROR, "\n".join(errors))
        notes = self.notes.get(number)
        return Mark(GUESSED, "\n".join(notes)) if notes else None


# --- The workbook


def load_layout(data: bytes) -> Any:
    """The workbook as its owner drew it; None for text, and for what openpyxl cannot hold."""
    from openpyxl import load_workbook  # noqa: PLC0415  as above

    if not zipfile.is_zipfile(io.BytesIO(data)):
        return None
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheets = [part for part in archive.infolist() if "worksheets/" in part.filename]
        if sum(part.file_size for part in sheets) > MAX_OWN_LAYOUT:
            return None
    try:
        return load_workbook(io.BytesIO(data))
    except Exception:  # noqa: BLE001  it refuses many details of a workbook, each in its own way
        return None


def find_sheet(workbook: Any, table: SheetTable) -> Any:
    """The sheet of a table; where the workbook does not have it, one with the same cells."""
    name = table.sheet.name
    if name in workbook.sheetnames:
        return workbook[name]
    sheet = workbook.active if not name else workbook.create_sheet(name)
    for number, cells in table.sheet.rows:
        for index, text in enumerate(cells):
            if text:
                write_text(sheet.cell(number, index + 1), text)
    return sheet


def write_text(cell: Any, text: str) -> None:
    cell._value, cell.data_type = writable_text(text), "s"  # value= would read "=1+1" as a formula


def mark_sheet(sheet: Any, table: SheetTable, offset: int, marker: Marker) -> None:
    header_row = table.sheet.rows[table.header.end - 1][0]
    for column in table.columns:
        for index in column.indexes:
            set_mark(sheet.cell(header_row, index + 1), marker.mark_header(column.name))
    cells_of = dict(table.sheet.rows)
    for number, _ in table.table.rows:
        cells = cells_of[number]
        for column in table.columns:
            text = column.text_of(cells)
            if mark := marker.mark_cell(number + offset, column.name, text):
                for index in column.indexes:
                    set_mark(sheet.cell(number, index + 1), mark)
        if mark := marker.mark_row(number + offset):
            set_mark(sheet.cell(number, table.columns[0].indexes[0] + 1), mark)
    for row in table.table.skipped:
        mark_skipped(sheet, row, cells_of.get(row.row, ()))


def mark_skipped(sheet: Any, row: SkippedRow, cells: Sequence[str]) -> None:
    filled = [index for index, text in enumerate(cells) if text]
    for position, index in enumerate(filled):
        comment = "" if position else f"Skipped: {row.kind}"
        set_mark(sheet.cell(row.row, index + 1), Mark(SKIPPED, comment))


@cache
def fill_of(kind: str) -> Any:
    from openpyxl.styles import PatternFill  # noqa: PLC0415  as above

    return PatternFill("solid", start_color=COLOURS[kind])


def set_mark(cell: Any, mark: Mark) -> None:
    from openpyxl.cell.cell import MergedCell  # noqa: PLC0415  as above

    if isinstance(cell, MergedCell):  # the first of the cells that are merged is marked
        return
    cell.fill = fill_of(mark.kind)
    if mark.comment:
        from openpyxl.comments import Comment  # noqa: PLC0415  as above

        cell.comment = Comment(writable_text(mark.comment), "OpenRisk", height=120, width=320)


def add_report(workbook: Any, run: ImportRun) -> None:
    """Add a sheet with the meaning of the colours and the report of the run."""
    sheet = workbook.create_sheet(REPORT)
    lines = [*LEGEND.values(), "", *report_lines(summarize_run(run))]
    for number, line in enumerate(lines, 1):
        write_text(sheet.cell(number, 1), line)
    for number, kind in enumerate(LEGEND, 1):
        set_mark(sheet.cell(number, 1), Mark(kind))
    sheet.column_dimensions["A"].width = 120
