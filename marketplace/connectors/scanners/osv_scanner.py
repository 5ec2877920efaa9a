"""Reports of OSV-Scanner, as JSON."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any

from marketplace.connectors.artifacts import ASSET, locate_package
from marketplace.connectors.base import ScannerConnector, UnreadableReport, report_schema
from marketplace.connectors.components import list_components
from marketplace.connectors.cvss_vectors import score_vector
from marketplace.connectors.deduplication import merge_versions
from marketplace.connectors.format_hints import add_format_hint
from marketplace.connectors.items import Config, FindingItem, Item, RejectedItem, Scan
from marketplace.connectors.parsing import (
    SEVERITIES,
    as_dict,
    as_list,
    choose_rule,
    find_cves,
    join_paragraphs,
    parse_severity,
    severity_from_score,
    stream_json,
    to_number,
    to_text,
)

TOOL = "osv-scanner"
_RESULT = "results.item"
_MALICIOUS = "MAL-"  # ids of packages that are malicious themselves
_ADVICE = "Not a report of OSV-Scanner. Make one with --format json."


class OsvScanner(ScannerConnector):
    """A vulnerability is identified by CVE, package and file, without any version.

    Advisories of several databases about the same vulnerability are one finding, as OSV-Scanner
    groups them. Its rule is the CVE if the group is about exactly one.
    """

    slug = "osv-scanner"
    name = "OSV-Scanner"
    version = "1.0.0"
    summary = "Vulnerabilities of the packages that a project or image uses, by OSV-Scanner."
    documentation = (
        "OSV-Scanner looks up the packages of lock files, bills of materials and images in the "
        "open database OSV. Make a report with `osv-scanner scan --format json "
        "--output-file report.json --recursive PATH`.\n\n"
        "Each vulnerability of a package becomes a finding. The severity is that of the CVSS "
        "score, else the word of the database; a malicious package is critical.\n\n"
        "The report does not name what was scanned, so configure the asset. With an asset, a "
        "vulnerability that is not in the next report is resolved."
    )
    file_names = (".json",)
    schema = report_schema(asset=ASSET)

    def read_report(self, file: IO[bytes], config: Config, *, name: str = "") -> Iterator[Item]:
        check_format(file)
        asset = to_text(config.get("asset"))
        row = 0
        for _, _, result in stream_json(file, (_RESULT,)):
            path = to_text(as_dict(as_dict(result).get("source")).get("path"))
            items = []
            for entry in as_list(as_dict(result).get("packages")):
                for group in group_vulnerabilities(as_dict(entry)):
                    row += 1
                    items.append(group.build_finding(row, asset, path))
            yield from merge_versions(items)
        yield Scan(TOOL, None, (asset,) if asset else ())


def check_format(file: IO[bytes]) -> None:
    """Raise UnreadableReport unless there are results, each with packages."""
    has_results = False
    foreign = ("errors", "version", "paths")  # of Semgrep, which also has results
    for _, path, value in stream_json(file, (_RESULT, *foreign), starts=("results",)):
        if path == "results":
            has_results = True
        elif path in foreign or "packages" not in as_dict(value):
            raise UnreadableReport(add_format_hint(_ADVICE, file))
    if not has_results:
        raise UnreadableReport(add_format_hint(_ADVICE, file))


def group_vulnerabilities(entry: dict[str, Any]) -> Iterator["_Group"]:
    """Yield what OSV-Scanner takes for the same vulnerability of a package."""
    package = as_dict(entry.get("package"))
    name, version = to_text(package.get("name")), to_text(package.get("version"))
    by_id = {
        to_text(as_dict(part).get("id")): as_dict(part)
        for part in as_list(entry.get("vulnerabilities"))
    }
    for group in map(as_dict, as_list(entry.get("groups"))):
        ids = [to_text(part) for part in as_list(group.get("ids"))]
        members = [by_id.pop(part) for part in ids if part in by_id]
        if members:
            score = to_number(group.get("max_severity") or None, 10)
            yield _Group(name, version, members, score)
    for vulnerability in by_id.values():
        yield _Group(name, version, [vulnerability], None)


@dataclass(frozen=True, slots=True)
class _Group:
    package: str  # "" for the commit of a repository
    version: str
    vulnerabilities: list[dict[str, Any]]
    score: Decimal | None  # which only newer versions of OSV-Scanner write

    def build_finding(self, row: int, asset: str, path: str) -> FindingItem | RejectedItem:
        names = self.list_names()
        if not names:
            return RejectedItem(row, "The vulnerability has no id.", self.package)
        rule = choose_rule(names, names[0])
        score = self.find_score()
        return FindingItem(
            row=row,
            tool=TOOL,
            rule=rule,
            severity=self.choose_severity(score),
            title=self.find_text("summary") or f"{rule} in {self.package or path}",
            asset=asset,
            location=locate_package(self.package, path, self.version),
            description=join_paragraphs(
                ("", self.find_text("details")),
                ("Package", f"{self.package} {self.version}".strip()),
                ("Fixed in", ", ".join(self.list_fixed_versions())),
                ("Also known as", ", ".join(name for name in names if name != rule)),
                ("File", path),
            ),
            cvss=score,
            cves=find_cves(*names),
            components=list_components(self.package, self.version),
        )

    def list_names(self) -> list[str]:
        """The ids, then the ids in other databases."""
        ids = [to_text(part.get("id")) for part in self.vulnerabilities]
        aliases = [
            to_text(a) for part in self.vulnerabilities for a in as_list(part.get("aliases"))
        ]
        return [name for name in dict.fromkeys((*ids, *sorted(aliases))) if name]

    def find_text(self, name: str) -> str:
        texts = (to_text(part.get(name)).strip() for part in self.vulnerabilities)
        return next(filter(None, texts), "")

    def find_score(self) -> Decimal | None:
        if self.score is not None:
            return self.score
        vectors = [
            to_text(as_dict(rating).get("score"))
            for part in self.vulnerabilities
            for rating in as_list(part.get("severity"))
        ]
        return max(filter(None, map(score_vector, vectors)), default=None)

    def choose_severity(self, score: Decimal | None) -> str:
        if any(to_text(part.get("id")).startswith(_MALICIOUS) for part in self.vulnerabilities):
            return "critical"
        if score is not None:
            return severity_from_score(score)
        words = [
            parse_severity(as_dict(part.get("database_specific")).get("severity"))
            for part in self.vulnerabilities
        ]
        return max(filter(None, words), key=SEVERITIES.index, default="info")

    def list_fixed_versions(self) -> list[str]:
        versions = [
            to_text(as_dict(event).get("fixed"))
            for part in self.vulnerabilities
            for affected in map(as_dict, as_list(part.get("affected")))
            if as_dict(affected.get("package")).get("name") in (None, self.package)
            for span in as_list(affected.get("ranges"))
            for event in as_list(as_dict(span).get("events"))
        ]
        return list(dict.fromkeys(filter(None, versions)))
