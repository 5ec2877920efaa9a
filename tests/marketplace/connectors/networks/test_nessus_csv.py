"""Nessus as CSV: a row a CVE, the columns of several products, what is the same as in XML."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from marketplace.connectors.base import UnreadableReport
from marketplace.connectors.items import AssetItem, Scan
from tests.marketplace.connectors.reading_reports import (
    csv_report,
    findings,
    identities,
    read,
    rejected,
)

NESSUS = {
    "Plugin ID": "70658",
    "CVE": "",
    "CVSS v2.0 Base Score": "2.6",
    "Risk": "Low",
    "Host": "192.0.2.10",
    "Protocol": "tcp",
    "Port": "22",
    "Name": "Old ciphers",
    "Synopsis": "The server offers old ciphers.",
    "Description": "The server offers ciphers that were broken.",
    "Solution": "Turn them off.",
    "See Also": "",
    "Plugin Output": "arcfour",
    "CVSS v3.0 Base Score": "3.7",
    "CVSS v4.0 Base Score": "",
}
VULNERABILITY_MANAGEMENT = {
    "Plugin ID": "70658",
    "CVE": "CVE-2008-5161",
    "CVSS": "2.6",
    "Risk": "Low",
    "Host": "web-1.example.com",
    "Protocol": "TCP",
    "Port": "22",
    "Name": "Old ciphers",
    "Plugin Output": "arcfour",
    "Vulnerability State": "Active",
    "IP Address": "192.0.2.10",
    "FQDN": "web-1.example.com",
    "CVSS3 Base Score": "3.7",
    "Host End": "2026-03-02T08:00:00Z",
    "Modification": "NONE",
}
SECURITY_CENTER = {
    "Plugin": "70658",
    "Plugin Name": "Old ciphers",
    "Severity": "Low",
    "IP Address": "192.0.2.10",
    "Protocol": "TCP",
    "Port": "22",
    "DNS Name": "web-1.example.com",
    "NetBIOS Name": "WEB-1",
    "Plugin Text": "arcfour",
    "Steps to Remediate": "Turn them off.",
    "CVSS V3 Base Score": "3.7",
    "CVE": "CVE-2008-5161,CVE-2008-5162",
    "Last Observed": "Mar 2, 2026 08:00:00 UTC",
}


def rows(*changes, columns=NESSUS, delimiter=","):
    return csv_report([columns | change for change in changes], delimiter)


def test_a_row_is_a_finding_with_all_that_it_says():
    items = read("nessus", rows({}))
    (found,) = findings(items)
    assert (found.rule, found.severity, found.cvss) == ("nessus-70658", "low", Decimal("3.7"))
    assert (found.asset, found.location, found.row) == ("192.0.2.10", "22/tcp", 2)
    for text in ("ciphers that were broken", "Output: arcfour", "To do: Turn them off."):
        assert text in found.description
    assert items[0] == AssetItem(2, "192.0.2.10", "other", (), ("192.0.2.10",))
    assert items[-1] == Scan("nessus", None, ("192.0.2.10",))


def test_it_is_the_same_finding_as_in_xml():
    item = '<ReportItem port="22" svc_name="ssh" protocol="tcp" severity="1" pluginID="70658"/>'
    host = f'<ReportHost name="192.0.2.10">{item}</ReportHost>'
    xml = f"<NessusClientData_v2><Report>{host}</Report></NessusClientData_v2>"
    assert identities(read("nessus", rows({}))) == identities(read("nessus", xml))


def test_rows_that_differ_only_by_their_cve_are_one_finding():
    cves = [{"CVE": "CVE-2008-5161"}, {"CVE": "CVE-2008-5162"}]
    (found,) = findings(read("nessus", rows(*cves)))
    assert found.rule == "nessus-70658"
    assert "CVEs: CVE-2008-5161, CVE-2008-5162" in found.description


def test_the_rule_is_the_cve_where_the_result_is_about_one_alone():
    assert identities(read("nessus", rows({"CVE": "CVE-2008-5161"}))) == [
        ("nessus", "CVE-2008-5161", "192.0.2.10", "22/tcp plugin 70658")
    ]


def test_two_results_at_a_port_stay_two():
    items = read("nessus", rows({}, {}, {"Plugin Output": "des"}, {"Host": "192.0.2.11"}))
    assert [found.location for found in findings(items)] == [
        "22/tcp", "22/tcp (2)", "22/tcp (3)", "22/tcp",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("risk", "severity"),
    [("None", "info"), ("Info", "info"), ("high", "high"), ("Critical", "critical"), ("3", "high")],
)
def test_a_risk_is_a_word_or_a_number(risk, severity):
    unrated = {"CVSS v2.0 Base Score": "", "CVSS v3.0 Base Score": "", "Risk": risk}
    assert findings(read("nessus", rows(unrated)))[0].severity == severity


def test_the_newest_score_counts_as_in_xml():
    (found,) = findings(read("nessus", rows({"CVSS v3.0 Base Score": "7,5"})))
    assert (found.severity, found.cvss) == ("high", Decimal("7.5"))
    assert "Nessus says low" in found.description


def test_a_check_of_a_policy_is_named_unless_it_passed():
    failed = {"Risk": "FAILED", "Description": '"1.1 Time is kept" : [FAILED]\n\nNo service.'}
    passed = {"Risk": "PASSED", "Description": '"1.2 Logs are kept" : [PASSED]'}
    unrated = {"CVSS v2.0 Base Score": "", "CVSS v3.0 Base Score": ""}
    (found,) = findings(read("nessus", rows(unrated | failed, unrated | passed)))
    assert (found.title, found.severity) == ("1.1 Time is kept", "high")
    assert found.location == "22/tcp 1.1 Time is kept"


def test_what_has_no_severity_is_rejected_with_its_row():
    items = read("nessus", rows({}, {"Risk": "soon"}))
    assert rejected(items) == [(3, "The item has no plugin or no severity.", "Old ciphers")]


# --- Tenable's consoles ---------------------------------------------------------------------------
def test_vulnerability_management_says_when_and_what_became_of_it():
    fixed, accepted = {"Vulnerability State": "Fixed"}, {"Modification": "ACCEPTED", "Port": "23"}
    items = read(
        "nessus", rows({}, fixed | {"Port": "24"}, accepted, columns=VULNERABILITY_MANAGEMENT)
    )
    assert [found.state for found in findings(items)] == ["open", "resolved", "accepted"]
    assert items[0] == AssetItem(
        2, "web-1.example.com", "other", ("web-1.example.com",), ("192.0.2.10",)
    )
    at = datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert items[-1] == Scan("nessus", at, ("web-1.example.com",))


def test_security_center_has_several_cves_in_a_cell():
    (found,) = findings(read("nessus", rows({}, columns=SECURITY_CENTER)))
    assert (found.rule, found.asset) == ("nessus-70658", "web-1.example.com")
    assert "CVEs: CVE-2008-5161, CVE-2008-5162" in found.description
    assert "To do: Turn them off." in found.description


# --- The report as a whole ------------------------------------------------------------------------
def test_a_header_alone_is_a_report_without_findings():
    assert read("nessus", ",".join(NESSUS)) == [Scan("nessus", None, ())]


@pytest.mark.parametrize(
    ("report", "message"),
    [
        ("Title,Likelihood\nFire,3\n", "Not a report of Nessus.*as CSV"),
        ("IP,Hostname,Severity,NVT Name,NVT OID\n", "the connector OpenVAS"),
    ],
)
def test_another_table_is_refused(report, message):
    with pytest.raises(UnreadableReport, match=message):
        read("nessus", report)
