"""Whose report a file is, so that who took the wrong connector learns which is the right one."""

import re
from typing import IO

_HEAD = 8192  # bytes in which a report says what it is
_MARKS = {
    "Nessus": rb"<NessusClientData",
    "OpenVAS": rb"<get_reports_response|<report\b[^>]*\b(?:format_id|extension)=",
    "CycloneDX": rb"cyclonedx\.org/schema|\"bomFormat\"\s*:",
    "SARIF 2.1.0": rb"\"\$schema\"\s*:\s*\"[^\"]*sarif|\"runs\"\s*:\s*\[",
    "Trivy": rb"\"(?:ArtifactName|ClusterName)\"\s*:",
}


def add_format_hint(message: str, file: IO[bytes]) -> str:
    """`message`, and the connector by name whose report this looks like, where there is one."""
    file.seek(0)
    head = file.read(_HEAD)
    found = next((name for name, mark in _MARKS.items() if re.search(mark, head)), "")
    return f"{message} It looks like a report for the connector {found}." if found else message
