"""Recognizes reports, so that a message can name the connector for a file, or the right export."""

import re
from typing import IO

_HEAD = 16_384  # bytes that contain the name of the format
# By connector; the first one that matches counts.
_PATTERNS = {
    "Nessus": rb"<NessusClientData|Plugin ID\W{1,3}CVE\b|\bPlugin\W{1,3}Plugin Name\b",
    "OpenVAS": rb"<get_reports_response|<report\b[^>]*\b(?:format_id|extension)=|\bNVT OID\b",
    "CycloneDX": rb"cyclonedx\.org/schema|\"bomFormat\"\s*:",
    "SARIF 2.1.0": rb"\"\$schema\"\s*:\s*\"[^\"]*sarif|\"runs\"\s*:\s*\[",
    "Trivy": rb"\"(?:ArtifactName|ClusterName)\"\s*:",
    "Grype": rb"\"matches\"\s*:\s*\[\s*(?:\]|\{\s*\"vulnerability\")|\"matchDetails\"\s*:",
    "GitHub alerts": (
        rb"\"(?:security_advisory|most_recent_instance|secret_type|vulnerabilityAlerts)\"\s*:"
    ),
    "GitLab reports": (
        rb"\"(?:remediations|dependency_files|discovered_at)\"\s*:|\"identifiers\"\s*:\s*\[\s*\{\s*\"type\""
    ),
    "ZAP": rb"<OWASPZAPReport|\"@programName\"\s*:\s*\"ZAP|\"riskcode\"\s*:",
    "Semgrep": rb"\"skipped_rules\"\s*:|\"check_id\"\s*:\s*\"(?!CKV)",
    "OSV-Scanner": rb"\"experimental_config\"\s*:|\"packages\"\s*:\s*\[\s*\{\s*\"package\"",
    "CISA Known Exploited Vulnerabilities": rb"\"catalogVersion\"\s*:",
    "EPSS": rb"(?m)^cve,epss\b",
    "OSCAL catalogue": rb"\"oscal-version\"\s*:",
}
_PAGE = re.compile(rb"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
# Files that hold nothing to read, by their beginning.
_OTHERS = {
    re.compile(rb"PK\x03\x04|\x1f\x8b"): "a packed file: unpack it first",
    re.compile(rb"%PDF"): "a PDF: export the report in one of the formats for programs",
    _PAGE: "a web page: export the report in one of the formats for programs",
}
# How to get something readable out of other tools, by what their own reports look like.
_EXPORTS = {
    rb"aquasecurity\.github\.io": (
        "the Trivy Operator: scan the cluster with trivy k8s --report all --format json"
    ),
    rb"\"auditReportVersion\"\s*:|\"advisories\"\s*:\s*\{": (
        "npm audit: scan the project with osv-scanner or trivy fs"
    ),
    rb"\"(?:CVSSv3|exploitMaturityLevels|isUpgradable)\"\s*:": "Snyk: use its option --sarif",
    rb"\"check_type\"\s*:": "Checkov: use its option --output sarif",
    rb"\"test_id\"\s*:\s*\"B\d": "Bandit: use its option --format sarif",
    rb"\"rule_id\"\s*:\s*\"G\d": "gosec: use its option -fmt sarif",
    rb"\"RuleID\"\s*:": "Gitleaks: use its option --report-format sarif",
    rb"\"brakeman_version\"\s*:": "Brakeman: use its option --format sarif",
    rb"\"template-id\"\s*:": "Nuclei: use its option -sarif-export",
    rb"\"ruleId\"\s*:": "ESLint: use a formatter for SARIF",
    rb"\"reportSchema\"\s*:|dependency-check\.\d": (
        "Dependency-Check: use its option --format SARIF"
    ),
    rb"\"kics_version\"\s*:": "KICS: use its option --report-formats sarif",
    rb"\"code\"\s*:\s*\"DL\d{4}": "Hadolint: use its option --format sarif",
    rb"\"govulncheck\"|\"protocol_version\"\s*:": "govulncheck: use its option -format sarif",
    rb"\"vulns\"\s*:\s*\[": "pip-audit: use its option --format cyclonedx-json",
    rb"\"spdxVersion\"\s*:": "SPDX: it has no vulnerabilities, so scan it with grype",
    rb"openvex\.dev/ns": "OpenVEX: only the VEX of CycloneDX is read",
    rb"<nmaprun\b": "Nmap: it lists ports, so scan the hosts with OpenVAS or Nessus",
}


def add_format_hint(message: str, file: IO[bytes]) -> str:
    """Add the name of the connector whose report this looks like, or how to get one that fits."""
    file.seek(0)
    head = file.read(_HEAD)
    for beginning, description in _OTHERS.items():
        if beginning.match(head):
            return f"{message} It is {description}."
    for connector, pattern in _PATTERNS.items():
        if re.search(pattern, head):
            is_refused_by_itself = connector.partition(" ")[0] in message
            hint = f" It looks like a report for the connector {connector}."
            return message if is_refused_by_itself else message + hint
    for pattern, export in _EXPORTS.items():
        if re.search(pattern, head):
            return f"{message} It looks like a report of {export}."
    return message


def is_web_page(file: IO[bytes]) -> bool:
    file.seek(0)
    return bool(_PAGE.match(file.read(1024)))
