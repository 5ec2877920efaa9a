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
_STATES = {
    "resolved": "resolved",
    "resolved_with_pedigree": "resolved",
    "false_positive": "false_positive",
    "not_affected": "false_positive",
}
_PLACES = (
    "components/component",
    "metadata/component",
    "metadata/timestamp",
    "vulnerabilities/vulnerability",
)
_NAMESPACE = re.compile(rb"cyclonedx\.org/schema/bom/(\d+\.\d+)")


class CycloneDx(Connector):
    """A finding is known by its CVE, the asset and the component, whose version is left out: so a
    component that is updated and still vulnerable stays the same finding.
    """

    slug = "cyclonedx"
    name = "CycloneDX"
    version = "1.0.0"
    summary = "Vulnerabilities in a bill of materials, and statements on whether they matter (VEX)."
    documentation = (
        "CycloneDX is a format of software bills of materials. Tools such as grype, Dependency-"
        "Track, cdxgen and trivy write it, with the vulnerabilities they know of.\n\n"
        "Each vulnerability becomes a finding for each component that it affects, on the asset "
        "that the bill is about, or the one that is configured. An analysis in it counts: not "
        "affected comes as a false positive, resolved as resolved.\n\n"
        "A document without components is a VEX: its statements are applied to the findings there "
        "are, and create none."
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
        parts = _xml_parts if is_xml else _json_parts
        bill = _bill(parts(file), to_text(config.get("asset")))
        if bill.asset:
            yield AssetItem(1, bill.asset, "application")
        row = 0
        for place, piece in parts(file):
            if place != "vulnerability":
                continue
            row += 1
            if not isinstance(piece, dict) or not to_text(piece.get("id")):
                yield RejectedItem(row, "The vulnerability has no id.", to_text(piece))
            elif bill.components:
                yield from bill.findings(row, piece)
            else:
                yield from bill.statements(row, piece)
        if bill.components:
            yield Scan(TOOL, bill.at, (bill.asset,) if bill.asset else ())


Parts = Iterator[tuple[str, Any]]


@dataclass
class _Bill:
    """What a document says beside its vulnerabilities. `components`: name by reference."""

    asset: str = ""
    at: Any = None
    components: dict[str, str] = field(default_factory=dict)

    def findings(self, row: int, piece: dict[str, Any]) -> Iterator[FindingItem]:
        names = [self.components.get(ref) or _package(ref) for ref in _affected(piece)]
        cves = [to_text(as_dict(part).get("id")) for part in as_list(piece.get("references"))]
        rule = choose_rule([to_text(piece["id"]), *cves], to_text(piece["id"]))
        score, word = _rating(piece)
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

    def statements(self, row: int, piece: dict[str, Any]) -> Iterator[VexItem | RejectedItem]:
        analysis = as_dict(piece.get("analysis"))
        said = to_text(analysis.get("state"))
        if not said:
            yield RejectedItem(row, "The statement has no analysis.", to_text(piece["id"]))
            return
        reason = join_paragraphs(
            ("", said), ("", analysis.get("justification")), ("", analysis.get("detail"))
        )
        for ref in _affected(piece) or [""]:
            yield VexItem(
                row=row,
                cve=to_text(piece["id"]),
                state=_STATES.get(said, "open"),
                reason=reason,
                asset=self.asset,
                location=_package(ref) if "pkg:" in ref else "",
            )


def _bill(parts: Parts, asset: str) -> _Bill:
    bill = _Bill(asset)
    for place, piece in parts:
        if place == "component":
            _collect(bill.components, as_dict(piece))
        elif place == "about":
            bill.asset = bill.asset or _name(as_dict(piece))
            _collect(bill.components, {**as_dict(piece), "purl": None}, only_below=True)
        elif place == "timestamp":
            bill.at = parse_time(piece)
    return bill


def _collect(into: dict[str, str], component: dict[str, Any], *, only_below: bool = False) -> None:
    """Components may hold others, to any depth."""
    waiting = [] if only_below else [component]
    waiting += as_list(component.get("components")) if only_below else []
    while waiting:
        found = as_dict(waiting.pop())
        name = _package(to_text(found.get("purl"))) or _name(found)
        for key in (to_text(found.get("bom-ref")), to_text(found.get("purl"))):
            if key:
                into[key] = name
        waiting += as_list(found.get("components"))


def _name(component: dict[str, Any]) -> str:
    return "/".join(filter(None, (to_text(component.get("group")), to_text(component.get("name")))))


def _package(reference: str) -> str:
    """`maven/org.example/lib` of a package URL, which may stand at the end of a BOM-Link."""
    _, found, rest = unquote(reference).rpartition("pkg:")
    if not found:
        return reference
    try:
        purl = PackageURL.from_string(f"pkg:{rest}")
    except ValueError:
        return rest.partition("@")[0]
    return "/".join(filter(None, (purl.type, purl.namespace, purl.name)))


def _affected(piece: dict[str, Any]) -> list[str]:
    return [to_text(as_dict(part).get("ref")) for part in as_list(piece.get("affects"))]


def _rating(piece: dict[str, Any]) -> tuple[Decimal | None, str]:
    """The highest CVSS score, of the newest version that is there; and the severity."""
    ratings = [as_dict(part) for part in as_list(piece.get("ratings"))]
    scores = [
        (to_text(part.get("method")).upper(), score)
        for part in ratings
        if (score := to_number(part.get("score"), 10)) is not None
    ]
    newer = [score for method, score in scores if method.startswith(("CVSSV3", "CVSSV4"))]
    older = [score for method, score in scores if method in ("CVSSV2", "")]
    score = max(newer or older, default=None)
    words = [found for part in ratings if (found := parse_severity(part.get("severity")))]
    if words:
        return score, max(words, key=_rank)
    return score, severity_from_score(score) if score is not None else "info"


def _rank(word: str) -> int:
    return ("info", "low", "medium", "high", "critical").index(word)


# --- The two notations ----------------------------------------------------------------------------
def _json_parts(file: IO[bytes]) -> Parts:
    names = {
        "components.item": "component",
        "metadata.component": "about",
        "metadata.timestamp": "timestamp",
        "vulnerabilities.item": "vulnerability",
    }
    version = form = None
    for _, place, value in stream_json(file, ("specVersion", "bomFormat", *names)):
        if place == "specVersion":
            version = to_text(value)
        elif place == "bomFormat":
            form = to_text(value)
        else:
            yield names[place], value
    if form != "CycloneDX":
        raise UnreadableReport("This is no CycloneDX document. Make one as JSON or XML.")
    _check_version(version or "none")


def _xml_parts(file: IO[bytes]) -> Parts:
    file.seek(0)
    found = _NAMESPACE.search(file.read(4096))
    if found:
        _check_version(found[1].decode())
    advice = "This is no CycloneDX document. Make one as JSON or XML."
    for around, element in stream_xml(file, ("bom",), _PLACES, advice):
        if element.tag == "timestamp":
            yield "timestamp", element.text
        elif element.tag == "vulnerability":
            yield "vulnerability", _vulnerability(element)
        else:
            yield "about" if around[-1].tag == "metadata" else "component", _component(element)


def _check_version(version: str) -> None:
    if version not in VERSIONS:
        raise UnreadableReport(
            f"CycloneDX {version[:20]} is not read, only {', '.join(VERSIONS)}. Make it again."
        )


def _component(element: Element) -> dict[str, Any]:
    said = {name: xml_text(element, name) for name in ("group", "name", "purl")}
    return said | {"bom-ref": element.get("bom-ref", "")}


def _vulnerability(element: Element) -> dict[str, Any]:
    """As the same would stand in JSON."""
    said: dict[str, Any] = {
        name: xml_text(element, name) for name in ("id", "description", "detail", "recommendation")
    }
    said["ratings"] = [
        {name: xml_text(part, name) for name in ("score", "severity", "method")}
        for part in _children(element, "ratings")
    ]
    said["references"] = [{"id": xml_text(p, "id")} for p in _children(element, "references")]
    said["affects"] = [{"ref": xml_text(part, "ref")} for part in _children(element, "affects")]
    names = ("state", "justification", "detail")
    said["analysis"] = {name: xml_text(element, "analysis", name) for name in names}
    return said


def _children(element: Element, name: str) -> list[Element]:
    return [part for holder in element if holder.tag == name for part in holder]
