"""From files to tables: encodings, delimiters, headers, and files that cannot be read."""

import csv
import io
import zipfile
from collections.abc import Callable, Iterable
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from risks.registers import table as reader
from risks.registers.reading import csv as csv_file
from risks.registers.reading import sheet as grid
from risks.registers.reading import xlsx
from risks.registers.reading.text import clean_text, neutralize_formula
from risks.registers.results import ImportFileError
from risks.registers.table import Table, read_table


def read(text: str | bytes, filename: str = "register.csv") -> Table:
    return read_table(text if isinstance(text, bytes) else text.encode(), filename)


def cells(table: Table) -> list[list[str]]:
    return [list(row.values()) for _, row in table.rows]


def workbook(*rows: Iterable[object], edit: Callable[[Worksheet], None] | None = None) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(list(row))
    if edit:
        edit(sheet)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def rezipped(data: bytes, **parts: bytes) -> bytes:
    """`data` with some parts replaced or added; `__` in a name stands for the slash."""
    file = io.BytesIO()
    changed = {name.replace("__", "/").replace("_xml", ".xml"): v for name, v in parts.items()}
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", 8) as new:
        for name in old.namelist():
            if name not in changed:
                new.writestr(name, old.read(name))
        for name, content in changed.items():
            new.writestr(name, content)
    return file.getvalue()


HEADERS = ("Risk ID", "Title", "Likelihood")


# --- CSV


def test_rows_are_numbered_as_in_a_spreadsheet() -> None:
    table = read('Risk ID,Title\nR1,"two\nlines"\n\nR2,x\n')
    assert [number for number, _ in table.rows] == [2, 4]
    assert table.rows[0][1] == {"Risk ID": "R1", "Title": "two\nlines"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    line = f"Risk ID{delimiter}Title{delimiter}Impact\nR1{delimiter}a, b; c{delimiter}3\n"
    table = read(line.replace("a, b; c", '"a, b; c"'))
    assert cells(table) == [["R1", "a, b; c", "3"]]


def test_excel_may_name_the_delimiter() -> None:
    assert cells(read("sep=^\nRisk ID^Title\nR1^a,b\n")) == [["R1", "a,b"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_the_encoding_is_found(encoding: str) -> None:
    table = read("Risk ID,Titre\nR1,Fuite de données\n".encode(encoding))
    assert table.headers == ["Risk ID", "Titre"]
    assert cells(table) == [["R1", "Fuite de données"]]


def test_a_file_of_two_encodings_is_refused_with_its_lines() -> None:
    mixed = "Title\nCafé\n".encode("cp1252") + "Überflutung\n".encode()
    with pytest.raises(ImportFileError, match="Line 3 is written in UTF-8 and line 2 is not"):
        read(mixed)


def test_windows_1252_is_said() -> None:
    assert any("Windows-1252" in note for note in read("Title\ncafé\n".encode("cp1252")).notes)


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
            min_size=3,
            max_size=3,
        )
    )
)
def test_written_text_reads_back(rows: list[list[str]]) -> None:
    rows = [[clean_text(cell) for cell in row] for row in rows]
    file = io.StringIO(newline="")
    csv.writer(file).writerows(
        [HEADERS, *([neutralize_formula(cell) for cell in row] for row in rows)]
    )
    table = read(file.getvalue())
    assert cells(table) == [row for row in rows if any(row) and row != list(HEADERS)]


def test_cells_that_look_like_formulas_are_text() -> None:
    table = read("Risk ID,Title\nR1,=1+1\nR2,'=1+1\nR3,'quoted'\n")
    assert [row[1] for row in cells(table)] == ["=1+1", "=1+1", "'quoted'"]


def test_blank_space_around_cells_goes() -> None:
    table = read("Risk  ID , Title\n\u00a0R1 , \u200b x\u00a0y \n")
    assert table.rows[0][1] == {"Risk ID": "R1", "Title": "x\u00a0y"}


def test_lines_above_the_header_are_left_out_and_said() -> None:
    table = read("Risk register 2026,,\nOwner:,Security,\n,,\nRisk ID,Title,Impact\nR1,x,3\n")
    assert table.headers == ["Risk ID", "Title", "Impact"]
    assert "The header is row 4; what stands above it was not read." in table.notes


def test_a_repeated_header_is_skipped() -> None:
    table = read("Risk ID,Title\nR1,x\nRisk ID,Title\nR2,y\n")
    assert [number for number, _ in table.rows] == [2, 4]


def test_headers_that_only_the_caller_knows_are_found() -> None:
    table = read_table(b"a,b\nc,d\nFoo,Bar\n1,2\n", "x.csv", expected=["foo"])
    assert table.headers == ["Foo", "Bar"]


def test_a_short_row_is_filled_up() -> None:
    table = read("Risk ID,Title,Impact\nR1,x\n")
    assert table.rows[0][1] == {"Risk ID": "R1", "Title": "x", "Impact": ""}
    assert table.errors == []


def test_a_long_row_is_an_error_with_its_row_and_column() -> None:
    table = read("Risk ID,Title\nR1,x\nR2,a,b\nR3,x,\n")
    assert [(error.row, error.column, error.value) for error in table.errors] == [
        (3, "Column C", "b")
    ]


