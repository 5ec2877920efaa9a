"""Reports of Grype, as JSON."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any

from marketplace.connectors.artifacts import ASSET, MERGE_TAGS, locate_package, name_image
from marketplace.connectors.base import ScannerConnector, UnreadableReport, report_schema
from marketplace.connectors.components import list_components
from marketplace.connectors.format_hints import add_format_hint
from marketplace.connectors.items import AssetItem, Config, FindingItem, Item, RejectedItem, Scan
from marketplace.connectors.parsing import (
    as_dict,
    as_list,
    choose_rule,
    describe_unknown_severity,
    find_cves,
    join_paragraphs,
    parse_severity,
    parse_time,
    severity_from_score,
    stream_json,
    to_number,
    to_text,
)

TOOL = "grype"
_MATCHES, _IGNORED = "matches.item", "ignoredMatches.item"
_SYSTEM_PACKAGES = ("deb", "rpm", "apk", "alpm", "portage", "msrc-kb")
_VEX_STATES = {"not_affected": "false_positive", "fixed": "resolved"}
_ADVICE = "Not a report of Grype. Make one with --output json."


class Grype(ScannerConnector):
    """A vulnerability is identified by CVE, artifact and package, without any version.

    Its rule is the CVE also where Grype has it from an advisory of another name about exactly one.
    Packages of a language are kept apart by the file that contains them.
    """

    slug = "grype"
    name = "Grype"
    version = "1.0.0"
    summary = "Vulnerabilities of images, folders and bills of materials that Grype found."
    documentation = (
        "Grype scans container images, folders and bills of materials. Make a report with "
        "`grype IMAGE --output json --file report.json`.\n\n"
        "Each match becomes a finding on the asset of that name: the image with its tag, or the "
        "folder. If what is scanned has no telling name, such as ., configure the asset. What a "
        "VEX or an ignore rule of yours left out is a false positive or accepted.\n\n"
        "Tags are assets of their own, and latest is the same as none. If the tags of an image "
        "are its releases, one after another, choose that they are one asset.\n\n"
        "A vulnerability that is not in the next report of the same asset is resolved."
    )
    file_names = (".json",)
    schema = report_schema(asset=ASSET, merge_tags=MERGE_TAGS)

    def read_report(self, file: IO[bytes], config: Config, *, name: str = "") -> Iterator[Item]:
        header = read_header(file)
        asset = to_text(config.get("asset")) or name_source(
            as_dict(header.get("source")), merge_tags=config.get("merge_tags", False)
        )
        if asset:
            yield AssetItem(1, asset, "application")
        row = 0
        for row, (_, path, piece) in enumerate(stream_json(file, (_MATCHES, _IGNORED)), 1):
            match = as_dict(piece)
            state, reason = read_ignore_rules(match) if path == _IGNORED else ("open", "")
            if state:
                yield build_finding(row, asset, match, state, reason)
        descriptor = as_dict(header.get("descriptor"))
        if not row and descriptor.get("name") != "grype":
            raise UnreadableReport(add_format_hint(_ADVICE, file))
        yield Scan(TOOL, parse_time(descriptor.get("timestamp")), (asset,) if asset else ())


def read_header(file: IO[bytes]) -> dict[str, Any]:
    """The facts beside the matches. Raises UnreadableReport where there is no list of those."""
    paths = ("source", "descriptor")
    header = {path: value for _, path, value in stream_json(file, paths, starts=("matches",))}
    if "matches" not in header:
        raise UnreadableReport(add_format_hint(_ADVICE, file))
    return header


def name_source(source: dict[str, Any], *, merge_tags: bool) -> str:
    target = source.get("target")
    if source.get("type") != "image":
        # Versions up to 0.24 put a path into quotation marks.
        return (to_text(target) or to_text(as_dict(target).get("userInput"))).strip('"')
    image = as_dict(target)
    names = (
        image.get("userInput"),
        *as_list(image.get("tags")),
        *as_list(image.get("repoDigests")),
    )
    return name_image(next(filter(None, map(to_text, names)), ""), merge_tags=merge_tags)


def read_ignore_rules(match: dict[str, Any]) -> tuple[str, str]:
    """The state of an ignored match and the reason; no state for what Grype ignores by itself."""
    rules = [as_dict(rule) for rule in as_list(match.get("appliedIgnoreRules"))]
    for rule in rules:
        if status := to_text(rule.get("vex-status")):
            return _VEX_STATES.get(status, "open"), to_text(rule.get("vex-justification"))
    chosen = [rule for rule in rules if to_text(rule.get("vulnerability"))]
    return ("accepted", to_text(chosen[0].get("reason"))) if chosen else ("", "")


@dataclass(frozen=True, slots=True)
class _Package:
    name: str
    version: str
    location: str
    components: tuple[str, ...]


def read_package(artifact: dict[str, Any]) -> _Package:
    """The package, and where it is. Those of the system are anywhere."""
    name, version = to_text(artifact.get("name")), to_text(artifact.get("version"))
    places = [as_dict(place) for place in as_list(artifact.get("locations"))]
    path = next((text for place in places if (text := to_text(place.get("path")))), "")
    if artifact.get("type") in _SYSTEM_PACKAGES:
        path = ""
    components = list_components(name, version, artifact.get("purl"))
    return _Package(name, version, locate_package(name, path, version), components)


def build_finding(
    row: int, asset: str, match: dict[str, Any], state: str, reason: str
) -> FindingItem | RejectedItem:
    vulnerability = as_dict(match.get("vulnerability"))
    package = read_package(as_dict(match.get("artifact")))
    name = to_text(vulnerability.get("id"))
    if not name or not package.name:
        missing = "package" if name else "vulnerability"
        return RejectedItem(row, f"The match has no {missing}.", name or package.name)
    related = [as_dict(part) for part in as_list(match.get("relatedVulnerabilities"))]
    names = list(dict.fromkeys((name, *(to_text(part.get("id")) for part in related))))
    rule = choose_rule(names, name)
    score = choose_score([vulnerability, *related])
    severity = parse_severity(vulnerability.get("severity"))
    fix = as_dict(vulnerability.get("fix"))
    return FindingItem(
        row=row,
        tool=TOOL,
        rule=rule,
        severity=severity or (severity_from_score(score) if score is not None else "info"),
        title=f"{rule} in {package.name}",
        asset=asset,
        location=package.location,
        description=join_paragraphs(
            (
                "",
                next(
                    filter(
                        None, (to_text(p.get("description")) for p in (vulnerability, *related))
                    ),
                    "",
                ),
            ),
            ("Package", f"{package.name} {package.version}".strip()),
            ("Fixed in", ", ".join(map(to_text, as_list(fix.get("versions"))))),
            ("Left out by Grype", reason),
            ("Severity", describe_unknown_severity(vulnerability.get("severity"))),
            ("Also known as", ", ".join(other for other in names if other != rule)),
            ("More", vulnerability.get("dataSource")),
        ),
        cvss=score,
        state=state,
        cves=find_cves(*names),
        components=package.components,
    )


def choose_score(vulnerabilities: list[dict[str, Any]]) -> Decimal | None:
    """The base score of the newest version of CVSS, of the first vulnerability that has any."""
    for vulnerability in vulnerabilities:
        scores = [
            (
                to_text(part.get("version")),
                to_number(as_dict(part.get("metrics")).get("baseScore"), 10),
            )
            for part in map(as_dict, as_list(vulnerability.get("cvss")))
        ]
        rated = [(version, score) for version, score in scores if score is not None]
        if rated:
            return max(rated, key=lambda rating: rating[0])[1]
    return None
