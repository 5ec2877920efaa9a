"""XLSX workbooks: checked as a zip archive first, then as XML, then read by calamine.

calamine reads a sheet some twenty times as fast as openpyxl, but fills the whole rectangle
between the outermost cells, and leaves formulas without a result and errors such as #N/A blank.
So the XML of each sheet is scanned before, for its extent and for these cells.
"""

import io
import posixpath
import time
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from datetime import time as time_of_day
from functools import lru_cache
from xml.parsers import expat

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from risks.registers.reading.sheet import (
    MAX_CELLS,
    RawSheet,
    column_letter,
    list_numbers,
    too_many_cells,
)
from risks.registers.reading.text import clean_cell
from risks.registers.results import ImportFileError
from risks.text import count_text

MAX_PARTS = 2_000
MAX_UNPACKED = 100 * 1024 * 1024
MAX_TEXTS = 50 * 1024 * 1024  # the part for the texts that cells share, which is read at once
MAX_RATIO = 100  # of an archive that unpacks to more than SMALL; text in cells reaches about 20
SMALL = 10 * 1024 * 1024
MAX_SECONDS = 20  # of processor time, to scan the sheets
CHECK_EVERY = 50_000  # cells after which the time is checked
MAX_MERGES = 20_000
MAX_COLUMN = 16_384  # of a sheet

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_NO_RESULT = (
    "The formula has no stored result. "
    "Open the file in a spreadsheet program, save it, import again."
)
_SHEET_ERROR = "The cell shows a spreadsheet error such as #N/A or #REF!. Correct or empty it."
_NUL = "The cell holds a character that is not text. Type its content again."
# Raised by the libraries for a damaged workbook.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    ParseError,
    DefusedXmlException,
    CalamineError,
    KeyError,
    ValueError,
    EOFError,
    NotImplementedError,
    RuntimeError,
)


def read_workbook(data: bytes, sheet: str = "") -> tuple[list[RawSheet], list[str]]:
    """Read each visible worksheet in the order of the workbook, or only `sheet`; and notes."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            check_archive(archive)
            paths, hidden = find_sheets(archive, sheet)
            scans = scan_sheets(archive, paths)
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [
            read_sheet(workbook.get_sheet_by_name(name), scan) for name, scan in scans.items()
        ]
        return sheets, [f"Sheet '{name}' is hidden and was not read." for name in hidden]
    except _DAMAGED as error:
        if isinstance(error, ImportFileError):
            raise
        raise ImportFileError(
            "The XLSX workbook is damaged. Open it in a spreadsheet program, save it, import again."
        ) from error


# --- The archive


def check_archive(archive: zipfile.ZipFile) -> None:
    """Refuse what would not fit into memory, before anything is unpacked."""
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    if (
        len(parts) > MAX_PARTS
        or unpacked > MAX_UNPACKED
        or (unpacked > SMALL and unpacked > MAX_RATIO * packed)
    ):
        raise ImportFileError(
            f"The workbook unpacks to {unpacked // 1024**2:,} MB in {len(parts):,} parts, too much "
            "for a register. Save only its sheet, as CSV or XLSX."
        )
    texts = sum(part.file_size for part in parts if part.filename.endswith("sharedStrings.xml"))
    if texts > MAX_TEXTS:
        raise ImportFileError(
            f"The texts of the workbook take {texts // 1024**2:,} MB; at most "
            f"{MAX_TEXTS // 1024**2} MB can be read. Split it into several files."
        )
    names = [part.filename.lower() for part in parts]
    if "xl/workbook.xml" not in names:
        raise ImportFileError(
            "This is a zip archive, not an XLSX workbook. "
            "Open it in a spreadsheet program and save it as XLSX or CSV."
        )
    if len(set(names)) < len(names):
        raise zipfile.BadZipFile("two parts have the same name")
    if {part.compress_type for part in parts} - {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise zipfile.BadZipFile("no spreadsheet program compresses like this")


def list_sheet_names(data: bytes) -> list[str]:
    """Return the names of all sheets of a workbook that can be read, also of hidden ones."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        workbook = fromstring(archive.read("xl/workbook.xml"), forbid_dtd=True)
    sheets = (element for element in workbook.iter() if element.tag.endswith("}sheet"))
    return [element.get("name", "") for element in sheets]


