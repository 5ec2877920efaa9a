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
from dataclasses import dataclass, field
from datetime import date, datetime
from datetime import time as time_of_day
from functools import lru_cache
from xml.parsers import expat

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from risks.registers.reading.sheet import MAX_CELLS, RawSheet, too_many_cells
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


def read_workbook(data: bytes) -> dict[str, RawSheet]:
    """Read each visible worksheet, by its name, in the order of the workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            check_archive(archive)
            scans = scan_sheets(archive)
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        return {
            name: read_sheet(workbook.get_sheet_by_name(name), scan) for name, scan in scans.items()
        }
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


def find_sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    """The archive's part for each visible worksheet, by the sheet's name."""
    relations = fromstring(archive.read("xl/_rels/workbook.xml.rels"), forbid_dtd=True)
    targets = {
        relation.get("Id"): relation.get("Target", "")
        for relation in relations
        if relation.get("Type", "").endswith("/worksheet")
    }
    workbook = fromstring(archive.read("xl/workbook.xml"), forbid_dtd=True)
    sheets = {
        element.get("name"): posixpath.normpath(
            posixpath.join("/xl", targets[element.get(_RELATION)])
        ).lstrip("/")
        for element in workbook.iter()
        if element.tag.endswith("}sheet")
        and element.get(_RELATION) in targets
        and element.get("state", "visible") == "visible"
    }
    if not sheets:
        raise ImportFileError(
            "The workbook has no visible sheet with cells. Make one visible and save it."
        )
    return sheets


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
    """Extent, formulas and error cells of a sheet. Rows and columns count from 0."""

    budget: ScanBudget
    rows: int = 0
    columns: int = 0
    formulas: set[tuple[int, int]] = field(default_factory=set)
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
        elif name == "f" and self._type != "str":  # a formula may well result in an empty text
            self.formulas.add((self._row, self._column))
        elif name == "row":
            self._row = int(attributes["r"]) - 1 if "r" in attributes else self._row + 1
            self._column = -1

    def _extend(self) -> None:
        """Count the rectangle: calamine fills all the room between stray cells."""
        if self._row < self.rows and self._column < self.columns:
            return
        self.rows = max(self.rows, self._row + 1)
        self.columns = max(self.columns, self._column + 1)
        if self.rows * self.columns > self.budget.area:
            raise too_many_cells()


@lru_cache(maxsize=1_024)
def column_index(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def scan_sheets(archive: zipfile.ZipFile) -> dict[str, SheetScan]:
    """Scan each visible sheet. Raises ImportFileError if they hold too much."""

    def refuse_doctype(*_: object) -> None:
        raise ValueError("a worksheet must not have a document type")

    budget = ScanBudget(time.thread_time() + MAX_SECONDS, MAX_CELLS, 2 * MAX_CELLS)
    scans = {}
    for name, path in find_sheets(archive).items():
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
    notes = fill_merged_cells(sheet, table)
    faulty_rows = {number for number, _ in faults}
    rows = [
        (number, row) for number, row in enumerate(table, 1) if any(row) or number in faulty_rows
    ]
    return RawSheet(rows, notes, faults)


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


def fill_merged_cells(sheet: CalamineSheet, table: list[list[str]]) -> list[str]:
    """Give the text of a cell merged over several rows to each of them; a note if there are any."""
    ranges = sheet.merged_cell_ranges or []
    filled = 0
    for (top, left), (bottom, _) in ranges[:MAX_MERGES]:
        text = cell_at(table, top, left)
        for row in table[top + 1 : bottom + 1] if text else ():
            if left < len(row) and not row[left] and any(row):
                row[left] = text
                filled += 1
    if not filled:
        return []
    return [f"Copied the text of merged cells to {count_text(filled, 'cell')} below."]
