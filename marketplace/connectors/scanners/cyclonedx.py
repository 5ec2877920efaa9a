"""CycloneDX bills of materials and VEX, versions 1.4 to 1.7 and older ones with the extension."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import IO, Any
from urllib.parse import unquote

from marketplace.connectors.artifacts import ASSET
from marketplace.connectors.base import ScannerConnector, report_schema
from marketplace.connectors.components import join_component, split_component
from marketplace.connectors.cvss_vectors import method_of_vector, score_vector
from marketplace.connectors.items import (
    AssetItem,
    BillItem,
    Config,
    FindingItem,
    Item,
    RejectedItem,
    Scan,
    VersionStatus,
    VexItem,
)
from marketplace.connectors.parsing import (
    SEVERITIES,
    as_dict,
    as_list,
    choose_rule,
    find_cves,
    join_paragraphs,
    parse_severity,
    parse_time,
    severity_from_score,
    to_number,
    to_text,
)
from marketplace.connectors.scanners.cyclonedx_documents import Parts, read_parts

TOOL = "cyclonedx"
LINK = "urn:cdx:"
_STATES = {
    "resolved": "resolved",
    "resolved_with_pedigree": "resolved",
    "false_positive": "false_positive",
    "not_affected": "false_positive",
}
_UUID = re.compile(r"(urn:uuid:)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)


class CycloneDx(ScannerConnector):
    """A finding is identified by CVE, asset and component, without the version of the component.

    So a component that is updated and still vulnerable stays the same finding.
    """

    slug = "cyclonedx"
    name = "CycloneDX"
    version = "1.1.0"
    summary = "Vulnerabilities in a bill of materials, and statements on whether they matter (VEX)."
    documentation = (
        "CycloneDX is a format of software bills of materials. Tools such as grype, Dependency-"
        "Track, cdxgen and trivy write it, with the vulnerabilities they know of.\n\n"
        "Each vulnerability becomes a finding for each component that it affects, on the asset "
        "that the bill is about, or on the one you configure. The analysis counts: not affected "
        "becomes a false positive, resolved becomes resolved. Its severity is the worst that is "
        "given, else that of the highest score of CVSS 3 or 4, else of CVSS 2; a rating that has "
        "a vector only is computed.\n\n"
        "A vulnerability with an analysis in a document without components is a statement (VEX): "
        "it decides findings that exist, and creates none. It counts for the product, component "
        "and version that it names, and for nothing else: a package URL, the product of the "
        "document, or a BOM-Link (urn:cdx:...) to a bill that was imported before. What names "
        "something else changes nothing, and the run says so. A version that is affected, or "
        "still in triage, is never closed."
    )
    file_names = (".json", ".xml", ".cdx")
    schema = report_schema(
        asset=ASSET
        | {"description": "Its name, instead of that of the component the bill is about"}
    )

    def read_report(self, file: IO[bytes], config: Config, *, name: str = "") -> Iterator[Item]:
        document = read_document(read_parts(file), to_text(config.get("asset")))
        if document.asset:
            yield AssetItem(1, document.asset, "application")
        row, has_findings, has_statements = 0, False, False
        for kind, piece in read_parts(file):
            if kind != "vulnerability":
                continue
            row += 1
            for item in document.read_vulnerability(row, as_dict(piece)):
                has_findings |= isinstance(item, FindingItem)
                has_statements |= isinstance(item, VexItem)
                yield item
        if document.components or not has_statements:
            yield from document.build_bill()
        if document.components or has_findings:
            covered = document.asset if document.components else ""
            yield Scan(TOOL, document.at, (covered,) if covered else ())


@dataclass
class _Document:
    """The facts of a document beside its vulnerabilities. `components` are by reference."""

    asset: str = ""
    at: datetime | None = None
    serial_number: str = ""
    version: str = ""
    subject: str = ""  # the reference of the component that the document is about
    product: str = ""  # the version of that
    components: dict[str, str] = field(default_factory=dict)
    subject_name: str = ""  # as of a component
    is_asset_configured: bool = False

    def build_bill(self) -> Iterator[BillItem]:
        if not self.asset or not (self.serial_number or self.product):
            return
        references = {
            reference: component
            for reference, component in self.components.items()
            if split_component(reference) != split_component(component)
        }
        yield BillItem(
            row=1,
            serial_number=self.serial_number,
            version=self.version,
            asset=self.asset,
            subject=self.subject,
            product=self.product,
            components=references,
        )

    def read_vulnerability(self, row: int, piece: dict[str, Any]) -> Iterator[Item]:
        others = [to_text(as_dict(part).get("id")) for part in as_list(piece.get("references"))]
        identifiers = list(filter(None, (to_text(piece.get("id")), *others)))
        if not identifiers:
            yield RejectedItem(
                row, "The vulnerability has no id.", to_text(piece.get("description"))
            )
            return
        rule = choose_rule(identifiers, identifiers[0])
        targets = [as_dict(part) for part in as_list(piece.get("affects"))]
        is_analysed = bool(to_text(as_dict(piece.get("analysis")).get("state")))
        affected: dict[str, list[tuple[str, str]]] = {}  # component and status, by location
        for target in targets or [{}]:
            reference = self._without_own_link(to_text(target.get("ref")).strip())
            if is_analysed and self._is_elsewhere(reference):
                yield self._build_statement(row, piece, rule, reference, target)
                continue
            component = self._find_component(reference)
            name, version = split_component(component)
            status = next(
                (entry.status for entry in read_versions(target) if entry.version == version), ""
            )
            affected.setdefault(name, []).append((component, status))
        for name, versions in affected.items():
            yield self._build_finding(row, piece, identifiers, rule, name, versions)

    def _without_own_link(self, reference: str) -> str:
        own = f"{LINK}{self.serial_number}/{self.version}#"
        if self.serial_number and reference.startswith(own):
            return unquote(reference.removeprefix(own))
        return reference

    def _is_elsewhere(self, reference: str) -> bool:
        """Whether the reference leads out of this document: to findings of other reports."""
        if reference in self.components:
            return False
        return reference.startswith(LINK) or not self.components

    def _find_component(self, reference: str) -> str:
        """The component as in FindingItem; "" for the product itself, or a meaningless name."""
        if reference in self.components:
            return self.components[reference]
        if reference == self.subject or _UUID.fullmatch(reference):
            return ""
        return unquote(reference.partition("#")[2]) if reference.startswith(LINK) else reference

    def _build_finding(
        self,
        row: int,
        piece: dict[str, Any],
        identifiers: list[str],
        rule: str,
        name: str,
        versions: list[tuple[str, str]],
    ) -> FindingItem:
        score, word = find_rating(piece)
        analysis = as_dict(piece.get("analysis"))
        state = _STATES.get(to_text(analysis.get("state")), "open")
        if state == "open" and all(status == "unaffected" for _, status in versions):
            state = "false_positive"
        return FindingItem(
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
                ("Also known as", ", ".join(other for other in identifiers if other != rule)),
            ),
            cvss=score,
            state=state,
            cves=find_cves(*identifiers),
            components=tuple(sorted({component for component, _ in versions if component})),
        )

    def _build_statement(
        self, row: int, piece: dict[str, Any], rule: str, reference: str, target: dict[str, Any]
    ) -> VexItem | RejectedItem:
        analysis = as_dict(piece.get("analysis"))
        is_product = reference in ("", self.subject)
        if is_product and not self.asset:
            reason = "The statement does not say what it is about. Add affects with a reference."
            return RejectedItem(row, reason, rule)
        is_link, is_package = reference.startswith(LINK), reference.startswith("pkg:")
        if not (is_product or is_link or is_package):
            reason = "The document has no component of this reference, so nothing is changed."
            return RejectedItem(row, reason, reference)
        # A library's own statement is about the library wherever it is.
        is_own = is_package and split_component(reference)[0] == self.subject_name
        is_anywhere = is_link or (is_own and not self.is_asset_configured)
        return VexItem(
            row=row,
            cve=rule,
            state=_STATES.get(to_text(analysis.get("state")), "open"),
            reason=join_paragraphs(
                ("", analysis.get("state")),
                ("", analysis.get("justification")),
                ("", analysis.get("detail")),
            ),
            reference="" if is_product else reference,
            asset="" if is_anywhere else self.asset,
            product="" if is_link or is_own else self.product,
            versions=read_versions(target),
        )


def read_document(parts: Parts, asset: str) -> _Document:
    document = _Document(asset, is_asset_configured=bool(asset))
    for kind, piece in parts:
        if kind == "component":
            add_components(document.components, [piece])
        elif kind == "subject":
            subject = as_dict(piece)
            document.asset = document.asset or component_name(subject)
            document.subject = to_text(subject.get("bom-ref"))
            document.product = to_text(subject.get("version"))
            document.subject_name = split_component(describe_component(subject))[0]
            add_components(document.components, as_list(subject.get("components")))
        elif kind == "timestamp":
            document.at = parse_time(piece)
        elif kind == "serial number":
            document.serial_number = to_text(piece).lower().removeprefix("urn:uuid:")
        elif kind == "version":
            document.version = to_text(piece)
    return document


def add_components(components: dict[str, str], pieces: list[Any]) -> None:
    """Add the components by their references, and those within them to any depth."""
    waiting = list(pieces)
    while waiting:
        piece = as_dict(waiting.pop())
        for key in (to_text(piece.get("bom-ref")), to_text(piece.get("purl"))):
            if key:
                components[key] = describe_component(piece)
        waiting += as_list(piece.get("components"))


def describe_component(piece: dict[str, Any]) -> str:
    """The component as in FindingItem."""
    version = to_text(piece.get("version"))
    return to_text(piece.get("purl")) or join_component(component_name(piece), version)


def component_name(piece: dict[str, Any]) -> str:
    return "/".join(filter(None, (to_text(piece.get("group")), to_text(piece.get("name")))))


def read_versions(target: dict[str, Any]) -> tuple[VersionStatus, ...]:
    entries = [as_dict(part) for part in as_list(target.get("versions"))]
    return tuple(
        VersionStatus(version, to_text(entry.get("status")))
        for entry in entries
        if (version := to_text(entry.get("version")) or to_text(entry.get("range")))
    )


def find_rating(piece: dict[str, Any]) -> tuple[Decimal | None, str]:
    """The highest score of CVSS 3 or 4, else of CVSS 2, and the worst severity."""
    newer, older, words = [], [], []
    for rating in (as_dict(part) for part in as_list(piece.get("ratings"))):
        vector, method = to_text(rating.get("vector")), to_text(rating.get("method")).upper()
        score = to_number(rating.get("score"), 10)
        if score is None and vector:
            score = score_vector(vector, method)
            method = method or method_of_vector(vector).upper()
        if score is not None and method.startswith(("CVSSV3", "CVSSV4")):
            newer.append(score)
        elif score is not None and method in ("CVSSV2", ""):
            older.append(score)
        if word := parse_severity(rating.get("severity")):
            words.append(word)
    score = max(newer or older, default=None)
    if words:
        return score, max(words, key=SEVERITIES.index)
    return score, severity_from_score(score) if score is not None else "info"
