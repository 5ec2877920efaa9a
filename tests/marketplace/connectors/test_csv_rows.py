"""Rows of CSV: wherever the header is, however cells are separated and letters are written."""

import io
import tracemalloc

import pytest

from marketplace.connectors.base import UnreadableReport
from marketplace.connectors.csv_rows import LONGEST_LINE, stream_csv

COLUMNS = {"id": ("plugin id", "id"), "name": ("name",), "port": ("port",)}


def rows(content):
    content = content if isinstance(content, bytes) else content.encode()
    return list(stream_csv(io.BytesIO(content), COLUMNS, ("id", "name"), "Not a table of ours."))


@pytest.mark.parametrize(
    "content",
    [
        "Plugin ID,Name\n1,a\n",
        'sep=;\n"id";"x";"Name"\n"1";"x";"a"\n',
        "Report of today\n\nNAME\tplugin_id\r\na\t1\r\n",
        b"\xef\xbb\xbfId|Name\n1|a",
        "id,name\n1,a\n".encode("utf-16"),
    ],
)
def test_a_header_is_found_and_cells_come_by_field(content):
    ((_, row),) = rows(content)
    assert row == {"id": "1", "name": "a", "port": ""}


def test_rows_are_numbered_as_a_spreadsheet_does():
    content = 'id,name\n1,"a\nb"\n\n2,c\n'
    assert [(number, row["name"]) for number, row in rows(content)] == [(2, "a\nb"), (4, "c")]


def test_text_that_is_not_utf_8_is_western():
    assert rows("id,name\n1,Büro\n".encode("cp1252"))[0][1]["name"] == "Büro"


@pytest.mark.parametrize("content", ["", "id,port\n1,2\n", "<root/>", bytes(50)])
def test_a_file_without_the_columns_is_refused(content):
    with pytest.raises(UnreadableReport, match="Not a table of ours"):
        rows(content)


def test_a_row_that_is_cut_off_is_refused_and_empty_cells_may_be_missing():
    with pytest.raises(UnreadableReport, match="ends in the middle of a row"):
        rows("id,name,port\n1,a,80\n2,b")
    assert len(rows("id,name,port\n1,a\n2,b")) == 2


def test_an_endless_line_is_refused():
    with pytest.raises(UnreadableReport, match="too long"):
        rows("id,name\n1," + "x" * LONGEST_LINE)


def test_a_long_table_is_read_in_little_memory():
    file = io.BytesIO(b"id,name\n" + b"1,%s\n" % (b"x" * 1000) * 5000)
    tracemalloc.start()
    try:
        count = sum(1 for _ in stream_csv(file, COLUMNS, ("id", "name"), ""))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 5000
    assert most < 3_000_000
