"""Parses reports: streams JSON and XML, and converts values of any kind."""

import re
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import IO, Any
from xml.etree.ElementTree import Element, ParseError

import ijson
from dateutil import parser as dates
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from marketplace.connectors.base import UnreadableReport
from marketplace.connectors.format_hints import add_format_hint, is_web_page

SEVERITIES = ("info", "low", "medium", "high", "critical")
_SEVERITY_SYNONYMS = {
    "none": "info",
    "informational": "info",
    "information": "info",
    "negligible": "low",
    "minor": "low",
    "moderate": "medium",
    "major": "high",
    "important": "high",
    "severe": "critical",
}
_OPENING, _CLOSING = ("start_map", "start_array"), ("end_map", "end_array")
_NO_JSON = "Not valid JSON. Make the report again, as JSON in UTF-8."
_EMPTY = "The file is empty. Make the report again."
_TOO_DEEP = "The report is nested too deeply. Make it again."
_DEEPEST = 200  # levels of nesting; real reports have fewer
_DIGITS = b"0123456789"
_BEFORE_DECLARATION = re.compile(rb"(?:\s|<!--(?:(?!-->).)*-->)*", re.DOTALL)
_BEFORE_TEXT = b"\xef\xbb\xbf\xff\xfe \t\r\n\0"  # byte order marks and white space
_MOST_DIGITS = sys.int_info.default_max_str_digits  # of an integer that Python parses
# Bytes that are parsed at once: fewer than digits of a number (see `_JsonText`), and so few that
# the paths of that many brackets, each one longer than the last, do not need much memory.
_CHUNK = 4096
# Also as a part of a name, such as CVE-2021-44228-log4j-core or cve_2021_44228.
_CVE = re.compile(r"(?<![A-Za-z0-9])CVE[-_](\d{4})[-_](\d{1,19})(?!\d)", re.I)
# Two days without a common part: a text that gives two times with these defaults lacks a part.
_DAYS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2004, 2, 2, tzinfo=UTC))


# --- JSON -----------------------------------------------------------------------------------------
@contextmanager
def translate_json_errors() -> Iterator[None]:
    try:
        yield
    except (ijson.JSONError, ValueError, ArithmeticError, RecursionError) as error:
        if "premature EOF" in str(error):
            message = "The report ends in the middle. Make it or fetch it again."
        else:
            message = _NO_JSON
        raise UnreadableReport(message) from None


