"""How reports are read: JSON and XML piece by piece, and values of any kind made into ours."""

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
from marketplace.connectors.format_hints import add_format_hint

SEVERITIES = ("info", "low", "medium", "high", "critical")
_WORDS = {
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
_NO_JSON = "This is no JSON that can be read. Make the report again, as JSON in UTF-8."
_EMPTY = "The file is empty. Make the report again."
_TOO_DEEP = "The report is nested too deeply to be one. Make it again."
_DEEPEST = 200  # levels of nesting that anybody's report has
_DIGITS = b"0123456789"
_MOST_DIGITS = sys.int_info.default_max_str_digits  # what Python makes an integer of
# Bytes that are parsed at once. Fewer than digits of a number, see `_Text`; and few enough that
# the places of so many brackets, each one longer than the last, need not much memory.
_CHUNK = 4096
# Two days that have nothing in common: a time that is another one by each lacks a part of its date.
_DAYS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2004, 2, 2, tzinfo=UTC))


# --- JSON -----------------------------------------------------------------------------------------
@contextmanager
def json_errors() -> Iterator[None]:
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


class _Text:
    """A file for ijson, which ends the process over an integer that Python refuses as too long."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.digits = 0  # that the last chunk ended with

    def read(self, size: int) -> bytes:
        chunk = self.file.read(size)
        rest = chunk.lstrip(_DIGITS)
        digits = self.digits + len(chunk) - len(rest)
        if digits > _MOST_DIGITS:
            raise UnreadableReport(f"A number has more than {_MOST_DIGITS} digits. {_NO_JSON}")
        self.digits = len(rest) - len(rest.rstrip(_DIGITS)) if rest else digits
        return chunk


def _events(file: IO[bytes]) -> Iterator[tuple[str, str, Any]]:
    depth = 0
    for found in ijson.parse(_Text(file), buf_size=_CHUNK):
        if found[1] in _OPENING:
            depth += 1
            if depth > _DEEPEST:
                raise UnreadableReport(_TOO_DEEP)
        elif found[1] in _CLOSING:
            depth -= 1
        yield found


def stream_json(
    file: IO[bytes], wanted: Collection[str], boundary: str = "", begun: Collection[str] = ()
) -> Iterator[tuple[int, str, Any]]:
    """Each value at one of the `wanted` places: how often `boundary` had begun, place and value.

    Places are those of ijson, e.g. `runs.item.results.item`. Of a list or object at one of the
    places `begun` only that it begins is told, with None for a value. Raises UnreadableReport.
    """
    seek_json_start(file)
    seen, depth, builder = 0, 0, None
    place = ""
    with json_errors():
        for prefix, event, value in _events(file):
            if builder is None:
                if prefix == boundary and event == "start_map":
                    seen += 1
                if event in _OPENING and prefix in begun:
                    yield seen, prefix, None
                if prefix not in wanted or event in _CLOSING or event == "map_key":
                    continue
                if event not in _OPENING:
                    yield seen, prefix, value
                    continue
                builder, place, depth = ijson.ObjectBuilder(), prefix, 0
            builder.event(event, value)
            depth += (event in _OPENING) - (event in _CLOSING)
            if depth == 0:
                yield seen, place, builder.value
                builder = None


# --- XML ------------------------------------------------------------------------------------------
def stream_xml(
    file: IO[bytes], roots: Collection[str], wanted: Collection[str], advice: str
) -> Iterator[tuple[list[Element], Element]]:
    """Each element at one of the `wanted` places, once it is complete, with those around it.

    A place is `parent/name`, names are without their namespaces. An element is taken out of the
    tree afterwards, and so is what is neither at a wanted place nor below it. Raises
    UnreadableReport, with `advice` where the outermost element is none of `roots`.
    """
    file.seek(0)
    stack: list[Element] = []
    inside = 0  # how many elements at wanted places are open
    try:
        for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
            if event == "start":
                element.tag = local_name(element.tag)
                if not stack and element.tag not in roots:
                    raise UnreadableReport(add_format_hint(advice, file))
                inside += _place(stack, element) in wanted
                stack.append(element)
                if len(stack) > _DEEPEST:
                    raise UnreadableReport(_TOO_DEEP)
                continue
            stack.pop()
            if found := _place(stack, element) in wanted:
                inside -= 1
                yield stack, element
            if stack and (found or not inside):
                stack[-1].remove(element)
    except DefusedXmlException:
        raise UnreadableReport(
            "The XML declares a document type or entities, which no report needs. Remove them."
        ) from None
    except ParseError as error:
        raise UnreadableReport(_no_xml(error, file, advice if not stack else "")) from None
    except (UnicodeDecodeError, LookupError, ValueError):
        raise UnreadableReport("The XML's encoding cannot be read. Save it as UTF-8.") from None


def _place(around: list[Element], element: Element) -> str:
    return f"{around[-1].tag}/{element.tag}" if around else ""


def _no_xml(error: ParseError, file: IO[bytes], advice: str) -> str:
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
    """The text at `path` below the element, "" where there is none."""
    found: Element | None = element
    for name in path:
        found = next((child for child in found if child.tag == name), None)  # type: ignore[union-attr]
        if found is None:
            return ""
    return (found.text or "").strip() if found is not None else ""


# --- Values ---------------------------------------------------------------------------------------
def to_text(value: Any) -> str:
    """What stands where a text is expected: "" for nothing and for what is no plain value."""
    if isinstance(value, str):
        return value
    return "" if value is None or isinstance(value, dict | list | bool) else str(value)


def as_list(value: Any) -> list[Any]:
    """A list, also where the report has something else."""
    return value if isinstance(value, list) else []


def as_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def to_number(value: Any, highest: int) -> Decimal | None:
    """A number from 0 to `highest`, None for anything else."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and 0 <= found <= highest else None


def parse_time(value: Any) -> datetime | None:
    """A time in nearly any form; without a zone it is taken for UTC.

    None also where a part of the date is missing, or the zone is a name that tells no offset.
    """
    said = to_text(value)
    try:
        found, other = (dates.parse(said, default=day, tzinfos=_zone) for day in _DAYS)
        return found.astimezone(UTC) if found == other else None
    except (ValueError, ArithmeticError):  # minutes of 28 digits are too many for decimal's `%`
        return None


def _zone(name: str | None, offset: int | None) -> timezone:
    if name and offset is None:
        raise ValueError(name)
    return timezone(timedelta(seconds=offset or 0))


def parse_severity(word: Any) -> str:
    """Ours for a scanner's word, "" for one that is unknown."""
    lowered = to_text(word).strip().lower()
    return lowered if lowered in SEVERITIES else _WORDS.get(lowered, "")


def severity_from_score(score: Decimal) -> str:
    """By the qualitative scale of CVSS."""
    bounds = ((Decimal(9), "critical"), (Decimal(7), "high"), (Decimal(4), "medium"))
    named = next((name for lowest, name in bounds if score >= lowest), "low")
    return named if score > 0 else "info"


def join_paragraphs(*parts: tuple[str, Any]) -> str:
    """Paragraphs "Title: text" of what there is; without a title the text alone."""
    found = [(title, to_text(value).strip()) for title, value in parts]
    return "\n\n".join(f"{title}: {value}" if title else value for title, value in found if value)


def choose_rule(cves: list[str], other: str) -> str:
    """What a finding is known by: the CVE where it is about one, so that feeds find it."""
    known = sorted({cve.strip().upper() for cve in cves if cve.strip().upper().startswith("CVE-")})
    return known[0] if len(known) == 1 else other
