"""Reports of OpenVAS: hosts and their names, tests and their CVEs, overrides, what was covered."""

import re
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from marketplace.connectors.base import UnreadableReport
from marketplace.connectors.items import AssetItem, Scan
from tests.marketplace.connectors.reading_reports import (
    finding,
    findings,
    identities,
    read,
    real,
    rejected,
    scans,
)

SLUG = "openvas"
WEB = "web-1.example.com"


def result(inside="<severity>5.0</severity>", oid="1.3.6", address="192.0.2.10", name=""):
    return (
        f"<result><host>{address}<hostname>{name}</hostname></host><port>80/tcp</port>"
        f'<nvt oid="{oid}"><name>Named</name></nvt>{inside}</result>'
    )


def export(*results, more=""):
    return f"<report><report><results>{''.join(results)}</results>{more}</report></report>"


# --- Hosts ----------------------------------------------------------------------------------------
def test_a_host_is_an_asset_with_all_its_names_before_its_findings(items):
    names = ("shop.example.com", WEB)
    assert items[0] == AssetItem(1, WEB, "server", names, ("192.0.2.10",))
    assert {finding(items, row=row).asset for row in (1, 2, 3)} == {WEB}


def test_a_host_without_a_name_is_called_by_its_address(items):
    assert items[1] == AssetItem(1, "192.0.2.11", "server", (), ("192.0.2.11",))


def test_the_name_is_the_same_in_whatever_order_results_stand():
    named = [result(name="b.example.com"), result(), result(name="a.example.com")]
    orders = [read("openvas", export(*order)) for order in (named, named[::-1])]
    assert {found.asset for items in orders for found in findings(items)} == {"a.example.com"}


def test_each_host_is_covered_also_one_without_findings(items):
    assert scans(items) == {"openvas": (WEB, "192.0.2.11", "192.0.2.12")}
    assert items[-1].at == datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize("status", ["Stopped", "Running", "Interrupted", ""])
def test_a_scan_that_is_not_done_covers_nothing(report, status):
    unfinished = report.replace("<scan_run_status>Done", f"<scan_run_status>{status}")
    assert scans(read("openvas", unfinished)) == {"openvas": ()}


# --- Findings -------------------------------------------------------------------------------------
def test_a_finding_has_all_that_a_person_wants_to_know(items):
    found = finding(items, row=1)
    assert (found.title, found.cvss) == ("The server offers a weak cipher", Decimal("5.9"))
    for said in ("offered and may be chosen", "RC4-SHA", "can be read", "Turn it off", "98"):
        assert said in found.description


@pytest.mark.parametrize(
    ("inside", "severity"),
    [
        ("<threat>Log</threat><severity>0.0</severity>", "info"),
        ("<threat>Low</threat><severity>3.9</severity>", "low"),
        ("<threat>Medium</threat><severity>4.0</severity>", "medium"),
        ("<threat>High</threat><severity>7.0</severity>", "high"),
        ("<threat>High</threat><severity>9.0</severity>", "critical"),
        ("<threat>Medium</threat>", "medium"),
        ("<threat>Log</threat><severity>much</severity>", "info"),
        ("", "info"),
    ],
)
def test_severity_is_by_score_else_by_threat(inside, severity):
    assert findings(read("openvas", export(result(inside))))[0].severity == severity


def test_the_rule_is_the_cve_where_the_test_is_about_one_alone(items):
    rules = {row: finding(items, row=row).rule for row in (1, 2, 4, 8)}
    assert rules == {
        1: "CVE-2013-2566",
        2: "1.3.6.1.4.1.25623.1.0.2",
        4: "CVE-2019-1",
        8: "CVE-2022-1",
    }
    assert "CVE-2020-1, CVE-2020-2" in finding(items, row=2).description
    assert finding(items, row=2).cves == ("CVE-2020-1", "CVE-2020-2")


def test_what_was_overridden_as_a_false_positive_is_one(items):
    states = {found.row: found.state for found in findings(items)}
    assert [row for row, state in states.items() if state == "false_positive"] == [4, 6]
    assert finding(items, row=4).severity == "high"  # as it was before


def test_an_override_that_is_not_active_changes_nothing(items):
    assert finding(items, row=5).state == "open"


def test_an_override_of_the_severity_leaves_the_score_of_the_test(items):
    found = finding(items, row=5)
    assert (found.severity, found.cvss) == ("low", Decimal("9.1"))


def test_what_a_test_reports_twice_at_a_port_is_numbered():
    items = read("openvas", export(result(), result(), result(address="192.0.2.11")))
    places = [(found.asset, found.location) for found in findings(items)]
    assert places == [
        ("192.0.2.10", "80/tcp"), ("192.0.2.10", "80/tcp (2)"), ("192.0.2.11", "80/tcp"),
    ]  # fmt: skip


def test_what_names_no_test_is_rejected_with_its_row(items):
    assert rejected(items) == [(7, "The result has no test.", "Of no test")]


# --- The report as a whole ------------------------------------------------------------------------
def test_a_report_without_results_has_no_findings():
    ended = "<scan_end>2026-03-02T08:00:00Z</scan_end>"
    at = datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert read("openvas", export(more=ended)) == [Scan("openvas", at, ())]


@pytest.mark.parametrize(
    ("report", "told"),
    [
        ("<report/>", "Not a report of OpenVAS"),
        ('<report name="coverage"><package/></report>', "Not a report of OpenVAS"),
        ("<NessusClientData_v2/>", "the connector Nessus"),
        ('<bom xmlns="http://cyclonedx.org/schema/bom/1.5"/>', "the connector CycloneDX"),
    ],
)
def test_what_another_tool_wrote_is_refused(report, told):
    with pytest.raises(UnreadableReport, match=told):
        read("openvas", report)


def test_the_report_of_a_real_scan_is_read_whole():
    content = real("openvas-many.xml")
    results = re.findall(r"<result id=.*?</result>", content.decode(), re.DOTALL)
    scores = [float(re.search(r"</threat>\s*<severity>([\d.]+)", each)[1]) for each in results]
    bands = Counter(
        "critical" if score >= 9 else "high" if score >= 7 else "medium" for score in scores
    )
    items = read("openvas", content)
    assert Counter(found.severity for found in findings(items)) == bands
    assert [float(found.cvss) for found in findings(items)] == scores
    assert len(set(identities(items))) == len(results) == 44
    assert scans(items) == {"openvas": ("b6b9f466d63",)}
