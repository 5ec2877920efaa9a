"""XLSX workbooks: checked as a zip archive first, then as XML, then read by calamine.

calamine reads a sheet some twenty times as fast as openpyxl, but fills the whole rectangle
between the outermost cells, and leaves formulas without a result and errors such as #N/A blank.
So each sheet's XML is walked through once before, for its extent and for these cells.
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

from risks.registers.reading.sheet import MAX_CELLS, Sheet, too_many_cells
from risks.registers.reading.text import clean_cell
from risks.registers.results import ImportFileError

MAX_PARTS = 2_000
MAX_UNPACKED = 100 * 1024 * 1024
MAX_TEXTS = 50 * 1024 * 1024  # of them for the texts that cells share, which are read at once
MAX_RATIO = 100  # of an archive that unpacks to more than SMALL; text in cells reaches about 20
SMALL = 10 * 1024 * 1024
MAX_SECONDS = 20  # of processor time, to look through the sheets
LOOK = 50_000  # cells after which the time is looked at
MAX_MERGES = 20_000

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_NO_RESULT = (
    "The formula has no stored result. "
    "Open the file in a spreadsheet program, save it, import again."
)
_SHEET_ERROR = "The cell shows a spreadsheet error such as #N/A or #REF!. Correct or empty it."
_NUL = "The cell holds a character that is no text. Type its content anew."
# What the libraries raise on a damaged workbook.
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


def read_workbook(data: bytes) -> dict[str, Sheet]:
    """The grid of each visible worksheet, by its name, in the order of the workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_archive(archive)
            scans = _scans(archive)
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        return {name: _grid(workbook.get_sheet_by_name(name), scan) for name, scan in scans.items()}
    except _DAMAGED as error:
        if isinstance(error, ImportFileError):
            raise
        raise ImportFileError(
            "The XLSX workbook is damaged. Open it in a spreadsheet program, save it, import again."
        ) from error


