"""CycloneDX bills of materials and VEX, versions 1.4 to 1.6, as JSON and XML."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import IO, Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from packageurl import PackageURL

from marketplace.connectors.base import Capability, Connector, ConnectorCategory, UnreadableReport
from marketplace.connectors.items import (
    AssetItem,
    Config,
    FindingItem,
    Item,
    RejectedItem,
    Scan,
    VexItem,
)
from marketplace.connectors.parsing import (
    SEVERITIES,
    as_dict,
    as_list,
    choose_rule,
    join_paragraphs,
    parse_severity,
    parse_time,
    severity_from_score,
    stream_json,
    stream_xml,
    to_number,
    to_text,
    xml_text,
)

TOOL = "cyclonedx"
VERSIONS = ("1.4", "1.5", "1.6")
_ADVICE = "Not a CycloneDX document. Make one as JSON or XML."
_STATES = {
    "resolved": "resolved",
    "resolved_with_pedigree": "resolved",
    "false_positive": "false_positive",
    "not_affected": "false_positive",
}
_PATHS = (
    "components/component",
    "metadata/component",
    "metadata/timestamp",
    "vulnerabilities/vulnerability",
)
_NAMESPACE = re.compile(rb"cyclonedx\.org/schema/bom/(\d+\.\d+)")


class CycloneDx(Connector):
    """A finding is identified by CVE, asset and component, without the version of the component.

    So a component that is updated and still vulnerable stays the same finding.
    """

    slug = "cyclonedx"
    name = "CycloneDX"
    version = "1.0.0"
    summary = "Vulnerabilities in a bill of materials, and statements on whether they matter (VEX)."
    documentation = (
        "CycloneDX is a format of software bills of materials. Tools such as grype, Dependency-"
        "Track, cdxgen and trivy write it, with the vulnerabilities they know of.\n\n"
        "Each vulnerability becomes a finding for each component that it affects, on the asset "
        "that the bill is about, or on the one you configure. The analysis counts: not affected "
        "becomes a false positive, resolved becomes resolved.\n\n"
        "A document without components is a VEX: its statements apply to findings that exist, and "
        "create none."
    )
    category = ConnectorCategory.SECURITY
    capabilities = (Capability.FINDING_IMPORT,)
    permissions = ("Creates, updates and resolves findings", "Creates assets that are missing")
    file_names = (".json", ".xml", ".cdx")
    schema = {
        "type": "object",
        "properties": {
            "url": {"type": "string", "format": "uri", "title": "Address of the document"},
            "asset": {
                "type": "string",
                "title": "Asset",
                "description": "Its name, instead of that of the component the bill is about",
            },
        },
        "additionalProperties": False,
    }

    def read_report(self, file: IO[bytes], config: Config, *, name: str = "") -> Iterator[Item]:
        file.seek(0)
        is_xml = file.read(256).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
        parts = read_xml_parts if is_xml else read_json_parts
        bill = read_bill(parts(file), to_text(config.get("asset")))
        if bill.asset:
            yield AssetItem(1, bill.asset, "application")
        row = 0
        for kind, piece in parts(file):
            if kind != "vulnerability":
                continue
            row += 1
            if not isinstance(piece, dict) or not to_text(piece.get("id")):
                yield RejectedItem(row, "The vulnerability has no id.", to_text(piece))
            elif bill.components:
                yield from bill.build_findings(row, piece)
            else:
                yield from bill.build_statements(row, piece)
        if bill.components:
            yield Scan(TOOL, bill.at, (bill.asset,) if bill.asset else ())


Parts = Iterator[tuple[str, Any]]


@dataclass
class _Bill:
    """The facts of a document beside its vulnerabilities. `components`: names by reference."""

    asset: str = ""
    at: Any = None
    components: dict[str, str] = field(default_factory=dict)

    def build_findings(self, row: int, piece: dict[str, Any]) -> Iterator[FindingItem]:
        names = [self.components.get(ref) or parse_package(ref) for ref in _affected_refs(piece)]
        cves = [to_text(as_dict(part).get("id")) for part in as_list(piece.get("references"))]
        rule = choose_rule([to_text(piece["id"]), *cves], to_text(piece["id"]))
        score, word = find_rating(piece)
        analysis = as_dict(piece.get("analysis"))
        for name in dict.fromkeys(names) or ("",):
            yield FindingItem(
                row=row,
                tool=TOOL,
                rule=rule,
                severity=word,
                title=f"{rule} in {name}" if name else rule,
                asset=self.asset,
                location=name,
                description=join_paragraphs(
                    ("", piece.get("description")),
                    ("", piece.get("detail")),
                    ("To do", piece.get("recommendation")),
                    ("Analysis", analysis.get("detail") or analysis.get("state")),
                    ("Also known as", piece["id"] if rule != piece["id"] else ""),
                ),
                cvss=score,
                state=_STATES.get(to_text(analysis.get("state")), "open"),
            )

    def build_statements(self, row: int, piece: dict[str, Any]) -> Iterator[VexItem | RejectedItem]:
        analysis = as_dict(piece.get("analysis"))
        state = to_text(analysis.get("state"))
        if not state:
            yield RejectedItem(row, "The statement has no analysis.", to_text(piece["id"]))
            return
        reason = join_paragraphs(
            ("", state), ("", analysis.get("justification")), ("", analysis.get("detail"))
        )
        for ref in _affected_refs(piece) or [""]:
            yield VexItem(
                row=row,
                cve=to_text(piece["id"]),
                state=_STATES.get(state, "open"),
                reason=reason,
                asset=self.asset,
                location=parse_package(ref) if "pkg:" in ref else "",
            )


def read_bill(parts: Parts, asset: str) -> _Bill:
    bill = _Bill(asset)
    for kind, piece in parts:
        if kind == "component":
            _add_components(bill.components, [piece])
        elif kind == "about":
            subject = as_dict(piece)
            bill.asset = bill.asset or _component_name(subject)
            _add_components(bill.components, as_list(subject.get("components")))
        elif kind == "timestamp":
            bill.at = parse_time(piece)
    return bill


def _add_components(names: dict[str, str], components: list[Any]) -> None:
    """Add components, and those within them to any depth."""
    waiting = list(components)
    while waiting:
        component = as_dict(waiting.pop())
        name = parse_package(to_text(component.get("purl"))) or _component_name(component)
        for key in (to_text(component.get("bom-ref")), to_text(component.get("purl"))):
            if key:
                names[key] = name
        waiting += as_list(component.get("components"))


def _component_name(component: dict[str, Any]) -> str:
    return "/".join(filter(None, (to_text(component.get("group")), to_text(component.get("name")))))


def parse_package(reference: str) -> str:
    """`maven/org.example/lib` of a package URL, which may be at the end of a BOM-Link."""
    _, prefix, rest = unquote(reference).rpartition("pkg:")
    if not prefix:
        return reference
    try:
        purl = PackageURL.from_string(f"pkg:{rest}")
    except ValueError:
        return rest.partition("@")[0]
    return "/".join(filter(None, (purl.type, purl.namespace, purl.name)))


def _affected_refs(piece: dict[str, Any]) -> list[str]:
    return [to_text(as_dict(part).get("ref")) for part in as_list(piece.get("affects"))]


def find_rating(piece: dict[str, Any]) -> tuple[Decimal | None, str]:
    """The highest CVSS score of the newest version of CVSS, and the severity."""
    ratings = [as_dict(part) for part in as_list(piece.get("ratings"))]
    scores = [
        (to_text(part.get("method")).upper(), score)
        for part in ratings
        if (score := to_number(part.get("score"), 10)) is not None
    ]
    newer = [score for method, score in scores if method.startswith(("CVSSV3", "CVSSV4"))]
    older = [score for method, score in scores if method in ("CVSSV2", "")]
    score = max(newer or older, default=None)
    words = [word for part in ratings if (word := parse_severity(part.get("severity")))]
    if words:
        return score, max(words, key=SEVERITIES.index)
    return score, severity_from_score(score) if score is not None else "info"


# --- The two notations ----------------------------------------------------------------------------
def read_json_parts(file: IO[bytes]) -> Parts:
    names = {
        "components.item": "component",
        "metadata.component": "about",
        "metadata.timestamp": "timestamp",
        "vulnerabilities.item": "vulnerability",
    }
    version = document_format = None
    for _, path, value in stream_json(file, ("specVersion", "bomFormat", *names)):
        if path == "specVersion":
            version = to_text(value)
        elif path == "bomFormat":
            document_format = to_text(value)
        else:
            yield names[path], value
    if document_format != "CycloneDX":
        raise UnreadableReport(_ADVICE)
    _check_version(version or "none")


def read_xml_parts(file: IO[bytes]) -> Parts:
    file.seek(0)
    namespace = _NAMESPACE.search(file.read(4096))
    if namespace:
        _check_version(namespace[1].decode())
    for ancestors, element in stream_xml(file, ("bom",), _PATHS, _ADVICE):
        if element.tag == "timestamp":
            yield "timestamp", element.text
        elif element.tag == "vulnerability":
            yield "vulnerability", convert_vulnerability(element)
        else:
            yield (
                "about" if ancestors[-1].tag == "metadata" else "component",
                convert_component(element),
            )


def _check_version(version: str) -> None:
    if version not in VERSIONS:
        raise UnreadableReport(
            f"CycloneDX {version[:20]} is not supported. Make one of {', '.join(VERSIONS)}."
        )


def convert_component(element: Element) -> dict[str, Any]:
    result = {name: xml_text(element, name) for name in ("group", "name", "purl")}
    return result | {"bom-ref": element.get("bom-ref", "")}


def convert_vulnerability(element: Element) -> dict[str, Any]:
    """The element in the shape of the JSON format."""
    result: dict[str, Any] = {
        name: xml_text(element, name) for name in ("id", "description", "detail", "recommendation")
    }
    result["ratings"] = [
        {name: xml_text(part, name) for name in ("score", "severity", "method")}
        for part in _children(element, "ratings")
    ]
    result["references"] = [{"id": xml_text(p, "id")} for p in _children(element, "references")]
    result["affects"] = [{"ref": xml_text(part, "ref")} for part in _children(element, "affects")]
    names = ("state", "justification", "detail")
    result["analysis"] = {name: xml_text(element, "analysis", name) for name in names}
    return result


def _children(element: Element, name: str) -> list[Element]:
    return [part for holder in element if holder.tag == name for part in holder]
