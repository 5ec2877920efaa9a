"""Tables: which row is the header, which columns there are, and files that are not tables."""

import io

import pytest

from risks.registers.options import ReadingOptions
from risks.registers.reading import sheet
from risks.registers.results import ImportFileError
from risks.registers.table import MAX_CELL, read_table
from tests.risks.registers.files import read


def test_lines_above_the_header_are_skipped_and_noted() -> None:
    table = read("Risk register 2026,,\nOwner:,Security,\n,,\nRisk ID,Title,Impact\nR1,x,3\n")
    assert table.headers == ["Risk ID", "Title", "Impact"]
    assert "The header is row 4; the rows above it were not read." in table.notes


def test_a_repeated_header_is_skipped() -> None:
    table = read("Risk ID,Title\nR1,x\nRisk ID,Title\nR2,y\n")
    assert [number for number, _ in table.rows] == [2, 4]


def test_headers_that_only_the_caller_knows_are_found() -> None:
    options = ReadingOptions(mapping={"foo": "title"})
    table = read_table(b"a,b\nc,d\nFoo,Bar\n1,2\n", "x.csv", options)
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
    table = read(f"Risk ID,Title\nR1,{'x' * (MAX_CELL + 1)}\n")
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
        ("1,2\n3,4\n", "not a header row", 1),
        ('Risk ID,Title\nR1,x\nR2,"never closed\nR3,x\n', "opened in row 3 .* never closed", 3),
        ('Risk ID,Title\nR1,"a" b\n', "goes on after its closing quote", 2),
        (",".join(f"c{n}" for n in range(201)) + "\n", "more than 200 columns", None),
        ("<html><table></table></html>", "HTML", None),
        ("%PDF-1.7", "PDF", None),
        ('{"risks": []}', "JSON", None),
    ],
)
def test_a_text_that_is_not_a_table_is_refused(text: str, message: str, row: int | None) -> None:
    with pytest.raises(ImportFileError, match=message) as refused:
        read(text)
    assert refused.value.row == row


@pytest.mark.parametrize(
    ("data", "filename", "message"),
    [
        (b"Title\nab\0c\n", "x.csv", "cannot be read as text"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "x.csv", "cannot be read as text"),
        (b"Title\n\x81\x8d\n", "x.csv", "unclear in which encoding"),
        (b"\xff\xfeT", "x.csv", "cannot be read as text"),
        (b"Risk ID,Title\nR1,x\n", "x.xlsx", "not an XLSX workbook"),
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
        requested = 0

        def read(self, size: int | None = -1) -> bytes:
            self.requested = size or -1
            return b"x" * self.requested

    upload = Upload()
    with pytest.raises(ImportFileError, match="larger than 20 MB"):
        read_table(upload, "x.csv")
    assert upload.requested == sheet.MAX_BYTES + 1