def _check_archive(archive: zipfile.ZipFile) -> None:
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
            f"The workbook unpacks to {unpacked // 1024**2:,} MB in {len(parts):,} parts, which is "
            "too much to be a register. Save its sheet alone, as CSV or XLSX."
        )
    texts = sum(part.file_size for part in parts if part.filename.endswith("sharedStrings.xml"))
    if texts > MAX_TEXTS:
        raise ImportFileError(
            f"The texts of the workbook take {texts // 1024**2:,} MB, of which "
            f"{MAX_TEXTS // 1024**2} MB are read. Split it into several files."
        )
    names = [part.filename.lower() for part in parts]
    if "xl/workbook.xml" not in names:
        raise ImportFileError(
            "This is a zip archive, but no XLSX workbook. "
            "Open it in a spreadsheet program and save it as XLSX or CSV."
        )
    if len(set(names)) < len(names):
        raise zipfile.BadZipFile("two parts have one name")
    if {part.compress_type for part in parts} - {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise zipfile.BadZipFile("no spreadsheet program compresses like this")


def _sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    """The part of each visible worksheet, by the sheet's name."""
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
        raise ImportFileError("The workbook has no visible sheet with cells. Show one, save it.")
    return sheets


@dataclass(slots=True)
class _Budget:
    """What all sheets together may still hold and take, so that the refusal comes early."""

    ends: float  # of this thread's processor time
    area: int  # places of the rectangles that hold all cells of each sheet
    cells: int  # in the XML, also empty ones beyond the rectangles

    def take_cell(self) -> None:
        self.cells -= 1
        if self.cells < 0:
            raise too_many_cells()
        if self.cells % LOOK == 0 and time.thread_time() > self.ends:
            raise ImportFileError("The workbook takes too long to read. Save its sheet as CSV.")


@dataclass(slots=True)
class _Scan:
    """What the XML of a sheet says and calamine does not. Rows and columns count from 0."""

    budget: _Budget
    rows: int = 0
    columns: int = 0
    formulas: set[tuple[int, int]] = field(default_factory=set)
    errors: set[tuple[int, int]] = field(default_factory=set)
    _row: int = -1
    _column: int = -1
    _kind: str | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name == "c":
            self._start_cell(attributes)
        elif name in {"v", "is"}:
            self._extend()
            if self._kind == "e":
                self.errors.add((self._row, self._column))
        elif name == "f" and self._kind != "str":  # a formula may well answer an empty text
            self.formulas.add((self._row, self._column))
        elif name == "row":
            self._row = int(attributes["r"]) - 1 if "r" in attributes else self._row + 1
            self._column = -1

    def _extend(self) -> None:
        """calamine fills all the room between stray cells, so the rectangle counts."""
        if self._row < self.rows and self._column < self.columns:
            return
        self.rows = max(self.rows, self._row + 1)
        self.columns = max(self.columns, self._column + 1)
        if self.rows * self.columns > self.budget.area:
            raise too_many_cells()

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self.budget.take_cell()
        self._kind = attributes.get("t")
        if place := attributes.get("r"):
            letters = place.rstrip("0123456789")
            self._row, self._column = int(place[len(letters) :]) - 1, _column(letters)
        else:
            self._column += 1


@lru_cache(maxsize=1_024)
def _column(letters: str) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1


def _scans(archive: zipfile.ZipFile) -> dict[str, _Scan]:
    """Each visible sheet, looked through. Raises ImportFileError where they hold too much."""
    budget = _Budget(time.thread_time() + MAX_SECONDS, MAX_CELLS, 2 * MAX_CELLS)
    scans = {}
    for name, path in _sheets(archive).items():
        scans[name] = scan = _scan(archive, path, budget)
        budget.area -= scan.rows * scan.columns
    return scans


def _scan(archive: zipfile.ZipFile, path: str, budget: _Budget) -> _Scan:
    scan = _Scan(budget)
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = scan.start
    with archive.open(path) as part:
        parser.ParseFile(part)
    return scan


def _refuse_doctype(*_: object) -> None:
    raise ValueError("a document type has no place in a worksheet")


def _grid(sheet: CalamineSheet, scan: _Scan) -> Sheet:
    table = [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    faults = _faults(table, scan)
    notes = _fill_merged(sheet, table)
    faulty = {number for number, _ in faults}
    rows = [(number, row) for number, row in enumerate(table, 1) if any(row) or number in faulty]
    return Sheet(rows, notes, faults)


def _faults(table: list[list[str]], scan: _Scan) -> dict[tuple[int, int], str]:
    faults = {
        (row + 1, column): _NO_RESULT
        for row, column in scan.formulas
        if not _cell(table, row, column)
    }
    faults |= {(row + 1, column): _SHEET_ERROR for row, column in scan.errors}
    for number, cells in enumerate(table, 1):
        for column, cell in enumerate(cells):
            if "\0" in cell:
                cells[column] = cell.replace("\0", "")
                faults[number, column] = _NUL
    return faults


def _cell(table: list[list[str]], row: int, column: int) -> str:
    return table[row][column] if row < len(table) and column < len(table[row]) else ""


def _text(value: object) -> str:
    """A cell as a person would type it; dates as ISO 8601, whatever their format."""
    if isinstance(value, str):
        return clean_cell(value) if value else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time_of_day() else value.isoformat()
    return value.isoformat() if isinstance(value, date | time_of_day) else str(value)


def _fill_merged(sheet: CalamineSheet, table: list[list[str]]) -> list[str]:
    """Give every row of a cell merged over several rows its text; a note where that happened."""
    ranges = sheet.merged_cell_ranges or []
    filled = 0
    for (top, left), (bottom, _) in ranges[:MAX_MERGES]:
        text = _cell(table, top, left)
        for row in table[top + 1 : bottom + 1] if text else ():
            if left < len(row) and not row[left] and any(row):
                row[left] = text
                filled += 1
    if not filled:
        return []
    return [f"{filled} cells below a merged cell were given its text."]
