"""Results of plugins of Nessus, from whichever of its formats, and the findings they become."""

from dataclasses import dataclass
from decimal import Decimal

from marketplace.connectors.deduplication import DuplicateNumbering
from marketplace.connectors.items import FindingItem, RejectedItem
from marketplace.connectors.parsing import (
    choose_rule,
    find_cves,
    join_paragraphs,
    severity_from_score,
    to_number,
)

TOOL = "nessus"


@dataclass(frozen=True, slots=True)
class PluginResult:
    """One result. `scores` are base scores by version of CVSS, as they stand in the report."""

    host: str
    plugin: str
    severity: str  # "" if it cannot be read
    name: str
    port: str
    protocol: str
    scores: dict[int, str]
    cves: list[str]
    service: str = ""
    check: str = ""  # of a policy
    family: str = ""
    description: str = ""
    output: str = ""
    solution: str = ""
    state: str = "open"


def build_finding(
    row: int, result: PluginResult, seen: DuplicateNumbering
) -> FindingItem | RejectedItem:
    if not result.plugin or not result.severity:
        return RejectedItem(row, "The item has no plugin or no severity.", result.name)
    if not result.host:
        return RejectedItem(row, "The host has no name and no address.", result.name)
    rule = choose_rule(result.cves, f"nessus-{result.plugin}")
    scores = read_scores(result.scores)
    severity, reason = choose_severity(result.severity, scores)
    return FindingItem(
        row=row,
        tool=TOOL,
        rule=rule,
        severity=severity,
        title=result.check or result.name or rule,
        asset=result.host,
        location=seen.number_location(build_location(result, rule), rule, result.host),
        description=join_paragraphs(
            ("", result.description),
            ("Output", result.output),
            ("To do", result.solution),
            ("CVEs", ", ".join(result.cves)),
            ("Service", result.service),
            ("Severity", reason),
            ("Plugin", f"{result.plugin}, {result.family}".strip(", ")),
        ),
        cvss=next(iter(scores.values()), None),
        state=result.state,
        cves=find_cves(*result.cves),
    )


def read_scores(scores: dict[int, str]) -> dict[int, Decimal]:
    """The scores that are numbers, of the newest version first."""
    numbers = {
        version: to_number(scores[version].replace(",", "."), 10)
        for version in sorted(scores, reverse=True)
    }
    return {version: number for version, number in numbers.items() if number is not None}


def choose_severity(reported: str, scores: dict[int, Decimal]) -> tuple[str, str]:
    """The severity, and the reason if it is not simply the reported one.

    Nessus rates by the version of CVSS that a scan is set to, which may be an old one: so the
    newest score counts. A severity that none of the scores gives was set by a person, and stays.
    """
    severities = {version: rate_score(version, score) for version, score in scores.items()}
    newest = next(iter(severities.values()), reported)
    if reported == newest:
        return reported, ""
    version, score = next(iter(scores.items()))
    by_score = f"CVSS {version} is {score}, which is {newest}"
    if reported in severities.values():
        return newest, f"Nessus says {reported}, by an older version of CVSS. {by_score}."
    return reported, f"It was set to {reported} in Nessus. {by_score}."


def rate_score(version: int, score: Decimal) -> str:
    """The severity by the scale that Nessus has for this version."""
    severity = severity_from_score(score)
    if version == 2 and severity == "critical":
        return "critical" if score == 10 else "high"
    return severity


def build_location(result: PluginResult, rule: str) -> str:
    """The position on the host.

    The service is not a part of it: Nessus guesses it, and its CSV does not have it.
    """
    # Another plugin may have the same CVE.
    other = "" if rule.startswith("nessus-") else f"plugin {result.plugin}"
    port = f"{result.port or '0'}/{result.protocol.lower()}"
    return " ".join(filter(None, (port, other, result.check)))
