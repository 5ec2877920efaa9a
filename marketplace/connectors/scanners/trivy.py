"""Reports of Trivy, as JSON."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any

from marketplace.connectors.base import Capability, Connector, ConnectorCategory, UnreadableReport
from marketplace.connectors.deduplication import DuplicateNumbering
from marketplace.connectors.format_hints import add_format_hint
from marketplace.connectors.items import AssetItem, Config, FindingItem, Item, RejectedItem, Scan
from marketplace.connectors.parsing import (
    as_dict,
    as_list,
    join_paragraphs,
    parse_severity,
    parse_time,
    stream_json,
    to_number,
    to_text,
)

_RESULTS = "Results.item"
_OLDER = "item"  # reports of versions before 0.20 are a list of results
_RESOURCES = tuple(
    f"{name}.item" for name in ("Resources", "Findings", "Vulnerabilities", "Misconfigurations")
)
_NAMES = ("SchemaVersion", "ArtifactName", "ClusterName")  # a report has one of them
_WITH_SYSTEM = ("container_image", "vm")
_HEADER = ("SchemaVersion", "ArtifactName", "ArtifactType", "CreatedAt", "ClusterName")
_SYSTEM = re.compile(r" \([\w-]+ [^()]*\)$")  # after the name of an image: " (alpine 3.9.4)"
_SOURCES = ("nvd", "ghsa", "redhat")  # in this order, after the source of the severity


class Trivy(Connector):
    """A vulnerability is identified by CVE, artifact and package, without any version.

    So a package that is updated and still vulnerable stays the same finding, and a fixed one closes
    it. For the same reason the name of an image has no tag. Libraries are kept apart by the file
    that contains them, packages of a workload by the image. Several versions of a package in one
    file are one finding. Findings without a package, such as secrets, are identified by file and
    rule, and numbered.
    """

    slug = "trivy"
    name = "Trivy"
    version = "1.0.0"
    summary = "Vulnerabilities, misconfigurations and secrets that Trivy found."
    documentation = (
        "Trivy scans container images, file systems, repositories and Kubernetes clusters. Make a "
        "report with `trivy image --format json --output report.json IMAGE`; `trivy fs`, "
        "`trivy repo` and `trivy k8s --report all` work as well.\n\n"
        "Each vulnerability becomes a finding on the asset of that name: the image without its "
        "tag, the path, or cluster/namespace/kind/name. Misconfigurations that failed, secrets "
        "and licences become findings too.\n\n"
        "A vulnerability that is not in the next report of the same artifact is resolved. For a "
        "path or repository this happens even if the report is empty, so scan it for secrets and "
        "vulnerabilities together, or configure another asset. A report that lists no file with "
        "secrets or misconfigurations does not tell whether Trivy looked for them, so then those "
        "are not resolved.\n\n"
        "If the scanned path has no telling name, such as ., configure the asset."
    )
    category = ConnectorCategory.SECURITY
    capabilities = (Capability.FINDING_IMPORT,)
    permissions = ("Creates, updates and resolves findings", "Creates assets that are missing")
    file_names = (".json",)
    schema = {
        "type": "object",
        "properties": {
            "url": {"type": "string", "format": "uri", "title": "Address of the report"},
            "asset": {
                "type": "string",
                "title": "Asset",
                "description": "Its name, instead of that of the artifact",
            },
        },
        "additionalProperties": False,
    }

    def read_report(self, file: IO[bytes], config: Config, *, name: str = "") -> Iterator[Item]:
        header = read_header(file)
        report = _Report(header, to_text(config.get("asset")))
        for _, path, piece in stream_json(file, (_RESULTS, _OLDER, *_RESOURCES)):
            if isinstance(piece, dict) and "Target" in piece:
                yield from report.read_result(piece, report.artifact)
            elif isinstance(piece, dict) and path in _RESOURCES and "Kind" in piece:
                yield from report.read_resource(piece)
            else:
                report.row += 1
                yield RejectedItem(report.row, "Not a result of Trivy.", to_text(piece))
        if not report.is_recognized and header.keys().isdisjoint(_NAMES):
            message = "Not a report of Trivy. Make one with --format json."
            raise UnreadableReport(add_format_hint(message, file))
        at = parse_time(header.get("CreatedAt"))
        for tool, assets in (report.covered or coverage_of_empty_report(header, report)).items():
            yield Scan(tool, at, tuple(assets))


def coverage_of_empty_report(
    header: dict[str, str], report: "_Report"
) -> dict[str, dict[str, None]]:
    """The assets by tool that a report without findings covers.

    For packages without vulnerabilities, Trivy lists the system of an image but no lock files. So a
    report on an image that lists no system is of a scan that did not look for packages.
    """
    is_named = report.artifact and not report.row and not report.is_recognized
    is_covered = is_named and header.get("ArtifactType") not in _WITH_SYSTEM
    return {_TOOLS["Vulnerabilities"]: {report.artifact: None} if is_covered else {}}


def read_header(file: IO[bytes]) -> dict[str, str]:
    """The facts beside the results. A list of results has the image in the name of its system."""
    header = {}
    for _, path, value in stream_json(file, (*_HEADER, f"{_OLDER}.Target")):
        if path in _HEADER:
            header[path] = to_text(value)
        elif _SYSTEM.search(to_text(value)):
            header |= {"ArtifactName": to_text(value), "ArtifactType": "container_image"}
    return header


@dataclass(frozen=True)
class _Result:
    """The position of the findings of one result."""

    asset: str
    target: str
    kind: str
    image: str  # if the asset is a workload of a cluster, which may run several
    numbering: DuplicateNumbering

    @property
    def is_of_system(self) -> bool:
        return self.kind == "os-pkgs" or bool(_SYSTEM.search(self.target))

    def add_image(self, location: str) -> str:
        return f"{location} of {self.image}" if self.image else location

    def identify(self, kind: str, rule: str, location: str) -> dict[str, Any]:
        """The identifiers of a finding, with duplicates numbered."""
        tool = _TOOLS[kind]
        location = self.numbering.number_location(self.add_image(location), tool, self.asset, rule)
        return {"tool": tool, "rule": rule, "asset": self.asset, "location": location}


class _Report:
    def __init__(self, header: dict[str, str], asset: str) -> None:
        self.row = 0
        self.asset = asset
        self.cluster = header.get("ClusterName", "").rpartition("/")[2]
        name = header.get("ArtifactName", "")
        is_image = header.get("ArtifactType") == "container_image"
        self.artifact = asset or (_strip_tag(name) if is_image else name)
        self.covered: dict[str, dict[str, None]] = {}
        self.yielded_assets: set[str] = set()
        self.is_recognized = False
        self.numbering = DuplicateNumbering()

    def read_resource(self, piece: dict[str, Any]) -> Iterator[Item]:
        """One workload of a cluster."""
        self.is_recognized = True
        parts = (self.cluster, *(to_text(piece.get(n)) for n in ("Namespace", "Kind", "Name")))
        asset = self.asset or "/".join(filter(None, parts))
        results = [as_dict(result) for result in as_list(piece.get("Results"))]
        for result in results:
            yield from self.read_result(result, asset, image_of_workload(piece, results))

    def read_result(self, result: dict[str, Any], asset: str, image: str = "") -> Iterator[Item]:
        self.is_recognized = True
        target, kind = to_text(result.get("Target")), to_text(result.get("Class"))
        position = _Result(asset, target, kind, "" if kind == "config" else image, self.numbering)
        if asset and asset not in self.yielded_assets:
            self.yielded_assets.add(asset)
            yield AssetItem(self.row + 1, asset, "application")
        for name, read in _KINDS.items():
            pieces = as_list(result.get(name))
            if asset and (pieces or _CLASSES.get(kind) == name):
                self.covered.setdefault(_TOOLS[name], {})[asset] = None
            for piece in pieces:
                self.row += 1
                if not isinstance(piece, dict):
                    yield RejectedItem(self.row, "Not a finding of Trivy.", to_text(piece))
                elif item := read(self.row, position, piece):
                    yield item


def _strip_tag(name: str) -> str:
    """`registry:5000/app` of `registry:5000/app:1.2@sha256:... (alpine 3.9)`."""
    name = name.partition(" (")[0].partition("@")[0]
    head, colon, tag = name.rpartition(":")
    return head if colon and "/" not in tag and head != "sha256" else name


def image_of_workload(resource: dict[str, Any], results: list[dict[str, Any]]) -> str:
    """The scanned image of a workload, or "" if its configuration was scanned."""
    metadata = resource.get("Metadata")
    first = as_dict(next(iter(as_list(metadata)), metadata))
    tags = as_list(first.get("RepoTags"))
    system = [result.get("Target") for result in results if result.get("Class") == "os-pkgs"]
    return _strip_tag(to_text(next(iter([*system, *tags]), "")))


def build_vulnerability(
    row: int, result: _Result, piece: dict[str, Any]
) -> FindingItem | RejectedItem:
    cve, package = to_text(piece.get("VulnerabilityID")), to_text(piece.get("PkgName"))
    if not cve:
        return RejectedItem(row, "The vulnerability has no id.", package)
    installed = to_text(piece.get("InstalledVersion"))
    return FindingItem(
        row=row,
        tool=_TOOLS["Vulnerabilities"],
        rule=cve,
        severity=parse_severity(piece.get("Severity")) or "info",
        title=to_text(piece.get("Title")) or f"{cve} in {package}",
        asset=result.asset,
        location=result.add_image(locate_package(result, piece, package, installed)),
        description=join_paragraphs(
            ("", piece.get("Description")),
            ("Package", f"{package} {installed}".strip()),
            ("Fixed in", piece.get("FixedVersion")),
            ("Target", result.target),
            ("More", piece.get("PrimaryURL")),
        ),
        cvss=choose_score(as_dict(piece.get("CVSS")), to_text(piece.get("SeveritySource"))),
    )


def locate_package(result: _Result, piece: dict[str, Any], package: str, installed: str) -> str:
    """The package, and for a library the file that contains it, without its version."""
    if result.is_of_system:
        return package
    path = to_text(piece.get("PkgPath")) or result.target
    if installed:
        version = rf"(?<![0-9A-Za-z.]){re.escape(installed)}(?![0-9A-Za-z]|\.[0-9])"
        path = re.sub(version, "*", path)
    return f"{package} in {path}" if path else package


def choose_score(scores: dict[str, Any], preferred: str) -> Decimal | None:
    """The score of version 3 or 4, if any source has one."""
    for names in (("V40Score", "V3Score"), ("V2Score",)):
        for source in (preferred, *_SOURCES, *scores):
            by_version = as_dict(scores.get(source))
            for name in names:
                score = to_number(by_version.get(name), 10)
                if score is not None:
                    return score
    return None


def build_misconfiguration(row: int, result: _Result, piece: dict[str, Any]) -> FindingItem | None:
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


def build_secret(row: int, result: _Result, piece: dict[str, Any]) -> FindingItem:
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


def build_licence(row: int, result: _Result, piece: dict[str, Any]) -> FindingItem:
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


_KINDS: dict[str, Any] = {
    "Vulnerabilities": build_vulnerability,
    "Misconfigurations": build_misconfiguration,
    "Secrets": build_secret,
    "Licenses": build_licence,
}
# Each kind has a tool of its own, since a scan may look for one and not for another.
_TOOLS = {
    "Vulnerabilities": "trivy",
    "Misconfigurations": "trivy misconfiguration",
    "Secrets": "trivy secret",
    "Licenses": "trivy licence",
}
# The kind of a result by its class, which it has also without findings.
_CLASSES = {
    "": "Vulnerabilities",
    "os-pkgs": "Vulnerabilities",
    "lang-pkgs": "Vulnerabilities",
    "config": "Misconfigurations",
    "secret": "Secrets",
    "license": "Licenses",
    "license-file": "Licenses",
}
