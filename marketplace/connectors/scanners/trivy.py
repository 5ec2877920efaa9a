"""Reports of Trivy, as JSON."""

from collections.abc import Iterator
from dataclasses import replace
from typing import IO, Any

from marketplace.connectors.artifacts import ASSET, MERGE_TAGS, name_image
from marketplace.connectors.base import ScannerConnector, UnreadableReport, report_schema
from marketplace.connectors.deduplication import DuplicateNumbering, merge_versions
from marketplace.connectors.format_hints import add_format_hint
from marketplace.connectors.items import AssetItem, Config, FindingItem, Item, RejectedItem, Scan
from marketplace.connectors.parsing import (
    as_dict,
    as_list,
    join_paragraphs,
    parse_time,
    stream_json,
    to_text,
)
from marketplace.connectors.scanners.trivy_findings import (
    BUILDERS,
    KIND_BY_CLASS,
    SYSTEM,
    TOOLS,
    ResultPosition,
    unsuppress,
)

_RESULTS = "Results.item"
_OLDER = "item"  # reports of versions before 0.20 are a list of results
_RESOURCES = tuple(
    f"{name}.item" for name in ("Resources", "Findings", "Vulnerabilities", "Misconfigurations")
)
_NAMES = ("SchemaVersion", "ArtifactName", "ClusterName")  # a report has one of them
_WITH_SYSTEM = ("container_image", "vm")
_HEADER = ("SchemaVersion", "ArtifactName", "ArtifactType", "CreatedAt", "ClusterName")


class Trivy(ScannerConnector):
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
        "Each vulnerability becomes a finding on the asset of that name: the image with its tag, "
        "the path, or cluster/namespace/kind/name. Misconfigurations that failed, secrets "
        "and licences become findings too. What the distributor or a VEX calls not affected is a "
        "false positive; what was ignored on purpose (--show-suppressed) is accepted.\n\n"
        "Tags such as stable and dev are assets of their own, and latest is the same as none. If "
        "the tags of an image are its releases, one after another, choose that they are one "
        "asset: then the next release closes what it has fixed.\n\n"
        "A vulnerability that is not in the next report of the same artifact is resolved. For a "
        "path or repository this happens even if the report is empty, so scan it for secrets and "
        "vulnerabilities together, or configure another asset. A report that lists no file with "
        "secrets or misconfigurations does not tell whether Trivy looked for them, so then those "
        "are not resolved.\n\n"
        "If the scanned path has no telling name, such as ., configure the asset."
    )
    file_names = (".json",)
    schema = report_schema(asset=ASSET, merge_tags=MERGE_TAGS)

    def read_report(self, file: IO[bytes], config: Config, *, name: str = "") -> Iterator[Item]:
        if is_null(file):
            yield Scan(TOOLS["Vulnerabilities"])
            return
        header = read_header(file)
        report = _Report(header, config)
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


def is_null(file: IO[bytes]) -> bool:
    """Whether it is a report of an old version that found nothing. It names no artifact."""
    file.seek(0)
    return file.read(64).removeprefix(b"\xef\xbb\xbf").strip() == b"null"


def coverage_of_empty_report(
    header: dict[str, str], report: "_Report"
) -> dict[str, dict[str, None]]:
    """The assets by tool that a report without findings covers.

    For packages without vulnerabilities, Trivy lists the system of an image but no lock files. So a
    report on an image that lists no system is of a scan that did not look for packages.
    """
    is_named = report.artifact and not report.row and not report.is_recognized
    is_covered = is_named and header.get("ArtifactType") not in _WITH_SYSTEM
    return {TOOLS["Vulnerabilities"]: {report.artifact: None} if is_covered else {}}


def read_header(file: IO[bytes]) -> dict[str, str]:
    """The facts beside the results. A list of results has the image in the name of its system."""
    header = {}
    for _, path, value in stream_json(file, (*_HEADER, f"{_OLDER}.Target")):
        if path in _HEADER:
            header[path] = to_text(value)
        elif SYSTEM.search(to_text(value)):
            header |= {"ArtifactName": to_text(value), "ArtifactType": "container_image"}
    return header


class _Report:
    def __init__(self, header: dict[str, str], config: Config) -> None:
        self.row = 0
        self.asset = to_text(config.get("asset"))
        self.cluster = header.get("ClusterName", "").rpartition("/")[2]
        name = header.get("ArtifactName", "")
        is_image = header.get("ArtifactType") == "container_image"
        if is_image:
            name = name_image(strip_system(name), merge_tags=bool(config.get("merge_tags")))
        self.artifact = self.asset or name
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
        position = ResultPosition(
            asset, target, kind, "" if kind == "config" else image, self.numbering
        )
        if asset and asset not in self.yielded_assets:
            self.yielded_assets.add(asset)
            yield AssetItem(self.row + 1, asset, "application")
        suppressed = list(unsuppress(result))
        for name in BUILDERS:
            pieces = as_list(result.get(name))
            if asset and (pieces or KIND_BY_CLASS.get(kind) == name):
                self.covered.setdefault(TOOLS[name], {})[asset] = None
            items = [self._build_item(name, position, piece) for piece in pieces]
            for suppressed_kind, piece, state, reason in suppressed:
                if suppressed_kind == name:
                    items.append(self._build_suppressed(name, position, piece, state, reason))
            present = [item for item in items if item]
            yield from merge_versions(present) if name == "Vulnerabilities" else present

    def _build_item(
        self, kind: str, position: ResultPosition, piece: Any
    ) -> FindingItem | RejectedItem | None:
        self.row += 1
        if not isinstance(piece, dict):
            return RejectedItem(self.row, "Not a finding of Trivy.", to_text(piece))
        return BUILDERS[kind](self.row, position, piece)

    def _build_suppressed(
        self, kind: str, position: ResultPosition, piece: Any, state: str, reason: str
    ) -> FindingItem | RejectedItem | None:
        item = self._build_item(kind, position, piece)
        if not isinstance(item, FindingItem):
            return item
        description = join_paragraphs(("", item.description), ("Left out by Trivy", reason))
        return replace(item, state=state, description=description)


def image_of_workload(resource: dict[str, Any], results: list[dict[str, Any]]) -> str:
    """The scanned image of a workload, or "" if its configuration was scanned."""
    metadata = resource.get("Metadata")
    first = as_dict(next(iter(as_list(metadata)), metadata))
    tags = as_list(first.get("RepoTags"))
    system = [result.get("Target") for result in results if result.get("Class") == "os-pkgs"]
    name = to_text(next(iter([*system, *tags]), ""))
    return name_image(strip_system(name), merge_tags=True)


def strip_system(target: str) -> str:
    """`web:1.4` of `web:1.4 (alpine 3.9.4)`."""
    return target.partition(" (")[0]
