import io

import pytest
from django.core.exceptions import ValidationError

from risks.files.media_types import ACTIVE, describe_media_type, find_media_type
from tests.risks.files import content as files

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PROGRAM = "application/vnd.microsoft.portable-executable"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)


def media_type(content, name="file"):
    return find_media_type(io.BytesIO(content), len(content), name)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (files.PDF, "application/pdf"),
        (files.PNG, "image/png"),
        (files.JPEG, "image/jpeg"),
        (files.GIF, "image/gif"),
        (files.PROGRAM, PROGRAM),
        (b"\x7fELF\x02\x01\x01" + bytes(60), "application/x-executable"),
        (b"#!/bin/sh\nrm -rf /\n", "text/x-script"),
        (files.HTML, "text/html"),
        (b"<div>Hello</div>", "text/html"),
        (b"Dear all, <script>alert(1)</script>", "text/html"),
        (files.SVG, "image/svg+xml"),
        (b"<?xml version='1.0'?><a><b/></a>", "application/xml"),
        (b'{"a": [1, 2]}', "application/json"),
        (b"{not JSON}", "text/plain"),
        (b"name,owner\nERP,Ada\n", "text/csv"),
        (b"\xef\xbb\xbfName;Wert\nA;1\n", "text/csv"),
        ("Größe;Zahl\nä;1\n".encode("latin-1"), "text/csv"),
        ("name,owner\nERP,Ada\n".encode("utf-16"), "text/csv"),
        (b"Hello, world", "text/plain"),
        (b"1 < 2 and a <b> c", "text/plain"),
        (b"From: a@example.org\nTo: b@example.org\n\nHello", "message/rfc822"),
        (b"{\\rtf1\\ansi Hello}", "application/rtf"),
        (b"\x1b[31mred\x1b[0m\n", "text/plain"),
        (bytes(range(256)) * 4, "application/octet-stream"),
        (files.archive(readme_txt="Hello"), "application/zip"),
        (files.archive(word__document_xml="<x/>"), WORD),
        (files.archive(xl__workbook_xml="<x/>"), EXCEL),
        (
            files.archive(mimetype="application/vnd.oasis.opendocument.text", content_xml="<x/>"),
            "application/vnd.oasis.opendocument.text",
        ),
    ],
)
def test_the_content_decides(content, expected):
    assert media_type(content) == expected


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (files.PDF, "picture.png", "application/pdf"),
        (files.HTML, "notes.txt", "text/html"),
        (files.PROGRAM, "report.pdf", PROGRAM),
        (files.SVG, "logo.png", "image/svg+xml"),
        (files.PNG, "page.html", "image/png"),
        (b"echo Hello", "start.bat", "text/x-script"),
        (OLE, "minutes.doc", "application/msword"),
        (OLE, "minutes.xls", "application/vnd.ms-excel"),
        (OLE, "minutes.png", "application/x-ole-storage"),
        (b"one line", "table.csv", "text/csv"),
        (b"MZ is how this text begins", "note.txt", "text/plain"),
    ],
)
def test_a_name_that_lies_changes_nothing(content, name, expected):
    assert media_type(content, name) == expected


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (files.bomb(3 * 1024**3), "would unpack to 3 GB"),
        (files.archive(a_txt="x")[:-30], "its end is missing"),
        (b"PK\x03\x04" + b"\0" * 100, "its end is missing"),
        (files.archive(a_txt="x").replace(b"PK\x01\x02", b"XX\x01\x02"), "cannot be read"),
        (files.PNG + files.archive(a_txt="x"), "two in one: PNG image and an archive"),
        (files.PDF + files.archive(a_txt="x"), "two in one: PDF and an archive"),
        (files.GIF + files.PDF, "two in one: GIF image and a PDF document"),
        (files.JPEG + files.HTML, "two in one: JPEG image and a web page"),
    ],
)
def test_what_could_harm_is_refused_with_a_sentence(content, reason):
    with pytest.raises(ValidationError) as refusal:
        media_type(content)
    assert reason in refusal.value.messages[0]


def test_a_directory_of_millions_is_not_read():
    content = bytearray(files.archive(a_txt="x"))
    end = content.rfind(b"PK\x05\x06")
    content[end + 12 : end + 16] = (100 * 1024**2).to_bytes(4, "little")
    with pytest.raises(ValidationError, match="too many files"):
        media_type(bytes(content))


def test_text_that_ends_in_bytes_is_no_text():
    assert media_type(b"Hello\n" * 200_000 + bytes(100)) == "application/octet-stream"


def test_the_file_is_left_at_its_beginning():
    file = io.BytesIO(files.PDF)
    find_media_type(file, len(files.PDF), "a.pdf")
    assert file.tell() == 0


@pytest.mark.parametrize(
    ("media_type", "label"),
    [
        ("application/pdf", "PDF"),
        (WORD, "Word"),
        ("image/png", "PNG image"),
        (PROGRAM, "Program"),
        ("text/x-script", "Script"),
        ("application/octet-stream", "Unknown type"),
        ("application/zip", "ZIP file"),
        ("text/plain", "Text"),
    ],
)
def test_types_have_words(media_type, label):
    assert describe_media_type(media_type) == label


def test_what_browsers_run_is_known_to_be_active():
    assert {"text/html", "image/svg+xml", PROGRAM, "text/x-script"} <= ACTIVE
