"""Alerts of GitHub, one kind a function: what becomes of each as a finding."""

import re
from decimal import Decimal
from typing import Any

from marketplace.connectors.artifacts import locate_package
from marketplace.connectors.cvss_vectors import score_vector
from marketplace.connectors.items import FindingItem, RejectedItem
from marketplace.connectors.parsing import (
    as_dict,
    as_list,
    choose_rule,
    find_cves,
    join_paragraphs,
    parse_severity,
    severity_from_score,
    to_number,
    to_text,
)

# The words of REST and GraphQL, in lower case and with a space for "_".
_STATES = {
    "open": "open",
    "fixed": "resolved",
    "auto dismissed": "accepted",
    "dismissed": "accepted",
    "resolved": "accepted",
}
_REASONS = {
    "inaccurate": "false_positive",
    "not used": "false_positive",
    "false positive": "false_positive",
    "pattern edited": "false_positive",
    "pattern deleted": "false_positive",
    "revoked": "resolved",
    "fix started": "open",
}
_LEVELS = {"error": "high", "warning": "medium", "note": "low", "none": "info"}
_REPOSITORY = re.compile(r"https://[^/]+(?:/api/v3)?/(?:repos/)?([^/]+/[^/]+)/")


def build_finding(row: int, asset: str, alert: dict[str, Any]) -> FindingItem | RejectedItem:
    if "securityVulnerability" in alert:
        alert = convert_graphql(alert)
    asset = asset or name_repository(alert)
    if "security_advisory" in alert:
        return build_dependency(row, asset, alert)
    if "secret_type" in alert:
        return build_secret(row, asset, alert)
    if "rule" in alert:
        return build_code(row, asset, alert)
    return RejectedItem(row, "Not an alert of GitHub.", to_text(alert.get("number")))


def name_repository(alert: dict[str, Any]) -> str:
    """`owner/name`, which lists of one repository have only in the alerts' addresses."""
    repository = as_dict(alert.get("repository"))
    address = _REPOSITORY.match(to_text(alert.get("html_url")) or to_text(alert.get("url")))
    return to_text(repository.get("full_name")) or (address[1] if address else "")


def read_state(alert: dict[str, Any]) -> tuple[str, str]:
    """The state of the finding, and the reason that someone gave for it."""
    state = to_text(alert.get("state") or "open").lower().replace("_", " ")
    reason = to_text(alert.get("dismissed_reason") or alert.get("resolution"))
    comment = to_text(alert.get("dismissed_comment") or alert.get("resolution_comment"))
    word = _STATES.get(state, "open")
    if word == "accepted":
        word = _REASONS.get(reason.lower().replace("_", " "), word)
        return word, ": ".join(filter(None, (reason, comment)))
    return word, ""


# --- Dependabot -----------------------------------------------------------------------------------
def convert_graphql(node: dict[str, Any]) -> dict[str, Any]:
    """A `vulnerabilityAlerts` node of GraphQL in the shape of the REST API."""
    vulnerability = as_dict(node.get("securityVulnerability"))
    advisory = as_dict(vulnerability.get("advisory"))
    path = node.get("vulnerableManifestPath") or node.get("vulnerableManifestFilename")
    state = node.get("state") or ("DISMISSED" if node.get("dismissedAt") else "OPEN")
    return {
        "state": state,
        "dismissed_reason": node.get("dismissReason"),
        "dismissed_comment": node.get("dismissComment"),
        "repository": node.get("repository"),
        "dependency": {"package": vulnerability.get("package"), "manifest_path": path},
        "security_advisory": {**advisory, "ghsa_id": advisory.get("ghsaId")},
        "security_vulnerability": {
            **vulnerability,
            "vulnerable_version_range": vulnerability.get("vulnerableVersionRange"),
            "first_patched_version": vulnerability.get("firstPatchedVersion"),
        },
    }


