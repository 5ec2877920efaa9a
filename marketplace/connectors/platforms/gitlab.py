"""Security reports of GitLab (`gl-...-report.json`), and findings as its API returns them."""

from collections.abc import Iterator
from typing import IO, Any

from marketplace.connectors.artifacts import ASSET, MERGE_TAGS
from marketplace.connectors.base import ScannerConnector, UnreadableReport, report_schema
from marketplace.connectors.format_hints import add_format_hint
from marketplace.connectors.items import AssetItem, Config, FindingItem, Item, Scan
from marketplace.connectors.parsing import as_dict, parse_time, stream_json, to_text
from marketplace.connectors.platforms.gitlab_findings import FindingBuilder, ScanFacts

_REPORTED, _OF_API = "vulnerabilities.item", "item"
_FINDINGS = (_REPORTED, _OF_API)
_FOREIGN = ("bomFormat", "catalogVersion")  # of CycloneDX and CISA's catalogue
_FACTS = ("scan", *_FOREIGN)
_STARTS = ("vulnerabilities",)
_OURS = ("identifiers", "location", "report_type", "category")
_ADVICE = "Not a report of GitLab. Take the artifact gl-...-report.json of the job that scanned."


class GitLab(ScannerConnector):
    """A finding is identified by scanner, CVE or rule, and place, without line and version."""

    slug = "gitlab"
    name = "GitLab reports"
    version = "1.0.0"
    summary = "Findings of GitLab's scanners of code, dependencies, images, sites and secrets."
    documentation = (
        "GitLab's security jobs write reports as artifacts: gl-sast-report.json, "
        "gl-dependency-scanning-report.json, gl-container-scanning-report.json, "
        "gl-dast-report.json, gl-secret-detection-report.json and those of fuzzing. Upload one, "
        "or what `glab api --paginate projects/:id/vulnerability_findings` returns.\n\n"
        "Each vulnerability becomes a finding on the image or the site. The other reports do not "
        "name their project, so configure the asset. Code and secrets are not stored.\n\n"
        "What is not in the next successful report of the same scanner and asset is resolved. An "
        "answer of the API resolves what it calls resolved; what was dismissed there is accepted, "
        "or a false positive by its reason.\n\n"
        "Tags of an image are assets of their own, unless you choose that they are one."
    )
    file_names = (".json",)
    schema = report_schema(asset=ASSET, merge_tags=MERGE_TAGS)

    def read_report(self, file: IO[bytes], config: Config, *, name: str = "") -> Iterator[Item]:
        scan = read_scan(file)
        builder = FindingBuilder(scan, config)
        for row, (_, _, piece) in enumerate(stream_json(file, _FINDINGS), 1):
            item = builder.build_finding(row, as_dict(piece))
            if isinstance(item, FindingItem) and item.asset:
                assets = builder.assets.setdefault(item.tool, {})
                if item.asset not in assets:
                    assets[item.asset] = None
                    yield AssetItem(row, item.asset, "application")
            yield item
        for tool, assets in builder.assets.items():
            yield Scan(tool, scan.at, tuple(assets) if scan.is_complete else ())


def read_scan(file: IO[bytes]) -> ScanFacts:
    """The facts beside the findings. Raises UnreadableReport for other formats."""
    facts: dict[str, Any] = {}
    for _, path, value in stream_json(file, (*_FINDINGS, *_FACTS), starts=_STARTS):
        facts.setdefault(path, value)
    first = [as_dict(facts[path]) for path in _FINDINGS if path in facts]
    has_foreign_findings = any(finding.keys().isdisjoint(_OURS) for finding in first)
    is_answer = _OF_API in facts
    is_ours = "report_type" in first[0] if is_answer else "vulnerabilities" in facts
    if not is_ours or has_foreign_findings or facts.keys() & set(_FOREIGN):
        raise UnreadableReport(add_format_hint(_ADVICE, file))
    scan = as_dict(facts.get("scan"))
    kind = to_text(scan.get("type"))
    return ScanFacts(
        type=kind,
        scanner=to_text(as_dict(scan.get("scanner")).get("id")),
        at=parse_time(scan.get("end_time")),
        is_complete=bool(kind) and to_text(scan.get("status") or "success") == "success",
    )
