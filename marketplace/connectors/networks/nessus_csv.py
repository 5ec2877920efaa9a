"""Results of Nessus as CSV: of Nessus itself, and of Tenable's consoles with their own columns.

Nessus writes a row for each CVE of a result, so rows that differ only by that are one result.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import IO

from marketplace.connectors.csv_rows import Columns, stream_csv
from marketplace.connectors.networks.nessus_results import PluginResult
from marketplace.connectors.parsing import parse_severity, parse_time

_COLUMNS: Columns = {
    "plugin": ("plugin id", "plugin", "definition id"),
    "cve": ("cve", "definition cve"),
    "severity": ("risk", "severity", "definition severity"),
    "host": ("host", "asset name"),
    "name_in_dns": ("fqdn", "dns name", "asset display fqdn"),
    "netbios": ("netbios", "netbios name", "asset netbios name"),
    "address": ("ip address", "asset display ipv4 address"),
    "port": ("port",),
    "protocol": ("protocol",),
    "name": ("name", "plugin name", "definition name"),
    "family": ("plugin family", "family", "definition family"),
    "synopsis": ("synopsis", "definition synopsis"),
    "description": ("description", "definition description"),
    "solution": ("solution", "steps to remediate", "definition solution"),
    "output": ("plugin output", "plugin text", "output"),
    "cvss_4": ("cvss v4 0 base score", "cvss4 base score", "definition cvss4 base score"),
    "cvss_3": (
        *("cvss v3 0 base score", "cvss3 base score", "cvss v3 base score", "cvssv3"),
        "definition cvss3 base score",
    ),
    "cvss_2": (
        *("cvss v2 0 base score", "cvss base score", "cvss v2 base score", "cvss"),
        "definition cvss2 base score",
    ),
    "seen": ("host end", "last found", "last observed", "last seen"),
    "state": ("vulnerability state", "state"),
    "decision": ("modification", "risk modified"),
}
_REQUIRED = ("plugin", "severity", "name", "port")
_SEVERITIES = {
    **dict(zip("01234", ("info", "low", "medium", "high", "critical"), strict=True)),
    # Checks of a policy.
    "failed": "high",
    "warning": "medium",
    "error": "medium",
}
_CHECK = re.compile(r'"(.+?)"\s*:\s*\[(?:FAILED|WARNING|ERROR)\]', re.DOTALL)
_SEPARATOR = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class CsvResult:
    """The result of a plugin, with what the row says of its host."""

    row: int
    result: PluginResult
    hostnames: tuple[str, ...]
    addresses: tuple[str, ...]
    seen_at: datetime | None


def stream_results(file: IO[bytes], advice: str) -> Iterator[CsvResult]:
    """Yield the results without the checks of a policy that passed. Raises UnreadableReport."""
    cves: dict[int, dict[str, None]] = {}  # of each result, in the order of the report
    for _, row in stream_csv(file, _COLUMNS, _REQUIRED, advice):
        cves.setdefault(_result_key(row), {}).update(dict.fromkeys(_list_cves(row)))
    for number, row in stream_csv(file, _COLUMNS, _REQUIRED, advice):
        all_cves = list(cves[_result_key(row)])
        is_first_row = _list_cves(row)[:1] == all_cves[:1]
        if is_first_row and row["severity"].upper() != "PASSED":
            yield _read_row(number, row, all_cves)


def _result_key(row: dict[str, str]) -> int:
    names = ("host", "address", "plugin", "port", "protocol", "output")
    check = row["description"] if _CHECK.match(row["description"]) else ""
    return hash((*(row[name] for name in names), check))


def _list_cves(row: dict[str, str]) -> list[str]:
    return [cve for cve in _SEPARATOR.split(row["cve"]) if cve]


def _read_row(number: int, row: dict[str, str], cves: list[str]) -> CsvResult:
    severity = row["severity"].lower()
    check = _CHECK.match(row["description"])
    names = tuple(dict.fromkeys(filter(None, (row["name_in_dns"], row["netbios"]))))
    host = row["host"] or next(iter(names), row["address"])
    addresses = [text for text in (row["address"], host) if _is_address(text)]
    result = PluginResult(
        host=host,
        plugin=row["plugin"],
        severity=_SEVERITIES.get(severity) or parse_severity(severity),
        name=row["name"] or row["synopsis"],
        port=row["port"],
        protocol=row["protocol"],
        scores={version: row[f"cvss_{version}"] for version in (4, 3, 2)},
        cves=cves,
        check=check[1] if check else "",
        family=row["family"],
        description=row["description"] or row["synopsis"],
        output=row["output"],
        solution=row["solution"],
        state=_read_state(row),
    )
    return CsvResult(number, result, names, tuple(addresses[:1]), parse_time(row["seen"]))


def _read_state(row: dict[str, str]) -> str:
    if row["state"].upper() == "FIXED":
        return "resolved"
    return "accepted" if row["decision"].upper() == "ACCEPTED" else "open"


def _is_address(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False
