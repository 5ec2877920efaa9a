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
_OLDER = "item"  # of reports from before version 0.20, which are a list of results
_RESOURCES = tuple(
    f"{name}.item" for name in ("Resources", "Findings", "Vulnerabilities", "Misconfigurations")
)
_NAMES = ("SchemaVersion", "ArtifactName", "ClusterName")  # one of which it has
_WITH_SYSTEM = ("container_image", "vm")
_HEADER = ("SchemaVersion", "ArtifactName", "ArtifactType", "CreatedAt", "ClusterName")
_SYSTEM = re.compile(r" \([\w-]+ [^()]*\)$")  # what follows an image: " (alpine 3.9.4)"
_SOURCES = ("nvd", "ghsa", "redhat")  # whose score counts first, after whose severity it is


class Trivy(Connector):
    """A vulnerability is known by its CVE, artifact and package, whatever the versions: so a
    package that is updated and still vulnerable stays the same finding, and a fixed one closes it.
    The tag of an image is left out of its name for the same reason. A library is told apart by the
    file that has it, a workload's package by the image. Several versions of a package in one file
    are one finding. What has no such name, like a secret, is known by file and rule, and numbered.
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
        "path or repository that holds even where the report is empty: so scan it for secrets and "
        "vulnerabilities at once, or configure another asset. Trivy does not say whether it looked "
        "for secrets and misconfigurations where it names no file of their kind, so those are "
        "resolved only while it does.\n\n"
        "Where the path that was scanned says little, as . does, configure the asset."
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
        header = _header(file)
        report = _Report(header, to_text(config.get("asset")))
        for _, place, piece in stream_json(file, (_RESULTS, _OLDER, *_RESOURCES)):
            if isinstance(piece, dict) and "Target" in piece:
                yield from report.result(piece, report.artifact)
            elif isinstance(piece, dict) and place in _RESOURCES and "Kind" in piece:
                yield from report.resource(piece)
            else:
                report.row += 1
                yield RejectedItem(report.row, "This is no result of Trivy.", to_text(piece))
        if not report.recognized and header.keys().isdisjoint(_NAMES):
            message = "This is no report of Trivy. Make one with --format json."
            raise UnreadableReport(add_format_hint(message, file))
        at = parse_time(header.get("CreatedAt"))
        for tool, assets in (report.covered or _nothing_found(header, report)).items():
            yield Scan(tool, at, tuple(assets))


def _nothing_found(header: dict[str, str], report: "_Report") -> dict[str, dict[str, None]]:
    """What a report without findings covers. Of packages that are all right Trivy names an image's
    system, but no lock files: so one of an image that names no system did not look for any."""
    named = report.artifact and not report.row and not report.recognized
    whole = named and header.get("ArtifactType") not in _WITH_SYSTEM
    return {_TOOLS["Vulnerabilities"]: {report.artifact: None} if whole else {}}


def _header(file: IO[bytes]) -> dict[str, str]:
    """What stands beside the results. A list of them names the image in that of its system."""
    header = {}
    for _, place, value in stream_json(file, (*_HEADER, f"{_OLDER}.Target")):
        if place in _HEADER:
            header[place] = to_text(value)
        elif _SYSTEM.search(to_text(value)):
            header |= {"ArtifactName": to_text(value), "ArtifactType": "container_image"}
    return header


@dataclass(frozen=True)
class _Result:
    """Where the findings of one result are."""

    asset: str
    target: str
    kind: str
    image: str  # where the asset is a workload of a cluster, which may run several
    numbering: DuplicateNumbering

    @property
    def of_system(self) -> bool:
        return self.kind == "os-pkgs" or bool(_SYSTEM.search(self.target))

    def within(self, place: str) -> str:
        return f"{place} of {self.image}" if self.image else place

    def numbered(self, name: str, rule: str, place: str) -> dict[str, Any]:
        tool = _TOOLS[name]
        place = self.numbering.number_location(self.within(place), tool, self.asset, rule)
        return {"tool": tool, "rule": rule, "asset": self.asset, "location": place}


class _Report:
    def __init__(self, header: dict[str, str], asset: str) -> None:
        self.row = 0
        self.asset = asset
        self.cluster = header.get("ClusterName", "").rpartition("/")[2]
        self.artifact = asset or _without_tag(header)
        self.covered: dict[str, dict[str, None]] = {}
        self.known: set[str] = set()
        self.recognized = False
        self.numbering = DuplicateNumbering()

    def resource(self, piece: dict[str, Any]) -> Iterator[Item]:
        """One workload of a cluster."""
        self.recognized = True
        parts = (self.cluster, *(to_text(piece.get(n)) for n in ("Namespace", "Kind", "Name")))
        asset = self.asset or "/".join(filter(None, parts))
        results = [as_dict(result) for result in as_list(piece.get("Results"))]
        for result in results:
            yield from self.result(result, asset, _image_of(piece, results))

    def result(self, result: dict[str, Any], asset: str, image: str = "") -> Iterator[Item]:
        self.recognized = True
        target, kind = to_text(result.get("Target")), to_text(result.get("Class"))
        around = _Result(asset, target, kind, "" if kind == "config" else image, self.numbering)
        if asset and asset not in self.known:
            self.known.add(asset)
            yield AssetItem(self.row + 1, asset, "application")
        for name, read in _KINDS.items():
            found = as_list(result.get(name))
            if asset and (found or _CLASSES.get(kind) == name):
                self.covered.setdefault(_TOOLS[name], {})[asset] = None
            for piece in found:
                self.row += 1
                if not isinstance(piece, dict):
                    yield RejectedItem(self.row, "This is no finding of Trivy.", to_text(piece))
                elif item := read(self.row, around, piece):
                    yield item


def _without_tag(header: dict[str, str]) -> str:
    name = header.get("ArtifactName", "")
    return _image(name) if header.get("ArtifactType") == "container_image" else name


def _image(name: str) -> str:
    """`registry:5000/app` of `registry:5000/app:1.2@sha256:... (alpine 3.9)`."""
    name = name.partition(" (")[0].partition("@")[0]
    head, colon, tag = name.rpartition(":")
    return head if colon and "/" not in tag and head != "sha256" else name


def _image_of(resource: dict[str, Any], results: list[dict[str, Any]]) -> str:
    """The image that was looked at of a workload, "" where it was its configuration."""
    said = resource.get("Metadata")
    tags = as_list(as_dict(next(iter(as_list(said)), said)).get("RepoTags"))
    system = [result.get("Target") for result in results if result.get("Class") == "os-pkgs"]
    return _image(to_text(next(iter([*system, *tags]), "")))


def _vulnerability(row: int, result: _Result, piece: dict[str, Any]) -> FindingItem | RejectedItem:
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
        location=result.within(_package(result, piece, package, installed)),
        description=join_paragraphs(
            ("", piece.get("Description")),
            ("Package", f"{package} {installed}".strip()),
            ("Fixed in", piece.get("FixedVersion")),
            ("Target", result.target),
            ("More", piece.get("PrimaryURL")),
        ),
        cvss=_score(as_dict(piece.get("CVSS")), to_text(piece.get("SeveritySource"))),
    )


def _package(result: _Result, piece: dict[str, Any], package: str, installed: str) -> str:
    """The package; for a library also the file that holds it, with its version left out."""
    if result.of_system:
        return package
    path = to_text(piece.get("PkgPath")) or result.target
    if installed:
        version = rf"(?<![0-9A-Za-z.]){re.escape(installed)}(?![0-9A-Za-z]|\.[0-9])"
        path = re.sub(version, "*", path)
    return f"{package} in {path}" if path else package


def _score(scores: dict[str, Any], preferred: str) -> Decimal | None:
    """Of version 3 or 4 where any source has one."""
    for names in (("V40Score", "V3Score"), ("V2Score",)):
        for source in (preferred, *_SOURCES, *scores):
            found = as_dict(scores.get(source))
            for name in names:
                score = to_number(found.get(name), 10)
                if score is not None:
                    return score
    return None


def _misconfiguration(row: int, result: _Result, piece: dict[str, Any]) -> FindingItem | None:
    if to_text(piece.get("Status") or "FAIL") != "FAIL":
        return None
    rule = to_text(piece.get("ID")) or to_text(piece.get("AVDID")) or "misconfiguration"
    cause = as_dict(piece.get("CauseMetadata"))
    place = " ".join(filter(None, (result.target, to_text(cause.get("Resource")))))
    message = to_text(piece.get("Message"))
    return FindingItem(
        row=row,
        **result.numbered("Misconfigurations", rule, f"{place}: {message}" if message else place),
        severity=parse_severity(piece.get("Severity")) or "info",
        title=to_text(piece.get("Title")) or rule,
        description=join_paragraphs(
            ("", piece.get("Description")),
            ("Found", message),
            ("Lines", _lines(cause)),
            ("To do", piece.get("Resolution")),
            ("More", piece.get("PrimaryURL")),
        ),
    )


def _lines(found: dict[str, Any]) -> str:
    first, last = to_text(found.get("StartLine")), to_text(found.get("EndLine"))
    return f"{first} to {last}" if first and last != first else first


def _secret(row: int, result: _Result, piece: dict[str, Any]) -> FindingItem:
    """The secret itself is left out, also where Trivy has not masked it."""
    rule = to_text(piece.get("RuleID")) or "secret"
    return FindingItem(
        row=row,
        **result.numbered("Secrets", rule, result.target),
        severity=parse_severity(piece.get("Severity")) or "high",
        title=to_text(piece.get("Title")) or rule,
        description=join_paragraphs(
            ("Kind", piece.get("Category")), ("File", result.target), ("Lines", _lines(piece))
        ),
    )


def _licence(row: int, result: _Result, piece: dict[str, Any]) -> FindingItem:
    name = to_text(piece.get("Name"))
    place = to_text(piece.get("PkgName")) or to_text(piece.get("FilePath"))
    return FindingItem(
        row=row,
        **result.numbered("Licenses", name or "licence", place),
        severity=parse_severity(piece.get("Severity")) or "info",
        title=f"Licence {name} of {place}",
        description=join_paragraphs(
            ("Category", piece.get("Category")), ("More", piece.get("Link"))
        ),
    )


_KINDS: dict[str, Any] = {
    "Vulnerabilities": _vulnerability,
    "Misconfigurations": _misconfiguration,
    "Secrets": _secret,
    "Licenses": _licence,
}
# A tool of its own for each kind, since a scan may look for one and not the other.
_TOOLS = {
    "Vulnerabilities": "trivy",
    "Misconfigurations": "trivy misconfiguration",
    "Secrets": "trivy secret",
    "Licenses": "trivy licence",
}
# Which of them a result is about: it says so also where it found none.
_CLASSES = {
    "": "Vulnerabilities",
    "os-pkgs": "Vulnerabilities",
    "lang-pkgs": "Vulnerabilities",
    "config": "Misconfigurations",
    "secret": "Secrets",
    "license": "Licenses",
    "license-file": "Licenses",
}
