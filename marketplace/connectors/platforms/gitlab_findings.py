"""Findings of GitLab's scanners, of all kinds."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marketplace.connectors.artifacts import name_image
from marketplace.connectors.components import list_components
from marketplace.connectors.deduplication import DuplicateNumbering
from marketplace.connectors.items import Config, FindingItem, RejectedItem
from marketplace.connectors.parsing import (
    as_dict,
    as_list,
    choose_rule,
    describe_unknown_severity,
    find_cves,
    join_paragraphs,
    parse_severity,
    to_text,
)

_STATES = {"dismissed": "accepted", "resolved": "resolved"}


@dataclass(frozen=True, slots=True)
class ScanFacts:
    type: str  # e.g. dependency_scanning; "" in old reports and for answers of the API
    scanner: str
    at: datetime | None
    is_complete: bool


class FindingBuilder:
    """Builds the findings of one report, and notes the assets of each tool."""

    def __init__(self, scan: ScanFacts, config: Config) -> None:
        self.scan = scan
        self.asset = to_text(config.get("asset"))
        self.merge_tags = config.get("merge_tags") is True
        self.numbering = DuplicateNumbering()
        self.assets: dict[str, dict[str, None]] = {}
        if scan.type:
            self.assets[self._name_tool({})] = {self.asset: None} if self.asset else {}

    def build_finding(self, row: int, piece: dict[str, Any]) -> FindingItem | RejectedItem:
        names = [as_dict(part) for part in as_list(piece.get("identifiers"))]
        title = to_text(piece.get("name")) or to_text(piece.get("message"))
        rule = choose_identifier(names)
        if not rule:
            return RejectedItem(row, "The vulnerability has no identifiers.", title)
        place = as_dict(piece.get("location"))
        package = as_dict(place.get("dependency"))
        tool, asset = self._name_tool(piece), self._name_asset(piece, place)
        state, reason = read_state(piece)
        return FindingItem(
            row=row,
            tool=tool,
            rule=rule,
            severity=parse_severity(piece.get("severity")) or "info",
            title=title or to_text(names[0].get("name")) or rule,
            asset=asset,
            location=self.numbering.number_location(describe_location(place), tool, asset, rule),
            description=join_paragraphs(
                ("", piece.get("description")),
                ("At", describe_lines(place)),
                ("Package", describe_package(package)),
                ("To do", piece.get("solution")),
                ("Also known as", ", ".join(to_text(part.get("name")) for part in names)),
                ("Severity", describe_unknown_severity(piece.get("severity"))),
                ("Confidence", piece.get("confidence")),
                ("Decided on GitLab", reason),
                ("More", next(filter(None, (to_text(part.get("url")) for part in names)), "")),
            ),
            state=state,
            cves=find_cves(*(to_text(part.get("value")) for part in names)),
            components=list_components(
                to_text(as_dict(package.get("package")).get("name")), package.get("version")
            ),
        )

    def _name_tool(self, piece: dict[str, Any]) -> str:
        kind = self.scan.type or to_text(piece.get("report_type") or piece.get("category"))
        scanner = as_dict(piece.get("scanner"))
        name = self.scan.scanner or to_text(scanner.get("id") or scanner.get("external_id"))
        return " ".join(("gitlab", *kind.split("_"), *name.split()))

    def _name_asset(self, piece: dict[str, Any], place: dict[str, Any]) -> str:
        image = name_image(to_text(place.get("image")), merge_tags=self.merge_tags)
        project = to_text(as_dict(piece.get("project")).get("full_path"))
        return self.asset or image or to_text(place.get("hostname")) or project


def choose_identifier(names: list[dict[str, Any]]) -> str:
    """The CVE if there is exactly one, else the first identifier, which is that of the scanner."""
    values = [to_text(part.get("value")) for part in names]
    first = values[0] if values else ""
    is_weakness = bool(names) and to_text(names[0].get("type")).lower() == "cwe"
    return choose_rule(values, f"CWE-{first}" if first and is_weakness else first)


def describe_location(place: dict[str, Any]) -> str:
    """The position without line and version: a package, a function, an address or a crash."""
    package = to_text(as_dict(as_dict(place.get("dependency")).get("package")).get("name"))
    path = to_text(place.get("file"))
    if package:
        return f"{package} in {path}" if path else package
    address = (place.get("method"), place.get("path")) if place.get("hostname") else ()
    code = () if address else (place.get("class"), place.get("method"))
    crash = (place.get("crash_type"), to_text(place.get("crash_state")).partition("\n")[0])
    parts = (path, *code, *address, place.get("param"), *crash)
    return " ".join(filter(None, map(to_text, parts)))


def describe_lines(place: dict[str, Any]) -> str:
    path, line = to_text(place.get("file")), to_text(place.get("start_line"))
    return f"{path}, line {line}" if path and line else ""


def describe_package(dependency: dict[str, Any]) -> str:
    name = to_text(as_dict(dependency.get("package")).get("name"))
    return f"{name} {to_text(dependency.get('version'))}".strip()


def read_state(piece: dict[str, Any]) -> tuple[str, str]:
    """The state and the reason for it. Reports have neither; answers of the API do."""
    state = _STATES.get(to_text(piece.get("state")), "open")
    feedback = as_dict(piece.get("dismissal_feedback"))
    reason = to_text(piece.get("dismissal_reason") or feedback.get("dismissal_reason"))
    if state == "accepted" and reason == "false_positive":
        state = "false_positive"
    return state, reason