def find_sheets(archive: zipfile.ZipFile, wanted: str = "") -> tuple[dict[str, str], list[str]]:
    """The archive's part for each sheet to read, by the sheet's name, and names of hidden sheets.

    `wanted` is read even if it is hidden. Raises ImportFileError if it does not exist.
    """
    relations = fromstring(archive.read("xl/_rels/workbook.xml.rels"), forbid_dtd=True)
    targets = {
        relation.get("Id"): relation.get("Target", "")
        for relation in relations
        if relation.get("Type", "").endswith("/worksheet")
    }
    workbook = fromstring(archive.read("xl/workbook.xml"), forbid_dtd=True)
    paths: dict[str, str] = {}
    hidden: list[str] = []
    for element in workbook.iter():
        if element.tag.endswith("}sheet") and element.get(_RELATION) in targets:
            name = element.get("name", "")
            path = posixpath.join("/xl", targets[element.get(_RELATION)])
            paths[name] = posixpath.normpath(path).lstrip("/")
            if element.get("state", "visible") != "visible":
                hidden.append(name)
    if wanted:
        name = next((name for name in paths if name.casefold() == wanted.strip().casefold()), None)
        if name is None:
            raise ImportFileError(
                f"The workbook has no sheet '{wanted}'. Its sheets: {', '.join(paths)}."
            )
        return {name: paths[name]}, []
    visible = {name: path for name, path in paths.items() if name not in hidden}
    if not visible:
        raise ImportFileError(
            "The workbook has no visible sheet with cells. Make one visible and save it."
        )
    return visible, hidden


# --- The XML of the sheets


@dataclass(slots=True)
class ScanBudget:
    """Cells and time that are left for all sheets together, to refuse large workbooks early."""

    ends: float  # of this thread's processor time
    area: int  # cells of the rectangles around all cells of each sheet
    cells: int  # in the XML, also empty ones outside of the rectangles

    def take_cell(self) -> None:
        self.cells -= 1
        if self.cells < 0:
            raise too_many_cells()
        if self.cells % CHECK_EVERY == 0 and time.thread_time() > self.ends:
            raise ImportFileError("The workbook takes too long to read. Save its sheet as CSV.")