def test_a_column_without_a_header_gets_its_letter() -> None:
    table = read("Risk ID,Title,,\nR1,x,note,\n")
    assert table.headers == ["Risk ID", "Title", "Column C"]
    assert "Column C has no header." in table.notes


def test_a_cell_that_is_too_long_is_an_error() -> None:
    table = read(f"Risk ID,Title\nR1,{'x' * (reader.MAX_CELL + 1)}\n")
    assert [(error.row, error.column) for error in table.errors] == [(2, "Title")]


def test_a_cell_beyond_the_limit_of_python_s_reader_is_an_error_too() -> None:
    table = read(f"Risk ID,Title\nR1,{'x' * 200_000}\nR2,Fire\n")
    assert [(error.row, error.column) for error in table.errors] == [(2, "Title")]


def test_a_file_with_nothing_but_a_header_has_no_rows() -> None:
    table = read("Risk ID,Title\n")
    assert table.rows == []
    assert "There is no row below the header." in table.notes


@pytest.mark.parametrize(
    ("text", "message", "row"),
    [
        ("", "is empty", None),
        (" \n \n", "is empty", None),
        (",,\n,,\n", "is empty", None),
        ("1,2\n3,4\n", "no header row", 1),
        ('Risk ID,Title\nR1,x\nR2,"never closed\nR3,x\n', "opened in row 3 .* never closed", 3),
        ('Risk ID,Title\nR1,"a" b\n', "goes on after its closing quote", 2),
        ("Risk ID,Title,Title\nR1,x,y\n", "Columns B and C are both called 'Title'", 1),
        (f"Risk ID,{'x' * 201}\nR1,x\n", "longer than 200", 1),
        (",".join(f"c{n}" for n in range(201)) + "\n", "more than 200 columns", None),
        ("<html><table></table></html>", "HTML", None),
        ("%PDF-1.7", "PDF", None),
        ('{"risks": []}', "JSON", None),
    ],
)
def test_a_text_that_is_no_table_is_refused(text: str, message: str, row: int | None) -> None:
    with pytest.raises(ImportFileError, match=message) as refused:
        read(text)
    assert refused.value.row == row


@pytest.mark.parametrize(
    ("data", "filename", "message"),
    [
        (b"Title\nab\0c\n", "x.csv", "no text"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "x.csv", "no text"),
        (b"Title\n\x81\x8d\n", "x.csv", "no text"),
        (b"\xff\xfeT", "x.csv", "no text"),
        (b"Risk ID,Title\nR1,x\n", "x.xlsx", "no XLSX workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "x.xls", r"\(\.xls\)"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "x.xlsx",
            "password",
        ),
        (b"PK\x03\x04" + b"x" * 100, "x.xlsx", "damaged"),
    ],
)
def test_another_kind_of_file_is_refused(data: bytes, filename: str, message: str) -> None:
    with pytest.raises(ImportFileError, match=message):
        read(data, filename)


def test_a_large_upload_is_refused_without_reading_it_whole() -> None:
    class Upload(io.BytesIO):
        asked = 0

        def read(self, size: int | None = -1) -> bytes:
            self.asked = size or -1
            return b"x" * self.asked

    upload = Upload()
    with pytest.raises(ImportFileError, match="larger than 20 MB"):
        read_table(upload, "x.csv")
    assert upload.asked == grid.MAX_BYTES + 1


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(ImportFileError, match="more than 100,000 rows"):
        read("Title\n" + "x\n" * (grid.MAX_ROWS + 1))


# --- XLSX


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
    assert "Sheet 'Register' was read, not: Sheet." in table.notes


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
    assert "1 cells below a merged cell were given its text." in table.notes


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


def test_a_cell_at_the_end_of_the_world_is_refused() -> None:
    data = workbook(HEADERS, edit=lambda sheet: sheet.cell(1_048_576, 16_384, "x"))
    with pytest.raises(ImportFileError, match=r"more than 1,000,000 cells"):
        read(data, "x.xlsx")


@pytest.fixture
def few_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if ten cells were the limit."""
    for module in (grid, xlsx, csv_file):
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
    monkeypatch.setattr(xlsx, "LOOK", 1)
    with pytest.raises(ImportFileError, match="takes too long"):
        read(workbook(HEADERS, ["R1", "x", 3]), "x.xlsx")


def test_more_shared_texts_than_allowed_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MAX_TEXTS", 10)
    texts = rezipped(workbook(HEADERS), xl__sharedStrings_xml=b"a" * 11)
    with pytest.raises(ImportFileError, match="The texts of the workbook"):
        read(texts, "x.xlsx")


def test_more_cells_of_csv_than_allowed_are_refused(few_cells: None) -> None:
    with pytest.raises(ImportFileError, match="more than 10 cells"):
        read("Risk ID,Title,Level\n" + "R,x,1\n" * 3)


@pytest.mark.parametrize("line", ["," * 19_000_000, "Title\n" + ";" * 20_000])
def test_a_line_of_endless_cells_is_refused(line: str) -> None:
    with pytest.raises(ImportFileError, match="more than 10,000 cells"):
        read(line)


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


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("content.xml", "<office/>")
    with pytest.raises(ImportFileError, match="no XLSX workbook"):
        read(file.getvalue(), "x.ods")
