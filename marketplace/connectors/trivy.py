"""Reports of Trivy, as JSON."""

from collections.abc import Iterator
from decimal import Decimal
from typing import IO, Any

from marketplace.connectors.base import Capability, Category, Connector, UnreadableReport
from marketplace.connectors.items import AssetItem, Config, FindingItem, Item, Rejected, Scan
from marketplace.connectors.reading import (
    items_of,
    json_pieces,
    moment,
    number,
    object_of,
    severity,
    text,
    told,
)

_RESULTS = "Results.item"
_RESOURCES = ("Resources.item", "Vulnerabilities.item", "Misconfigurations.item")
_HEADER = ("SchemaVersion", "ArtifactName", "ArtifactType", "CreatedAt", "ClusterName")
_PACKAGES = ("os-pkgs", "lang-pkgs")
_SOURCES = ("nvd", "ghsa", "redhat")  # whose score counts first


class Trivy(Connector):
    """A vulnerability is known by its CVE, artifact and package, whatever the versions: so a
    package that is updated and still vulnerable stays the same finding, and a fixed one closes it.
    The tag of an image is left out of its name for the same reason.
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
        "A vulnerability that is not in the next report of the same artifact is resolved. Trivy "
        "does not say whether it looked for secrets and misconfigurations where it reports none, "
        "so those are resolved only while it reports others of their kind."
    )
    category = Category.SECURITY
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

    def read(self, file: IO[bytes], config: Config, *, name: str = "") -> Iterator[Item]:
        header = _header(file)
        report = _Report(header, text(config.get("asset")))
        pieces = 0
        for _, place, piece in json_pieces(file, (_RESULTS, *_RESOURCES, "item")):
            pieces += 1
            if not isinstance(piece, dict):
                yield Rejected(pieces, "This is no result of Trivy.", text(piece))
            elif place == _RESULTS or "Target" in piece:
                yield from report.result(piece, report.artifact)
            else:
                yield from report.resource(piece)
        if not pieces and not header:
            raise UnreadableReport("This is no report of Trivy. Make one with --format json.")
        at = moment(header.get("CreatedAt"))
        for tool, assets in report.covered.items():
            yield Scan(tool, at, tuple(assets))


def _header(file: IO[bytes]) -> dict[str, str]:
    """What stands beside the results; nothing in reports of before version 0.20."""
    return {place: text(value) for _, place, value in json_pieces(file, _HEADER)}


class _Report:
    def __init__(self, header: dict[str, str], asset: str) -> None:
        self.row = 0
        self.asset = asset
        self.cluster = header.get("ClusterName", "").rpartition("/")[2]
        self.artifact = asset or _without_tag(header)
        self.covered: dict[str, dict[str, None]] = {}
        self.known: set[str] = set()

    def resource(self, piece: dict[str, Any]) -> Iterator[Item]:
        """One workload of a cluster."""
        parts = (self.cluster, *(text(piece.get(n)) for n in ("Namespace", "Kind", "Name")))
        asset = self.asset or "/".join(filter(None, parts))
        for result in items_of(piece.get("Results")):
            yield from self.result(object_of(result), asset)

    def result(self, result: dict[str, Any], asset: str) -> Iterator[Item]:
        asset = asset or _image(text(result.get("Target")))
        kind = text(result.get("Class"))
        if asset not in self.known:
            self.known.add(asset)
            yield AssetItem(self.row + 1, asset, "application")
        for name, read in _KINDS.items():
            found = items_of(result.get(name))
            if found or (name == "Vulnerabilities" and kind in (*_PACKAGES, "")):
                tool = _TOOLS[name]
                self.covered.setdefault(tool, {})[asset] = None
            for piece in found:
                self.row += 1
                if not isinstance(piece, dict):
                    yield Rejected(self.row, "This is no finding of Trivy.", text(piece))
                elif item := read(self.row, asset, result, piece):
                    yield item


def _without_tag(header: dict[str, str]) -> str:
    name = header.get("ArtifactName", "")
    return _image(name) if header.get("ArtifactType") == "container_image" else name


def _image(name: str) -> str:
    """`registry:5000/app` of `registry:5000/app:1.2@sha256:...`, without " (alpine 3.9)"."""
    name = name.partition(" (")[0].partition("@")[0]
    head, colon, tag = name.rpartition(":")
    return head if colon and "/" not in tag else name


def _vulnerability(
    row: int, asset: str, result: dict[str, Any], piece: dict[str, Any]
) -> FindingItem | Rejected:
    cve, package = text(piece.get("VulnerabilityID")), text(piece.get("PkgName"))
    if not cve:
        return Rejected(row, "The vulnerability has no id.", package)
    installed = text(piece.get("InstalledVersion"))
    return FindingItem(
        row=row,
        tool=_TOOLS["Vulnerabilities"],
        rule=cve,
        severity=severity(piece.get("Severity")) or "info",
        title=text(piece.get("Title")) or f"{cve} in {package}",
        asset=asset,
        location=_place(result, piece, package, installed),
        description=told(
            ("", piece.get("Description")),
            ("Package", f"{package} {installed}".strip()),
            ("Fixed in", piece.get("FixedVersion")),
            ("Target", result.get("Target")),
            ("More", piece.get("PrimaryURL")),
        ),
        cvss=_score(object_of(piece.get("CVSS"))),
    )


def _place(result: dict[str, Any], piece: dict[str, Any], package: str, installed: str) -> str:
    """The package; for a library also the file that holds it, with its version left out."""
    if text(result.get("Class")) == "os-pkgs":
        return package
    target = text(result.get("Target")) if text(result.get("Class")) == "lang-pkgs" else ""
    path = text(piece.get("PkgPath")) or target
    if installed:
        path = path.replace(installed, "*")
    return f"{package} in {path}" if path else package


def _score(scores: dict[str, Any]) -> Decimal | None:
    for source in (*_SOURCES, *scores):
        found = object_of(scores.get(source))
        for name in ("V40Score", "V3Score", "V2Score"):
            score = number(found.get(name), 10)
            if score is not None:
                return score
    return None


def _misconfiguration(
    row: int, asset: str, result: dict[str, Any], piece: dict[str, Any]
) -> FindingItem | None:
    if text(piece.get("Status") or "FAIL") != "FAIL":
        return None
    rule = text(piece.get("ID")) or text(piece.get("AVDID"))
    cause = object_of(piece.get("CauseMetadata"))
    resource = text(cause.get("Resource"))
    place = " ".join(filter(None, (text(result.get("Target")), resource)))
    return FindingItem(
        row=row,
        tool=_TOOLS["Misconfigurations"],
        rule=rule or "misconfiguration",
        severity=severity(piece.get("Severity")) or "info",
        title=text(piece.get("Title")) or rule,
        asset=asset,
        location=f"{place}: {text(piece.get('Message'))}",
        description=told(
            ("", piece.get("Description")),
            ("Found", piece.get("Message")),
            ("Lines", _lines(cause)),
            ("To do", piece.get("Resolution")),
            ("More", piece.get("PrimaryURL")),
        ),
    )


def _lines(found: dict[str, Any]) -> str:
    first, last = text(found.get("StartLine")), text(found.get("EndLine"))
    return f"{first} to {last}" if first and last != first else first


def _secret(row: int, asset: str, result: dict[str, Any], piece: dict[str, Any]) -> FindingItem:
    """The secret itself is left out, also where Trivy has not masked it."""
    rule = text(piece.get("RuleID")) or "secret"
    return FindingItem(
        row=row,
        tool=_TOOLS["Secrets"],
        rule=rule,
        severity=severity(piece.get("Severity")) or "high",
        title=text(piece.get("Title")) or rule,
        asset=asset,
        location=f"{text(result.get('Target'))}:{text(piece.get('StartLine'))}",
        description=told(("Kind", piece.get("Category")), ("Lines", _lines(piece))),
    )


def _licence(row: int, asset: str, result: dict[str, Any], piece: dict[str, Any]) -> FindingItem:
    name, package = text(piece.get("Name")), text(piece.get("PkgName"))
    place = package or text(piece.get("FilePath"))
    return FindingItem(
        row=row,
        tool=_TOOLS["Licenses"],
        rule=name or "licence",
        severity=severity(piece.get("Severity")) or "info",
        title=f"Licence {name} of {place}",
        asset=asset,
        location=place,
        description=told(("Category", piece.get("Category")), ("More", piece.get("Link"))),
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
