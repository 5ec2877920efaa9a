"""OpenVAS as CSV: the same findings as in XML, and nothing is resolved by it."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from marketplace.connectors.items import AssetItem, Scan
from tests.marketplace.connectors.reading_reports import csv_report, findings, identities, read

ROW = {
    "IP": "192.0.2.10",
    "Hostname": "web-1.example.com",
    "Port": "443",
    "Port Protocol": "tcp",
    "CVSS": "5.9",
    "Severity": "Medium",
    "QoD": "98",
    "NVT Name": "Weak cipher",
    "Summary": "A weak cipher is offered.",
    "Specific Result": "RC4-SHA",
    "NVT OID": "1.3.6.1",
    "CVEs": "CVE-2013-2566",
    "Timestamp": "2026-03-02T08:00:00Z",
    "Impact": "Traffic can be read.",
    "Solution": "Turn it off.",
}


def rows(*changes):
    return csv_report([ROW | change for change in changes])


def test_a_row_is_the_same_finding_as_in_xml():
    nvt = '<nvt oid="1.3.6.1"><name>Weak cipher</name><cve>CVE-2013-2566</cve></nvt>'
    host = "<host>192.0.2.10<hostname>web-1.example.com</hostname></host>"
    result = f"<result>{host}<port>443/tcp</port>{nvt}<severity>5.9</severity></result>"
    xml = f"<report><report><results>{result}</results></report></report>"
    items = read("openvas", rows({}))
    assert identities(items) == identities(read("openvas", xml))
    (found,) = findings(items)
    assert (found.severity, found.cvss) == ("medium", Decimal("5.9"))
    for text in ("weak cipher is offered", "Found: RC4-SHA", "Impact: Traffic", "To do: Turn"):
        assert text in found.description


def test_a_host_is_an_asset_and_nothing_is_covered():
    items = read("openvas", rows({"Hostname": ""}, {}))
    names = ("web-1.example.com",)
    assert items[0] == AssetItem(1, names[0], "server", names, ("192.0.2.10",))
    assert items[-1] == Scan("openvas", datetime(2026, 3, 2, 8, tzinfo=UTC), ())


@pytest.mark.parametrize(
    ("change", "severity", "state"),
    [
        ({"CVSS": "9.8", "Severity": "High"}, "critical", "open"),
        ({"CVSS": "0.0", "Severity": "Log"}, "info", "open"),
        ({"CVSS": "", "Severity": "High"}, "high", "open"),
        ({"CVSS": "-1.0", "Severity": "False Positive"}, "info", "false_positive"),
    ],
)
def test_severity_is_by_score_else_by_word(change, severity, state):
    (found,) = findings(read("openvas", rows(change)))
    assert (found.severity, found.state) == (severity, state)


def test_what_is_not_about_a_port_is_about_the_host():
    (found,) = findings(read("openvas", rows({"Port": "", "Port Protocol": "", "CVEs": ""})))
    assert (found.rule, found.location) == ("1.3.6.1", "general/tcp")
