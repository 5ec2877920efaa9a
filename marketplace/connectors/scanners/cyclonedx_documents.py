"""The two notations of CycloneDX: parts of documents as JSON or XML, in the shape of the JSON."""

import re
from collections.abc import Iterator
from typing import IO, Any
from xml.etree.ElementTree import Element

from marketplace.connectors.base import UnreadableReport
from marketplace.connectors.format_hints import add_format_hint
from marketplace.connectors.parsing import stream_json, stream_xml, to_text, xml_text

_ADVICE = "Not a CycloneDX document. Make one as JSON or XML."
_VERSION = re.compile(r"1\.\d+")
_NAMESPACE = re.compile(rb"cyclonedx\.org/schema/bom/([\w.]+)")
_JSON_PATHS = {
    "components.item": "component",
    "metadata.component": "subject",
    "metadata.timestamp": "timestamp",
    "vulnerabilities.item": "vulnerability",
    "serialNumber": "serial number",
    "version": "version",
}
# Before version 1.4 vulnerabilities were an extension, also within components.
_XML_PATHS = (
    "components/component",
    "metadata/component",
    "metadata/timestamp",
    "vulnerabilities/vulnerability",
)

Parts = Iterator[tuple[str, Any]]


def read_parts(file: IO[bytes]) -> Parts:
    """Yield the parts of a document with their kinds. Raises UnreadableReport."""
    file.seek(0)
    is_xml = file.read(256).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    return read_xml_parts(file) if is_xml else read_json_parts(file)


def read_json_parts(file: IO[bytes]) -> Parts:
    version = document_format = None
    for _, path, value in stream_json(file, ("specVersion", "bomFormat", *_JSON_PATHS)):
        if path == "specVersion":
            version = to_text(value)
        elif path == "bomFormat":
            document_format = to_text(value)
        else:
            yield _JSON_PATHS[path], value
    if document_format != "CycloneDX":
        raise UnreadableReport(add_format_hint(_ADVICE, file))
    check_version(version or "without a version")


def read_xml_parts(file: IO[bytes]) -> Parts:
    file.seek(0)
    if namespace := _NAMESPACE.search(file.read(4096)):
        check_version(namespace[1].decode())
    is_first = True
    for ancestors, element in stream_xml(file, ("bom",), _XML_PATHS, _ADVICE):
        if is_first:
            yield "serial number", ancestors[0].get("serialNumber", "")
            yield "version", ancestors[0].get("version", "")
            is_first = False
        if element.tag == "timestamp":
            yield "timestamp", element.text
        elif element.tag == "vulnerability":
            yield "vulnerability", convert_vulnerability(element)
        else:
            kind = "subject" if ancestors[-1].tag == "metadata" else "component"
            yield kind, convert_component(element)


def check_version(version: str) -> None:
    if not _VERSION.fullmatch(version):
        raise UnreadableReport(
            f"CycloneDX {version[:20]} is not supported. Make a document of version 1.4 to 1.7."
        )


def convert_component(element: Element) -> dict[str, Any]:
    result = {name: xml_text(element, name) for name in ("group", "name", "version", "purl")}
    return result | {"bom-ref": element.get("bom-ref", "")}


def convert_vulnerability(element: Element) -> dict[str, Any]:
    result: dict[str, Any] = {
        name: xml_text(element, name) for name in ("id", "description", "detail", "recommendation")
    }
    advice = [part.text for part in children_of(element, "recommendations") if part.text]
    result["recommendation"] = result["recommendation"] or "\n".join(advice)
    result["ratings"] = [convert_rating(part) for part in children_of(element, "ratings")]
    result["references"] = [{"id": xml_text(p, "id")} for p in children_of(element, "references")]
    targets = [convert_target(part) for part in children_of(element, "affects")]
    if reference := element.get("ref"):  # of the extension
        targets.append({"ref": reference})
    result["affects"] = targets
    names = ("state", "justification", "detail")
    result["analysis"] = {name: xml_text(element, "analysis", name) for name in names}
    return result


def convert_rating(element: Element) -> dict[str, str]:
    result = {name: xml_text(element, name) for name in ("score", "severity", "method", "vector")}
    result["score"] = result["score"] or xml_text(element, "score", "base")
    return result


def convert_target(element: Element) -> dict[str, Any]:
    names = ("version", "range", "status")
    return {
        "ref": xml_text(element, "ref"),
        "versions": [
            {name: text for name in names if (text := xml_text(part, name))}
            for part in children_of(element, "versions")
        ],
    }


def children_of(element: Element, name: str) -> list[Element]:
    return [part for holder in element if holder.tag == name for part in holder]