def build_dependency(row: int, asset: str, alert: dict[str, Any]) -> FindingItem | RejectedItem:
    advisory = as_dict(alert.get("security_advisory"))
    vulnerability = as_dict(alert.get("security_vulnerability"))
    dependency = as_dict(alert.get("dependency"))
    package = to_text(as_dict(dependency.get("package")).get("name")) or to_text(
        as_dict(vulnerability.get("package")).get("name")
    )
    path = to_text(dependency.get("manifest_path"))
    names = list_names(advisory)
    if not names or not package:
        missing = "package" if names else "id"
        return RejectedItem(row, f"The alert has no {missing}.", to_text(advisory.get("summary")))
    rule = choose_rule(names, names[0])
    score = choose_score(advisory)
    word = parse_severity(vulnerability.get("severity") or advisory.get("severity"))
    state, reason = read_state(alert)
    patched = vulnerability.get("first_patched_version")
    return FindingItem(
        row=row,
        tool="dependabot",
        rule=rule,
        severity=word or (severity_from_score(score) if score is not None else "info"),
        title=to_text(advisory.get("summary")) or f"{rule} in {package}",
        asset=asset,
        location=locate_package(package, path, ""),
        description=join_paragraphs(
            ("", advisory.get("description")),
            ("Package", f"{package} {to_text(vulnerability.get('vulnerable_version_range'))}"),
            ("Fixed in", to_text(patched) or as_dict(patched).get("identifier")),
            ("Also known as", ", ".join(name for name in names if name != rule)),
            ("Decided on GitHub", reason),
            ("More", alert.get("html_url")),
        ),
        cvss=score,
        state=state,
        cves=find_cves(*names),
    )


def list_names(advisory: dict[str, Any]) -> list[str]:
    listed = [to_text(as_dict(part).get("value")) for part in as_list(advisory.get("identifiers"))]
    names = (to_text(advisory.get("ghsa_id")), to_text(advisory.get("cve_id")), *listed)
    return [name for name in dict.fromkeys(names) if name]


def choose_score(advisory: dict[str, Any]) -> Decimal | None:
    """The base score of the newest version; GitHub writes 0 where it has none."""
    by_version = as_dict(advisory.get("cvss_severities"))
    for holder in (by_version.get("cvss_v4"), by_version.get("cvss_v3"), advisory.get("cvss")):
        rating = as_dict(holder)
        vector = to_text(rating.get("vector_string") or rating.get("vectorString"))
        if score := to_number(rating.get("score"), 10) or score_vector(vector):
            return score
    return None


# --- Code and secrets -----------------------------------------------------------------------------
def build_code(row: int, asset: str, alert: dict[str, Any]) -> FindingItem | RejectedItem:
    rule, number = as_dict(alert.get("rule")), to_text(alert.get("number"))
    instance = as_dict(alert.get("most_recent_instance"))
    place = as_dict(instance.get("location"))
    name = to_text(rule.get("id")) or to_text(rule.get("name"))
    if not name or not number:
        missing = "number" if name else "rule"
        return RejectedItem(row, f"The alert has no {missing}.", name or number)
    severity = parse_severity(rule.get("security_severity_level"))
    state, reason = read_state(alert)
    return FindingItem(
        row=row,
        tool="github code scanning",
        rule=name,
        severity=severity or _LEVELS.get(to_text(rule.get("severity")), "medium"),
        title=to_text(rule.get("description")) or name,
        asset=asset,
        location=f"alert {number}",
        description=join_paragraphs(
            ("", as_dict(instance.get("message")).get("text")),
            ("At", f"{to_text(place.get('path'))}, line {to_text(place.get('start_line'))}"),
            ("", rule.get("full_description")),
            ("Tool", as_dict(alert.get("tool")).get("name")),
            ("Decided on GitHub", reason),
            ("More", alert.get("html_url")),
        ),
        state=state,
    )


def build_secret(row: int, asset: str, alert: dict[str, Any]) -> FindingItem | RejectedItem:
    """The secret itself is left out."""
    kind, number = to_text(alert.get("secret_type")), to_text(alert.get("number"))
    if not kind or not number:
        return RejectedItem(row, "The alert has no number or no type of secret.", kind or number)
    place = as_dict(alert.get("first_location_detected"))
    works = alert.get("validity") == "active" or alert.get("publicly_leaked") is True
    state, reason = read_state(alert)
    title = to_text(alert.get("secret_type_display_name")) or kind
    return FindingItem(
        row=row,
        tool="github secret scanning",
        rule=kind,
        severity="critical" if works else "high",
        title=f"{title} in the repository",
        asset=asset,
        location=f"alert {number}",
        description=join_paragraphs(
            ("At", place.get("path")),
            ("Validity", alert.get("validity")),
            ("Publicly leaked", "yes" if alert.get("publicly_leaked") is True else ""),
            ("Decided on GitHub", reason),
            ("More", alert.get("html_url")),
        ),
        state=state,
    )
