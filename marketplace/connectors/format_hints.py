"""Recognizes reports, so that a message can name the right connector for a file."""

import re
from typing import IO

_HEAD = 8192  # bytes that contain the name of the format
_PATTERNS = {
    "Nessus": rb"<NessusClientData|\bPlugin ID\b.*\bRisk\b|\bPlugin\b.*\bPlugin Name\b",
    "OpenVAS": rb"<get_reports_response|<report\b[^>]*\b(?:format_id|extension)=|\bNVT OID\b",
    "CycloneDX": rb"cyclonedx\.org/schema|\"bomFormat\"\s*:",
    "SARIF 2.1.0": rb"\"\$schema\"\s*:\s*\"[^\"]*sarif|\"runs\"\s*:\s*\[",
    "Trivy": rb"\"(?:ArtifactName|ClusterName)\"\s*:",
}


def add_format_hint(message: str, file: IO[bytes]) -> str:
    """Add the name of the connector whose report this looks like, if there is one."""
    file.seek(0)
    head = file.read(_HEAD)
    for connector, pattern in _PATTERNS.items():
        if re.search(pattern, head):
            return f"{message} It looks like a report for the connector {connector}."
    return message
