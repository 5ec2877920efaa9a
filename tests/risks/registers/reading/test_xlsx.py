"""XLSX: cells as text, faulty cells, and workbooks that are refused."""

import io
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from risks.registers.reading import sheet as sheets
from risks.registers.reading import xlsx
from risks.registers.results import ImportFileError
from tests.risks.registers.files import HEADERS, cells, read, rezipped, saved, workbook


def test_a_workbook_reads_as_the_same_text() -> None:
    data = workbook(
        ["Risk ID", "Title", "Likelihood", "Due date", "Seen", "Share", "Open"],
        [1, " x ", 3.0, date(2027, 5, 31), datetime(2027, 5, 31, 10, 30), 0.1 + 0.2, True],  # noqa: DTZ001
        ["'=R", "=cmd", None, None, None, None, None],
        edit=lambda sheet: setattr(sheet["B3"], "data_type", "s"),
    )
    first, second = cells(read(data, "x.xlsx"))
    assert first == ["1", "x", "3", "2027-05-31", "2027-05-31T10:30:00", "0.3", "true"]
    assert second[:2] == ["=R", "=cmd"]


def test_the_content_says_what_kind_of_file_it_is() -> None:
    assert cells(read(workbook(HEADERS, ["R1", "x", 3]), "x.csv")) == [["R1", "x", "3"]]


def test_rows_of_a_workbook_keep_their_numbers() -> None:
    data = workbook(["Our risks"], [], HEADERS, [], ["R1", "x", 3], [])
    assert read(data, "x.xlsx").rows == [(5, {"Risk ID": "R1", "Title": "x", "Likelihood": "3"})]


def test_the_sheet_with_the_register_is_read() -> None:
    book = openpyxl.Workbook()
    book.active.append(["How to fill in this register"])
    sheet = book.create_sheet("Register")
    sheet.append(HEADERS)
    sheet.append(["R1", "x", 3])
    book.create_sheet("Lists").sheet_state = "hidden"
    table = read(saved(book), "x.xlsx")
    assert cells(table) == [["R1", "x", "3"]]
    assert table.notes[:3] == [
        "Read sheet 'Register'.",
        "Not read, because no risks were found there: 'Sheet'.",
        "Sheet 'Lists' is hidden and was not read.",
    ]


def test_merged_cells_give_their_text_to_every_row() -> None:
    data = workbook(
        ["Category", "Title"],
        ["Cyber", "a"],
        [None, "b"],
        [None, "c"],
        edit=lambda sheet: sheet.merge_cells("A2:A3"),
    )
    table = read(data, "x.xlsx")
    assert cells(table) == [["Cyber", "a"], ["Cyber", "b"], ["", "c"]]
    assert "Copied the text of merged cells to 1 cell below." in table.notes


def test_a_formula_without_a_result_is_an_error() -> None:
    table = read(workbook(HEADERS, ["R1", "x", "=1+1"]), "x.xlsx")
    assert [(error.row, error.column) for error in table.errors] == [(2, "Likelihood")]
    assert "no stored result" in table.errors[0].reason


def test_a_formula_with_a_result_gives_the_result() -> None:
    data = workbook(HEADERS, ["R1", "x", "=1+1"])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    stored = sheet.replace(b"<v></v>", b"<v>2</v>").replace(b"<v />", b"<v>2</v>")
    table = read(rezipped(data, xl__worksheets__sheet1_xml=stored), "x.xlsx")
    assert cells(table) == [["R1", "x", "2"]]
    assert table.errors == []


def test_a_spreadsheet_error_is_an_error() -> None:
    def fail(sheet: Worksheet) -> None:
        sheet["C2"].value = "#N/A"
        sheet["C2"].data_type = "e"

    table = read(workbook(HEADERS, ["R1", "x", 3], edit=fail), "x.xlsx")
    assert [(error.row, error.column) for error in table.errors] == [(2, "Likelihood")]


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = rezipped(workbook(HEADERS), xl__sharedStrings_xml=b"a" * (xlsx.SMALL + 1))
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("unpacked"))
    with pytest.raises(ImportFileError, match="unpacks to"):
        read(bomb, "x.xlsx")


