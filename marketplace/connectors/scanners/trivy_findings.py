"""Findings of Trivy: vulnerabilities, misconfigurations, secrets and licences."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marketplace.connectors.artifacts import locate_package
from marketplace.connectors.components import join_component
from marketplace.connectors.cvss_vectors import score_vector
from marketplace.connectors.deduplication import DuplicateNumbering
from marketplace.connectors.items import FindingItem, RejectedItem
from marketplace.connectors.parsing import (
    as_dict,
    as_list,
    find_cves,
    join_paragraphs,
    parse_severity,
    to_number,
    to_text,
)

SYSTEM = re.compile(r" \([\w-]+ [^()]*\)$")  # after the name of an image: " (alpine 3.9.4)"
_SOURCES = ("nvd", "ghsa", "redhat")  # in this order, after the source of the severity
# What the distributor says; "fixed" is that there is a newer version, so it is open here.
_STATES = {"not_affected": "false_positive"}
# What was left out of the results, by its status in ExperimentalModifiedFindings.
_SUPPRESSED = {"not_affected": "false_positive", "ignored": "accepted", "fixed": "resolved"}


@dataclass(frozen=True)
class ResultPosition:
    """The position of the findings of one result."""

    asset: str
    target: str
    kind: str
    image: str  # if the asset is a workload of a cluster, which may run several
    numbering: DuplicateNumbering

    @property
    def is_of_system(self) -> bool:
        return self.kind == "os-pkgs" or bool(SYSTEM.search(self.target))

    def add_image(self, location: str) -> str:
        return f"{location} of {self.image}" if self.image else location

    def identify(self, kind: str, rule: str, location: str) -> dict[str, Any]:
        """The identifiers of a finding, with duplicates numbered."""
        tool = TOOLS[kind]
        location = self.numbering.number_location(self.add_image(location), tool, self.asset, rule)
        return {"tool": tool, "rule": rule, "asset": self.asset, "location": location}


def build_vulnerability(
    row: int, result: ResultPosition, piece: dict[str, Any]
) -> FindingItem | RejectedItem:
    cve, package = to_text(piece.get("VulnerabilityID")), to_text(piece.get("PkgName"))
    if not cve:
        return RejectedItem(row, "The vulnerability has no id.", package)
    installed = to_text(piece.get("InstalledVersion"))
    identifier = as_dict(piece.get("PkgIdentifier"))
    component = to_text(identifier.get("PURL")) or join_component(package, installed)
    return FindingItem(
        row=row,
        tool=TOOLS["Vulnerabilities"],
        rule=cve,
        severity=parse_severity(piece.get("Severity")) or "info",
        title=to_text(piece.get("Title")) or f"{cve} in {package}",
        asset=result.asset,
        location=result.add_image(locate_in_result(result, piece, package, installed)),
        description=join_paragraphs(
            ("", piece.get("Description")),
            ("Package", f"{package} {installed}".strip()),
            ("Fixed in", piece.get("FixedVersion")),
            ("Status", to_text(piece.get("Status")).replace("_", " ")),
            ("Target", result.target),
            ("More", piece.get("PrimaryURL")),
        ),
        cvss=choose_score(as_dict(piece.get("CVSS")), to_text(piece.get("SeveritySource"))),
        state=_STATES.get(to_text(piece.get("Status")), "open"),
        cves=find_cves(cve),
        components=(component,) if component else (),
    )


def locate_in_result(
    result: ResultPosition, piece: dict[str, Any], package: str, installed: str
) -> str:
    """The package, and for a library the file that contains it, without its version."""
    if result.is_of_system:
        return package
    return locate_package(package, to_text(piece.get("PkgPath")) or result.target, installed)


def choose_score(scores: dict[str, Any], preferred: str) -> Decimal | None:
    """The score of version 3 or 4, if any source has one; computed if it has only a vector."""
    for versions in (("V40", "V3"), ("V2",)):
        for source in (preferred, *_SOURCES, *scores):
            by_version = as_dict(scores.get(source))
            for version in versions:
                score = to_number(by_version.get(f"{version}Score"), 10)
                vector = to_text(by_version.get(f"{version}Vector"))
                if score is None and vector:
                    score = score_vector(vector)
                if score is not None:
                    return score
    return None


def build_misconfiguration(
    row: int, result: ResultPosition, piece: dict[str, Any]
) -> FindingItem | None:
    if to_text(piece.get("Status") or "FAIL") != "FAIL":
        return None
    rule = to_text(piece.get("ID")) or to_text(piece.get("AVDID")) or "misconfiguration"
    cause = as_dict(piece.get("CauseMetadata"))
    location = " ".join(filter(None, (result.target, to_text(cause.get("Resource")))))
    message = to_text(piece.get("Message"))
    return FindingItem(
        row=row,
        **result.identify(
            "Misconfigurations", rule, f"{location}: {message}" if message else location
        ),
        severity=parse_severity(piece.get("Severity")) or "info",
        title=to_text(piece.get("Title")) or rule,
        description=join_paragraphs(
            ("", piece.get("Description")),
            ("Found", message),
            ("Lines", _format_lines(cause)),
            ("To do", piece.get("Resolution")),
            ("More", piece.get("PrimaryURL")),
        ),
    )


def _format_lines(position: dict[str, Any]) -> str:
    first, last = to_text(position.get("StartLine")), to_text(position.get("EndLine"))
    return f"{first} to {last}" if first and last != first else first


def build_secret(row: int, result: ResultPosition, piece: dict[str, Any]) -> FindingItem:
    """The secret itself is left out, also if Trivy has not masked it."""
    rule = to_text(piece.get("RuleID")) or "secret"
    return FindingItem(
        row=row,
        **result.identify("Secrets", rule, result.target),
        severity=parse_severity(piece.get("Severity")) or "high",
        title=to_text(piece.get("Title")) or rule,
        description=join_paragraphs(
            ("Kind", piece.get("Category")),
            ("File", result.target),
            ("Lines", _format_lines(piece)),
        ),
    )


def build_licence(row: int, result: ResultPosition, piece: dict[str, Any]) -> FindingItem:
    name = to_text(piece.get("Name"))
    location = to_text(piece.get("PkgName")) or to_text(piece.get("FilePath"))
    return FindingItem(
        row=row,
        **result.identify("Licenses", name or "licence", location),
        severity=parse_severity(piece.get("Severity")) or "info",
        title=f"Licence {name} of {location}",
        description=join_paragraphs(
            ("Category", piece.get("Category")), ("More", piece.get("Link"))
        ),
    )


def unsuppress(result: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str, str]]:
    """Yield the findings that Trivy left out on purpose: kind, finding, state and reason."""
    for entry in map(as_dict, as_list(result.get("ExperimentalModifiedFindings"))):
        kind = _KIND_BY_TYPE.get(to_text(entry.get("Type")), "Vulnerabilities")
        state = _SUPPRESSED.get(to_text(entry.get("Status")), "open")
        reason = join_paragraphs(("", entry.get("Statement")), ("Source", entry.get("Source")))
        yield kind, as_dict(entry.get("Finding")), state, reason


BUILDERS: dict[str, Any] = {
    "Vulnerabilities": build_vulnerability,
    "Misconfigurations": build_misconfiguration,
    "Secrets": build_secret,
    "Licenses": build_licence,
}
# Each kind has a tool of its own, since a scan may look for one and not for another.
TOOLS = {
    "Vulnerabilities": "trivy",
    "Misconfigurations": "trivy misconfiguration",
    "Secrets": "trivy secret",
    "Licenses": "trivy licence",
}
# The kind of a result by its class, which it has also without findings.
KIND_BY_CLASS = {
    "": "Vulnerabilities",
    "os-pkgs": "Vulnerabilities",
    "lang-pkgs": "Vulnerabilities",
    "config": "Misconfigurations",
    "secret": "Secrets",
    "license": "Licenses",
    "license-file": "Licenses",
}
_KIND_BY_TYPE = {
    "vulnerability": "Vulnerabilities",
    "misconfiguration": "Misconfigurations",
    "secret": "Secrets",
    "license": "Licenses",
}
