"""Records of scans, and runs of them."""

from datetime import UTC, datetime

from risks.import_runs.changes import SourceRecord

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)


ASSET, FINDING = "risks.asset", "risks.finding"


LOG4J = {"rule": "CVE-2021-44228", "title": "Log4Shell", "severity": "critical", "cvss": "10.0"}


def asset(name="web-1", row=1, **values):
    return SourceRecord(ASSET, name, row, values)


def finding(row=1, **changed):
    values = {"tool": "trivy", "asset": "web-1", "location": "log4j", "state": "open"} | LOG4J
    values |= changed
    identity = " | ".join(str(values[name]) for name in ("tool", "rule", "asset", "location"))
    return SourceRecord(FINDING, identity, row, values)
