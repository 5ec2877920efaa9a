"""How reports are read: JSON and XML piece by piece, and values of any kind made into ours."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import IO, Any
from xml.etree.ElementTree import Element, ParseError

import ijson
from dateutil import parser as dates
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from marketplace.connectors.base import UnreadableReport

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
_OPENING = ("start_map", "start_array")
_NO_JSON = "This is no JSON that can be read. Make the report again, as JSON in UTF-8."
_DEEPEST = 200  # levels of nesting that anybody's report has


# --- JSON -----------------------------------------------------------------------------------------
@contextmanager
def json_errors() -> Iterator[None]:
    try:
        yield
    except (ijson.JSONError, UnicodeDecodeError, RecursionError, OverflowError) as error:
        if isinstance(error, ijson.IncompleteJSONError):
            message = "The report ends in the middle. Make it or fetch it again."
        else:
            message = _NO_JSON
        raise UnreadableReport(message) from None


def begin_json(file: IO[bytes]) -> None:
    """Go to the start of the text, past a byte order mark."""
    file.seek(0)
    start = file.read(4)
    if not start.strip():
        raise UnreadableReport("The file is empty. Make the report again.")
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise UnreadableReport("The file is in UTF-16. Save it as UTF-8.")
    file.seek(3 if start.startswith(b"\xef\xbb\xbf") else 0)
    begin = file.tell()
    if file.read(64).lstrip()[:1] not in (b"{", b"["):
        raise UnreadableReport(_NO_JSON)
    file.seek(begin)


def json_pieces(
    file: IO[bytes], wanted: Collection[str], boundary: str = ""
) -> Iterator[tuple[int, str, Any]]:
    """Each value at one of the `wanted` places: how often `boundary` had begun, place and value.

    Places are those of ijson, e.g. `runs.item.results.item`. Raises UnreadableReport.
    """
    begin_json(file)
    seen, depth, builder = 0, 0, None
    place = ""
    with json_errors():
        for prefix, event, value in ijson.parse(file):
            if builder is None:
                if prefix == boundary and event == "start_map":
                    seen += 1
                if prefix not in wanted or event in ("end_map", "end_array", "map_key"):
                    continue
                if event not in _OPENING:
                    yield seen, prefix, value
                    continue
                builder, place, depth = ijson.ObjectBuilder(), prefix, 0
            builder.event(event, value)
            depth += (event in _OPENING) - (event in ("end_map", "end_array"))
            if depth > _DEEPEST:
                raise UnreadableReport("The report is nested too deeply to be one.")
            if depth == 0:
                yield seen, place, builder.value
                builder = None


# --- XML ------------------------------------------------------------------------------------------
def xml_pieces(
    file: IO[bytes], roots: Collection[str], wanted: Collection[str], advice: str
) -> Iterator[tuple[list[Element], Element]]:
    """Each element at one of the `wanted` places, once it is complete, with those around it.

    A place is `parent/name`, names are without their namespaces. An element is taken out of the
    tree afterwards. Raises UnreadableReport, with `advice` where the outermost element is none of
    `roots`.
    """
    file.seek(0)
    stack: list[Element] = []
    try:
        for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
            if event == "start":
                element.tag = local_name(element.tag)
                if not stack and element.tag not in roots:
                    raise UnreadableReport(advice)
                stack.append(element)
                if len(stack) > _DEEPEST:
                    raise UnreadableReport("The report is nested too deeply to be one.")
                continue
            stack.pop()
            if stack and f"{stack[-1].tag}/{element.tag}" in wanted:
                yield stack, element
                stack[-1].remove(element)
    except DefusedXmlException:
        raise UnreadableReport(
            "The XML declares a document type or entities, which no report needs. Remove them."
        ) from None
    except ParseError as error:
        raise UnreadableReport(
            f"The XML cannot be read from line {error.position[0]} on. Make the report again."
        ) from None
    except (UnicodeDecodeError, LookupError, ValueError):
        raise UnreadableReport("The XML's encoding cannot be read. Save it as UTF-8.") from None


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
def text(value: Any) -> str:
    """What stands where a text is expected: "" for nothing and for what is no plain value."""
    if isinstance(value, str):
        return value
    return "" if value is None or isinstance(value, dict | list | bool) else str(value)


def items_of(value: Any) -> list[Any]:
    """A list, also where the report has something else."""
    return value if isinstance(value, list) else []


def object_of(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def number(value: Any, highest: int) -> Decimal | None:
    """A number from 0 to `highest`, None for anything else."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and 0 <= found <= highest else None


def moment(value: Any) -> datetime | None:
    """A time in nearly any form; without a zone it is taken for UTC."""
    try:
        found = dates.parse(text(value))
    except (ValueError, OverflowError):
        return None
    try:
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def severity(word: Any) -> str:
    """Ours for a scanner's word, "" for one that is unknown."""
    lowered = text(word).strip().lower()
    return lowered if lowered in SEVERITIES else _WORDS.get(lowered, "")


def severity_of_score(score: Decimal) -> str:
    """By the qualitative scale of CVSS."""
    bounds = ((Decimal(9), "critical"), (Decimal(7), "high"), (Decimal(4), "medium"))
    named = next((name for lowest, name in bounds if score >= lowest), "low")
    return named if score > 0 else "info"


def told(*parts: tuple[str, Any]) -> str:
    """Paragraphs "Title: text" of what there is; without a title the text alone."""
    found = [(title, text(value).strip()) for title, value in parts]
    return "\n\n".join(f"{title}: {value}" if title else value for title, value in found if value)


def rule_of(cves: list[str], other: str) -> str:
    """What a finding is known by: the CVE where it is about one, so that feeds find it."""
    known = sorted({cve.strip().upper() for cve in cves if cve.strip().upper().startswith("CVE-")})
    return known[0] if len(known) == 1 else other