@dataclass(slots=True)
class SheetScan:
    """Extent, formulas, error cells and what is hidden in a sheet. All count from 0.

    `formulas` whose result is a text may well result in an empty one; the others may not.
    """

    budget: ScanBudget
    rows: int = 0
    columns: int = 0
    formulas: set[tuple[int, int]] = field(default_factory=set)
    text_formulas: set[tuple[int, int]] = field(default_factory=set)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    errors: set[tuple[int, int]] = field(default_factory=set)
    _row: int = -1
    _column: int = -1
    _type: str | None = None

    def start_element(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name == "c":
            self.budget.take_cell()
            self._type = attributes.get("t")
            if reference := attributes.get("r"):
                letters = reference.rstrip("0123456789")
                self._row = int(reference[len(letters) :]) - 1
                self._column = column_index(letters)
            else:
                self._column += 1
        elif name in {"v", "is"}:
            self._extend()
            if self._type == "e":
                self.errors.add((self._row, self._column))
        elif name == "f":
            formulas = self.text_formulas if self._type == "str" else self.formulas
            formulas.add((self._row, self._column))
        elif name == "row":
            self._row = int(attributes["r"]) - 1 if "r" in attributes else self._row + 1
            self._column = -1
            if is_true(attributes, "hidden"):
                self.hidden_rows.add(self._row)
        elif name == "col" and is_true(attributes, "hidden"):
            last = min(int(attributes["max"]), MAX_COLUMN)
            self.hidden_columns.update(range(int(attributes["min"]) - 1, last))

    def _extend(self) -> None:
        """Count the rectangle: calamine fills all the room between stray cells."""
        if self._row < self.rows and self._column < self.columns:
            return
        self.rows = max(self.rows, self._row + 1)
        self.columns = max(self.columns, self._column + 1)
        if self.rows * self.columns > self.budget.area:
            raise too_many_cells()


def is_true(attributes: dict[str, str], name: str) -> bool:
    return attributes.get(name) in {"1", "true"}


@lru_cache(maxsize=1_024)
def column_index(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def scan_sheets(archive: zipfile.ZipFile, paths: dict[str, str]) -> dict[str, SheetScan]:
    """Scan the sheets at `paths`, by name. Raises ImportFileError if they hold too much."""

    def refuse_doctype(*_: object) -> None:
        raise ValueError("a worksheet must not have a document type")

    budget = ScanBudget(time.thread_time() + MAX_SECONDS, MAX_CELLS, 2 * MAX_CELLS)
    scans = {}
    for name, path in paths.items():
        scans[name] = scan = SheetScan(budget)
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = refuse_doctype
        parser.StartElementHandler = scan.start_element
        with archive.open(path) as part:
            parser.ParseFile(part)
        budget.area -= scan.rows * scan.columns
    return scans


# --- The cells


def read_sheet(sheet: CalamineSheet, scan: SheetScan) -> RawSheet:
    table = [[cell_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    faults = {
        (row + 1, column): _NO_RESULT
        for row, column in scan.formulas
        if not cell_at(table, row, column)
    }
    faults |= {(row + 1, column): _SHEET_ERROR for row, column in scan.errors}
    for number, cells in enumerate(table, 1):
        for column, cell in enumerate(cells):
            if "\0" in cell:
                cells[column] = cell.replace("\0", "")
                faults[number, column] = _NUL
    merges = (sheet.merged_cell_ranges or [])[:MAX_MERGES]
    notes = fill_merged_cells(merges, table)
    faulty_rows = {number for number, _ in faults}
    rows = [
        (number, row) for number, row in enumerate(table, 1) if any(row) or number in faulty_rows
    ]
    raw = RawSheet(
        rows,
        notes,
        faults,
        formulas={(row + 1, column) for row, column in scan.formulas | scan.text_formulas},
        merges=[(top + 1, left, bottom + 1, right) for (top, left), (bottom, right) in merges],
        name=sheet.name,
    )
    notes += describe_hidden(raw, {row + 1 for row in scan.hidden_rows}, scan.hidden_columns)
    return raw


def describe_hidden(
    sheet: RawSheet, hidden_rows: set[int], hidden_columns: set[int]
) -> Iterator[str]:
    """Yield notes: what is hidden or filtered out is read as well."""
    if rows := [number for number, _ in sheet.rows if number in hidden_rows]:
        yield f"Read {count_text(len(rows), 'hidden row')} as well: {list_numbers(rows)}."
    columns = [
        column
        for column in sorted(hidden_columns)
        if any(column < len(cells) and cells[column] for _, cells in sheet.rows)
    ]
    if columns:
        letters = ", ".join(map(column_letter, columns))
        yield f"Read {count_text(len(columns), 'hidden column')} as well: {letters}."


def cell_text(value: object) -> str:
    """The text that a person would type into the cell; dates as ISO 8601, whatever their format."""
    if isinstance(value, str):
        return clean_cell(value) if value else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time_of_day() else value.isoformat()
    return value.isoformat() if isinstance(value, date | time_of_day) else str(value)


def cell_at(table: list[list[str]], row: int, column: int) -> str:
    return table[row][column] if row < len(table) and column < len(table[row]) else ""


Merge = tuple[tuple[int, int], tuple[int, int]]  # top and left, bottom and right; from 0


def fill_merged_cells(merges: Sequence[Merge], table: list[list[str]]) -> list[str]:
    """Give the text of a cell merged over several rows to each of them; a note if there are any."""
    filled = 0
    for (top, left), (bottom, _) in merges:
        text = cell_at(table, top, left)
        for row in table[top + 1 : bottom + 1] if text else ():
            if left < len(row) and not row[left] and any(row):
                row[left] = text
                filled += 1
    if not filled:
        return []
    return [f"Copied the text of merged cells to {count_text(filled, 'cell')} below."]
