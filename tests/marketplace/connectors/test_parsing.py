"""How reports are read: whatever a file is, a clear error or its pieces, and little memory."""

import io
import re
import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from marketplace.connectors.base import UnreadableReport
from marketplace.connectors.format_hints import _PATTERNS
from marketplace.connectors.parsing import parse_time, stream_json, stream_xml
from marketplace.registry import available_connectors


def pieces(content: bytes, *wanted: str, **more):
    return list(stream_json(io.BytesIO(content), wanted, **more))


def elements(content: bytes, *wanted: str):
    found = stream_xml(io.BytesIO(content), ("root",), wanted, "Not a report of ours.")
    return [(around[-1].tag, element.tag) for around, element in found]


# --- JSON -----------------------------------------------------------------------------------------
def test_pieces_are_told_with_their_place_and_how_often_the_boundary_had_begun():
    content = b'{"runs": [{"a": 1, "b": [2]}, {"b": {"c": null}}]}'
    found = pieces(content, "runs.item.a", "runs.item.b", boundary="runs.item")
    assert found == [
        (1, "runs.item.a", 1),
        (1, "runs.item.b", [2]),
        (2, "runs.item.b", {"c": None}),
    ]


def test_of_a_list_its_beginning_alone_can_be_told():
    content = b'{"runs": [{"b": [1]}, {"b": null}, {"b": []}]}'
    found = pieces(content, boundary="runs.item", starts=("runs.item.b",))
    assert found == [(1, "runs.item.b", None), (3, "runs.item.b", None)]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "The file is empty"),
        (b"\xef\xbb\xbf \n", "The file is empty"),
        (b' {"a": ', "ends in the middle"),
        (b'{"a": 1} and more', "valid JSON"),
        (b'{"a": NaN}', "valid JSON"),
        (b'{"a": "\xff"}', "valid JSON"),
        (b'{"a": 1e99999999999999999999}', "valid JSON"),
        (b"<root/>", "valid JSON"),
        ('{"a": 1}'.encode("utf-16"), "The file is in UTF-16"),
        ('{"a": 1}'.encode("utf-16-le"), "The file is in UTF-16"),
        (b'{"a": ' + b"[" * 300 + b"]" * 300 + b"}", "nested too deeply"),
        (b'{"b": ' + b"[" * 1_000_000, "nested too deeply"),
    ],
)
def test_json_that_cannot_be_read_is_refused_in_words(content, told):
    with pytest.raises(UnreadableReport, match=told):
        pieces(content, "a")


@pytest.mark.parametrize("before", [0, 1, 4089, 4090, 4095, 5000])
def test_a_number_that_would_end_the_process_is_refused_wherever_it_stands(before):
    content = b'{"a":' + b" " * before + b"%s}"
    assert pieces(content % (b"9" * 4300), "a")[0][2] == int("9" * 4300)
    with pytest.raises(UnreadableReport, match="more than 4300 digits"):
        pieces(content % (b"9" * 4301), "a")


def test_a_byte_order_mark_and_empty_lines_before_json_do_no_harm():
    assert pieces(b"\xef\xbb\xbf" + b"\n" * 100 + b'{"a": 1}', "a") == [(1, "a", 1)]


# --- XML ------------------------------------------------------------------------------------------
def test_elements_are_told_with_what_is_around_them_whatever_their_namespace():
    content = b'<root xmlns="urn:x"><list><one/><two/></list><one/></root>'
    assert elements(content, "list/one", "root/list") == [("list", "one"), ("root", "list")]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b" \n", "The file is empty"),
        (b"<root><list>", "from line 1 on"),
        (b"<other/>", "Not a report of ours"),
        (b'\xef\xbb\xbf{"runs": []}', "Not a report of ours.* the connector SARIF 2.1.0"),
        (b"<root>" * 300, "nested too deeply"),
        (b'<?xml version="1.0" encoding="none"?><root/>', "cannot be read"),
        (b'<!DOCTYPE root SYSTEM "file:///etc/passwd"><root/>', "document type"),
        (
            b'<!DOCTYPE root [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><root>&b;</root>',
            "document type",
        ),
    ],
)
def test_xml_that_cannot_be_read_is_refused_in_words(content, told):
    with pytest.raises(UnreadableReport, match=told):
        elements(content, "root/list")


@pytest.mark.parametrize("before", ["", "\n \n", "<!-- a\n licence -->\n\n<!-- more -->\n"])
def test_what_may_not_stand_before_the_declaration_does_no_harm(before):
    content = f'{before}<?xml version="1.0"?><root><list/></root>'
    assert elements(content.encode(), "root/list") == [("root", "list")]


def test_xml_in_utf_16_is_read():
    assert elements("<root><list/></root>".encode("utf-16"), "root/list") == [("root", "list")]


@pytest.mark.parametrize("name", [b"wanted", b"other"])
def test_what_was_read_is_not_kept(name):
    content = (
        b"<root><list>" + b"<%s>%s</%s>" % (name, b"x" * 1000, name) * 5000 + b"</list></root>"
    )
    tracemalloc.start()
    try:
        for _ in stream_xml(io.BytesIO(content), ("root",), ("list/wanted",), ""):
            pass
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 1_500_000 < len(content)


# --- Values ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("said", "hour"),
    [
        ("2026-03-02T08:00:00Z", 8),
        ("2026-03-02T08:00:00+02:00", 6),
        ("2026-03-02 08:00:00", 8),
        ("Mon Mar  2 08:00:00 2026", 8),
    ],
)
def test_times_are_read_in_many_forms_and_made_utc(said, hour):
    assert parse_time(said) == datetime(2026, 3, 2, hour, tzinfo=UTC)


@pytest.mark.parametrize("said", ["", None, 8, "10:00", "March 2026", "2026-03-02T08:00 EST", "x"])
def test_a_time_that_is_not_certain_is_none(said):
    assert parse_time(said) is None


@given(st.one_of(st.text(), st.integers(), st.from_regex(r"[0-9:. TZ+eEmM/-]{1,40}")))
@example("1" + 28 * "0" + "M")
def test_a_time_never_raises(said):
    found = parse_time(said)
    assert found is None or found.tzinfo is UTC


# --- Files that are not data ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"<!DOCTYPE html><html><body>Report</body></html>", "It is a web page: export"),
        (b"%PDF-1.7 ...", "It is a PDF: export"),
        (b"PK\x03\x04...", "It is a packed file: unpack it first"),
        (b'[{"check_type": "dockerfile"}]', "a report of Checkov: use its option --output sarif"),
    ],
)
@pytest.mark.parametrize("slug", ["nessus", "openvas", "zap", "grype"])
def test_what_else_a_file_is_or_could_be_exported_as_is_said(slug, content, hint):
    with pytest.raises(UnreadableReport, match=re.escape(hint)):
        list(available_connectors()[slug].read_report(io.BytesIO(content), {}))


# --- Whose report it is ---------------------------------------------------------------------------
def test_reports_are_attributed_to_connectors_that_there_are():
    assert _PATTERNS.keys() <= {connector.name for connector in available_connectors().values()}
