"""Results of OpenVAS as CSV, which does not say whether the scan came to its end."""

from collections.abc import Iterator
from datetime import datetime
from typing import IO

from marketplace.connectors.csv_rows import Columns, stream_csv
from marketplace.connectors.deduplication import DuplicateNumbering
from marketplace.connectors.items import AssetItem, Item, Scan
from marketplace.connectors.networks.openvas_results import TOOL, ScanTestResult, build_finding
from marketplace.connectors.parsing import (
    parse_severity,
    parse_time,
    severity_from_score,
    to_number,
)

_COLUMNS: Columns = {
    "address": ("ip",),
    "hostname": ("hostname",),
    "port": ("port",),
    "protocol": ("port protocol",),
    "score": ("cvss",),
    "severity": ("severity",),
    "quality": ("qod",),
    "name": ("nvt name",),
    "summary": ("summary",),
    "output": ("specific result",),
    "oid": ("nvt oid",),
    "cves": ("cves",),
    "time": ("timestamp",),
    "impact": ("impact",),
    "solution": ("solution",),
}
_REQUIRED = ("address", "severity", "name", "oid")
_WHOLE_HOST = "general/tcp"  # what the XML has for nearly all results that are not about a port


def read_csv(file: IO[bytes], advice: str) -> Iterator[Item]:
    """Yield findings, and a scan that covers nothing. Raises UnreadableReport."""
    names = _find_names(file, advice)
    for address, name in names.items():
        yield AssetItem(1, name or address, "server", tuple(filter(None, (name,))), (address,))
    times: list[datetime] = []
    seen = DuplicateNumbering()
    for number, row in stream_csv(file, _COLUMNS, _REQUIRED, advice):
        times += filter(None, (parse_time(row["time"]),))
        host = names.get(row["address"]) or row["address"]
        yield build_finding(number, _read_row(row, host), seen)
    yield Scan(TOOL, max(times, default=None), ())


def _find_names(file: IO[bytes], advice: str) -> dict[str, str]:
    """The name of each address, or "". Of several names always the same one."""
    names: dict[str, str] = {}
    for _, row in stream_csv(file, _COLUMNS, _REQUIRED, advice):
        if row["address"]:
            known = (names.get(row["address"], ""), row["hostname"])
            names[row["address"]] = min(filter(None, known), default="")
    return names


def _read_row(row: dict[str, str], host: str) -> ScanTestResult:
    score = to_number(row["score"].replace(",", "."), 10)
    word = parse_severity(row["severity"]) or "info"
    return ScanTestResult(
        host=host,
        oid=row["oid"],
        name=row["name"],
        port=f"{row['port']}/{row['protocol']}" if row["port"] else _WHOLE_HOST,
        severity=word if score is None else severity_from_score(score),
        score=score or None,
        cves=[cve.strip() for cve in row["cves"].split(",") if cve.strip()],
        summary=row["summary"],
        output=row["output"],
        impact=row["impact"],
        solution=row["solution"],
        quality=row["quality"],
        is_false_positive=row["severity"].lower() == "false positive",
    )
