"""CSV: encodings, delimiters, rows, and files that cannot be read."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risks.registers.reading import csv as csv_file
from risks.registers.reading import sheet
from risks.registers.reading.text import neutralize_formula
from risks.registers.results import ImportFileError
from risks.text import clean_text
from tests.risks.registers.files import HEADERS, cells, read


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


def test_reading_as_windows_1252_is_noted() -> None:
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
    sheet = csv_file.read_csv(file.getvalue().encode(), header_score=len)
    assert [row for _, row in sheet.rows[1:]] == [row for row in rows if any(row)]


def test_cells_that_look_like_formulas_are_text() -> None:
    table = read("Risk ID,Title\nR1,=1+1\nR2,'=1+1\nR3,'quoted'\n")
    assert [row[1] for row in cells(table)] == ["=1+1", "=1+1", "'quoted'"]


def test_blank_space_around_cells_goes() -> None:
    table = read("Risk  ID , Title\n\u00a0R1 , \u200b x\u00a0y \n")
    assert table.rows[0][1] == {"Risk ID": "R1", "Title": "x\u00a0y"}


def test_a_cell_beyond_the_limit_of_the_csv_module_is_an_error_too() -> None:
    table = read(f"Risk ID,Title\nR1,{'x' * 200_000}\nR2,Fire\n")
    assert [(error.row, error.column) for error in table.errors] == [(2, "Title")]


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(ImportFileError, match="more than 100,000 rows"):
        read("Title\n" + "x\n" * (sheet.MAX_ROWS + 1))


@pytest.fixture
def few_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if ten cells were the limit."""
    for module in (sheet, csv_file):
        monkeypatch.setattr(module, "MAX_CELLS", 10)


def test_more_cells_of_csv_than_allowed_are_refused(few_cells: None) -> None:
    with pytest.raises(ImportFileError, match="more than 10 cells"):
        read("Risk ID,Title,Level\n" + "R,x,1\n" * 3)


@pytest.mark.parametrize("line", ["," * 19_000_000, "Title\n" + ";" * 20_000])
def test_a_line_of_endless_cells_is_refused(line: str) -> None:
    with pytest.raises(ImportFileError, match="more than 10,000 cells"):
        read(line)
