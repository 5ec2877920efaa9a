"""Results of tests of OpenVAS, from whichever of its formats, and the findings they become."""

from dataclasses import dataclass
from decimal import Decimal

from marketplace.connectors.deduplication import DuplicateNumbering
from marketplace.connectors.items import FindingItem, RejectedItem
from marketplace.connectors.parsing import choose_rule, find_cves, join_paragraphs

TOOL = "openvas"


@dataclass(frozen=True, slots=True)
class ScanTestResult:
    host: str  # the name of the asset
    oid: str
    name: str
    port: str  # with its protocol
    severity: str
    score: Decimal | None
    cves: list[str]
    summary: str = ""
    output: str = ""
    impact: str = ""
    solution: str = ""
    quality: str = ""
    is_false_positive: bool = False


def build_finding(
    row: int, result: ScanTestResult, seen: DuplicateNumbering
) -> FindingItem | RejectedItem:
    if not result.oid:
        return RejectedItem(row, "The result has no test.", result.name)
    rule = choose_rule(result.cves, result.oid)
    location = result.port if rule == result.oid else f"{result.port} test {result.oid}"
    return FindingItem(
        row=row,
        tool=TOOL,
        rule=rule,
        severity=result.severity,
        title=result.name or result.oid,
        asset=result.host,
        location=seen.number_location(location, rule, result.host),
        description=join_paragraphs(
            ("", result.summary),
            ("Found", result.output),
            ("Impact", result.impact),
            ("To do", result.solution),
            ("CVEs", ", ".join(result.cves)),
            ("Quality of detection", result.quality),
            ("Test", result.oid),
        ),
        cvss=result.score,
        state="false_positive" if result.is_false_positive else "open",
        cves=find_cves(rule, *result.cves),
    )