def seek_json_start(file: IO[bytes]) -> None:
    """Go to the start of the text, past a byte order mark."""
    file.seek(0)
    start = file.read(1024)
    bare = start.removeprefix(b"\xef\xbb\xbf")
    if not bare.strip():
        raise UnreadableReport(_EMPTY)
    if start[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in start[:2]:
        raise UnreadableReport("The file is in UTF-16. Save it as UTF-8.")
    if bare.lstrip()[:1] not in (b"{", b"["):
        raise UnreadableReport(add_format_hint(_NO_JSON, file))
    file.seek(len(start) - len(bare))


class _JsonText:
    """A file for ijson that refuses very long integers: on those, ijson ends the process."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.digits = 0  # at the end of the last chunk

    def read(self, size: int) -> bytes:
        chunk = self.file.read(size)
        rest = chunk.lstrip(_DIGITS)
        digits = self.digits + len(chunk) - len(rest)
        if digits > _MOST_DIGITS:
            raise UnreadableReport(f"A number has more than {_MOST_DIGITS} digits. {_NO_JSON}")
        self.digits = len(rest) - len(rest.rstrip(_DIGITS)) if rest else digits
        return chunk


def parse_json_events(file: IO[bytes]) -> Iterator[tuple[str, str, Any]]:
    depth = 0
    for prefix, event, value in ijson.parse(_JsonText(file), buf_size=_CHUNK):
        if event in _OPENING:
            depth += 1
            if depth > _DEEPEST:
                raise UnreadableReport(_TOO_DEEP)
        elif event in _CLOSING:
            depth -= 1
        yield prefix, event, value


def stream_json(
    file: IO[bytes], paths: Collection[str], boundary: str = "", starts: Collection[str] = ()
) -> Iterator[tuple[int, str, Any]]:
    """Yield each value at one of the `paths`, with the number of `boundary` objects so far.

    Paths are those of ijson, e.g. `runs.item.results.item`. For a list or object at one of the
    paths `starts`, only its start is yielded, with the value None. Raises UnreadableReport.
    """
    seek_json_start(file)
    count, depth, builder = 0, 0, None
    path = ""
    with translate_json_errors():
        for prefix, event, value in parse_json_events(file):
            if builder is None:
                if prefix == boundary and event == "start_map":
                    count += 1
                if event in _OPENING and prefix in starts:
                    yield count, prefix, None
                if prefix not in paths or event in _CLOSING or event == "map_key":
                    continue
                if event not in _OPENING:
                    yield count, prefix, value
                    continue
                builder, path, depth = ijson.ObjectBuilder(), prefix, 0
            builder.event(event, value)
            depth += (event in _OPENING) - (event in _CLOSING)
            if depth == 0:
                yield count, path, builder.value
                builder = None


# --- XML ------------------------------------------------------------------------------------------
def stream_xml(
    file: IO[bytes], roots: Collection[str], paths: Collection[str], advice: str
) -> Iterator[tuple[list[Element], Element]]:
    """Yield each complete element at one of the `paths`, with its ancestors.

    A path is `parent/name`, without namespaces. Elements are removed from the tree afterwards, and
    at once if they are neither at one of the paths nor below. Raises UnreadableReport, with
    `advice` if the root element is not one of `roots`.
    """
    seek_xml_start(file)
    ancestors: list[Element] = []
    open_matches = 0  # open elements at one of the paths
    try:
        for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
            if event == "start":
                element.tag = local_name(element.tag)
                if not ancestors and element.tag not in roots:
                    raise UnreadableReport(add_format_hint(advice, file))
                open_matches += _path(ancestors, element) in paths
                ancestors.append(element)
                if len(ancestors) > _DEEPEST:
                    raise UnreadableReport(_TOO_DEEP)
                continue
            ancestors.pop()
            if is_match := _path(ancestors, element) in paths:
                open_matches -= 1
                yield ancestors, element
            if ancestors and (is_match or not open_matches):
                ancestors[-1].remove(element)
    except DefusedXmlException:
        raise UnreadableReport(describe_document_type(file, advice)) from None
    except ParseError as error:
        raise UnreadableReport(
            describe_parse_error(error, file, advice if not ancestors else "")
        ) from None
    except (UnicodeDecodeError, LookupError, ValueError):
        raise UnreadableReport("The XML's encoding cannot be read. Save it as UTF-8.") from None


def seek_xml_start(file: IO[bytes]) -> None:
    """Go to the declaration, past empty lines and comments that may not stand before it."""
    file.seek(0)
    before, declaration, _ = file.read(1024).partition(b"<?xml")
    is_misplaced = declaration and _BEFORE_DECLARATION.fullmatch(before)
    file.seek(len(before) if is_misplaced else 0)


def starts_like_xml(file: IO[bytes]) -> bool:
    """Whether the first character is that of XML, or missing: to tell formats of a tool apart."""
    file.seek(0)
    return file.read(1024).lstrip(_BEFORE_TEXT)[:1] in (b"<", b"")


def _path(ancestors: list[Element], element: Element) -> str:
    return f"{ancestors[-1].tag}/{element.tag}" if ancestors else ""


def describe_document_type(file: IO[bytes], advice: str) -> str:
    """The message for a file that declares a document type: a web page does, a report does not."""
    if is_web_page(file):
        return add_format_hint(advice, file)
    return "The XML declares a document type or entities, which reports do not need. Remove them."


def describe_parse_error(error: ParseError, file: IO[bytes], advice: str) -> str:
    file.seek(0)
    start = file.read(1024)
    if not start.strip():
        return _EMPTY
    if advice and start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return add_format_hint(advice, file)
    return f"The XML cannot be read from line {error.position[0]} on. Make the report again."


def local_name(tag: Any) -> str:
    return str(tag).rpartition("}")[2]


def xml_text(element: Element, *path: str) -> str:
    """The text at `path` below the element, or ""."""
    current: Element | None = element
    for name in path:
        current = next((child for child in current if child.tag == name), None)  # type: ignore[union-attr]
        if current is None:
            return ""
    return (current.text or "").strip() if current is not None else ""


# --- Values ---------------------------------------------------------------------------------------
def to_text(value: Any) -> str:
    """The value as text; "" for None and for anything but a plain value."""
    if isinstance(value, str):
        return value
    return "" if value is None or isinstance(value, dict | list | bool) else str(value)


def as_list(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def as_dict(value: Any) -> dict[str, Any]:
    """The value if it is a dict, else an empty one."""
    return value if isinstance(value, dict) else {}


def to_number(value: Any, highest: int) -> Decimal | None:
    """The value as a number from 0 to `highest`; None for anything else."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        result = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return result if result.is_finite() and 0 <= result <= highest else None


def parse_time(value: Any) -> datetime | None:
    """Parse a time in nearly any format; without a zone it is UTC.

    None if a part of the date is missing, or if the zone is a name without an offset.
    """

    def zone_of(name: str | None, offset: int | None) -> timezone:
        if name and offset is None:
            raise ValueError(name)
        return timezone(timedelta(seconds=offset or 0))

    try:
        time, other = (dates.parse(to_text(value), default=day, tzinfos=zone_of) for day in _DAYS)
        return time.astimezone(UTC) if time == other else None
    except (ValueError, ArithmeticError):  # minutes of 28 digits are too many for decimal's `%`
        return None


def parse_severity(word: Any) -> str:
    """The severity for a scanner's word, or "" for an unknown one."""
    lowered = to_text(word).strip().lower()
    return lowered if lowered in SEVERITIES else _SEVERITY_SYNONYMS.get(lowered, "")


def describe_unknown_severity(word: Any) -> str:
    """A sentence on a severity that `parse_severity` does not know, or an empty string."""
    text = to_text(word).strip()
    return f"{text} in the report" if text and not parse_severity(text) else ""


def severity_from_score(score: Decimal) -> str:
    """The severity by the qualitative scale of CVSS."""
    bounds = ((Decimal(9), "critical"), (Decimal(7), "high"), (Decimal(4), "medium"))
    named = next((name for lowest, name in bounds if score >= lowest), "low")
    return named if score > 0 else "info"


def join_paragraphs(*parts: tuple[str, Any]) -> str:
    """Join the parts that have a text to paragraphs "Title: text"; a title may be ""."""
    texts = [(title, to_text(value).strip()) for title, value in parts]
    return "\n\n".join(f"{title}: {value}" if title else value for title, value in texts if value)


def choose_rule(cves: list[str], other: str) -> str:
    """The CVE if there is exactly one, so that feeds find the finding; else `other`."""
    known = sorted({cve.strip().upper() for cve in cves if cve.strip().upper().startswith("CVE-")})
    return known[0] if len(known) == 1 else other


def find_cves(*texts: str) -> tuple[str, ...]:
    """The CVEs that the texts name, each once."""
    names = {f"CVE-{year}-{number}" for text in texts for year, number in _CVE.findall(text)}
    return tuple(sorted(names))