def test_a_zip_with_too_many_parts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MAX_PARTS", 5)
    with pytest.raises(ImportFileError, match="parts"):
        read(workbook(HEADERS), "x.xlsx")


def test_a_cell_far_outside_of_the_table_is_refused() -> None:
    data = workbook(HEADERS, edit=lambda sheet: sheet.cell(1_048_576, 16_384, "x"))
    with pytest.raises(ImportFileError, match=r"more than 1,000,000 cells"):
        read(data, "x.xlsx")


@pytest.fixture
def few_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if ten cells were the limit."""
    for module in (sheets, xlsx):
        monkeypatch.setattr(module, "MAX_CELLS", 10)


def test_more_cells_than_allowed_are_refused_before_the_workbook_is_read(
    few_cells: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx, "CalamineWorkbook", None)  # what costs memory
    with pytest.raises(ImportFileError, match="more than 10 cells"):
        read(workbook(HEADERS, *[["R", "x", 1]] * 3), "x.xlsx")


def test_cells_of_all_sheets_count_together(few_cells: None) -> None:
    book = openpyxl.Workbook()
    for sheet in (book.active, book.create_sheet("Other")):
        for row in (HEADERS, ["R1", "x", 3]):
            sheet.append(row)
    with pytest.raises(ImportFileError, match="more than 10 cells"):
        read(saved(book), "x.xlsx")


def test_empty_cells_of_a_sheet_count_too(few_cells: None) -> None:
    many = b'<row r="1">' + b'<c r="A1"/>' * 21 + b"</row>"
    data = workbook(HEADERS)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    padded = sheet.replace(b"<sheetData>", b"<sheetData>" + many)
    with pytest.raises(ImportFileError, match="more than 10 cells"):
        read(rezipped(data, xl__worksheets__sheet1_xml=padded), "x.xlsx")


def test_a_workbook_that_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MAX_SECONDS", -1)
    monkeypatch.setattr(xlsx, "CHECK_EVERY", 1)
    with pytest.raises(ImportFileError, match="takes too long"):
        read(workbook(HEADERS, ["R1", "x", 3]), "x.xlsx")


def test_more_shared_texts_than_allowed_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MAX_TEXTS", 10)
    texts = rezipped(workbook(HEADERS), xl__sharedStrings_xml=b"a" * 11)
    with pytest.raises(ImportFileError, match="The texts of the workbook"):
        read(texts, "x.xlsx")


@pytest.mark.parametrize(
    "doctype", [b'<!DOCTYPE x [<!ENTITY a "b">]>', b'<!DOCTYPE x SYSTEM "file:///etc/passwd">']
)
@pytest.mark.parametrize("part", ["xl__workbook_xml", "xl__worksheets__sheet1_xml"])
def test_xml_with_a_document_type_is_refused(part: str, doctype: bytes) -> None:
    data = workbook(HEADERS, ["R1", "x", 3])
    name = part.replace("__", "/").replace("_xml", ".xml")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        xml = archive.read(name)
    with pytest.raises(ImportFileError, match="damaged"):
        read(
            rezipped(
                data,
                **{part: doctype + xml[xml.index(b"?>") + 2 :] if b"?>" in xml else doctype + xml},
            ),
            "x.xlsx",
        )


@pytest.mark.parametrize("end", [100, 2_000, -30])
def test_a_truncated_workbook_is_refused(end: int) -> None:
    with pytest.raises(ImportFileError, match="damaged"):
        read(workbook(HEADERS, ["R1", "x", 3])[:end], "x.xlsx")


def test_a_zip_archive_that_is_not_a_workbook_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("content.xml", "<office/>")
    with pytest.raises(ImportFileError, match="not an XLSX workbook"):
        read(file.getvalue(), "x.ods")
