"""Reports of Nessus: hosts, plugins and their CVEs, checks of policies, and what was covered."""

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

SLUG = "nessus"


def host(*inside, name="web-1.example.com", properties=""):
    return (
        f'<ReportHost name="{name}"><HostProperties>{properties}</HostProperties>'
        f"{''.join(inside)}</ReportHost>"
    )


def item(inside="", severity=2, plugin=1, service="www"):
    return (
        f'<ReportItem port="80" protocol="tcp" svc_name="{service}" severity="{severity}" '
        f'pluginID="{plugin}" pluginName="Named">{inside}</ReportItem>'
    )


def export(*hosts):
    report = f'<Report name="R">{"".join(hosts)}</Report>'
    return f"<NessusClientData_v2>{report}</NessusClientData_v2>"


# --- Hosts ----------------------------------------------------------------------------------------
def test_a_host_is_an_asset_with_its_names_and_address(items):
    first, second = [each for each in items if isinstance(each, AssetItem)]
    assert first == AssetItem(
        1, "192.0.2.10", "server", ("web-1.example.com", "WEB-1"), ("192.0.2.10",)
    )
    assert (second.name, second.type, second.addresses) == (
        "web-2.example.com", "other", ("192.0.2.11",),
    )  # fmt: skip


def test_each_host_is_covered_also_one_without_findings(items):
    assert scans(items) == {"nessus": ("192.0.2.10", "web-2.example.com")}


def test_the_scan_was_when_the_last_host_was_done(items):
    # The second host says only by a clock on the wall; the first also in seconds.
    assert items[-1].at == datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("said", ["", "9" * 30, "soon"])
def test_without_seconds_the_written_time_counts(said):
    ended = '<tag name="HOST_END">Mon Mar  2 09:00:00 2026</tag>'
    ended += f'<tag name="HOST_END_TIMESTAMP">{said}</tag>'
    (*_, scan) = read("nessus", export(host(properties=ended)))
    assert scan == Scan("nessus", datetime(2026, 3, 2, 9, tzinfo=UTC), ("web-1.example.com",))


def test_a_host_without_name_or_address_is_rejected_and_covers_nothing(items):
    assert (9, "The host has no name and no address.", "Of no host") in rejected(items)


def test_a_host_without_properties_is_known_by_its_name():
    items = read("nessus", export(f'<ReportHost name="web-1">{item()}</ReportHost>'))
    assert (findings(items)[0].asset, scans(items)) == ("web-1", {"nessus": ("web-1",)})


# --- Findings -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("number", "severity"),
    [(0, "info"), (1, "low"), (2, "medium"), (3, "high"), (4, "critical")],
)
def test_severities_are_numbers(number, severity):
    assert findings(read("nessus", export(host(item(severity=number)))))[0].severity == severity


def test_a_finding_has_all_that_a_person_wants_to_know(items):
    found = finding(items, row=1)
    assert (found.title, found.severity, found.asset) == (
        "Lookups in log messages", "critical", "192.0.2.10",
    )  # fmt: skip
    for said in ("names that a visitor sends", "Version 2.14.1", "Update the library", "156032"):
        assert said in found.description


def test_the_score_of_version_3_counts_before_that_of_version_2(items):
    scores = {row: finding(items, row=row).cvss for row in (1, 2, 3)}
    assert scores == {1: Decimal("10.0"), 2: Decimal("2.6"), 3: None}


@pytest.mark.parametrize(
    ("number", "scores", "severity", "reason"),
    [
        (2, {"cvss3": "7.5", "cvss": "5.0"}, "high", "Nessus says medium, by an older version"),
        (3, {"cvss4": "9.3", "cvss3": "7.5"}, "critical", "CVSS 4 is 9.3, which is critical"),
        (1, {"cvss3": "7.5", "cvss": "5.0"}, "low", "It was set to low in Nessus. CVSS 3 is 7.5"),
        (3, {"cvss3": "7.5", "cvss": "5.0"}, "high", ""),
        (3, {"cvss": "9.3"}, "high", ""),  # only 10 is critical in version 2
        (4, {"cvss": "10.0"}, "critical", ""),
        (2, {"cvss3": "", "cvss": "much"}, "medium", ""),
    ],
)
def test_the_newest_score_counts_unless_someone_set_the_severity(number, scores, severity, reason):
    inside = "".join(
        f"<{name}_base_score>{value}</{name}_base_score>" for name, value in scores.items()
    )
    (found,) = findings(read("nessus", export(host(item(inside, severity=number)))))
    assert found.severity == severity
    assert reason in found.description
    assert ("Severity: " in found.description) == bool(reason)


def test_the_scores_of_web_applications_have_other_names():
    inside = "<risk_factor>high</risk_factor><cvss>7.5</cvss><cvssv3>7.1</cvssv3>"
    (found,) = findings(read("nessus", export(host(item(inside, severity=3)))))
    assert (found.cvss, found.severity) == (Decimal("7.1"), "high")


def test_the_rule_is_the_cve_where_the_plugin_is_about_one_alone(items):
    one, several = finding(items, row=1), finding(items, row=2)
    assert (one.rule, several.rule) == ("CVE-2021-44228", "nessus-70658")
    assert "CVE-2008-5161, CVE-2008-5162" in several.description
    assert several.cves == ("CVE-2008-5161", "CVE-2008-5162")


def test_two_plugins_about_one_cve_stay_two_findings():
    both = [item("<cve>CVE-2026-1</cve>", plugin=plugin) for plugin in (1, 2)]
    assert len(set(identities(read("nessus", export(host(*both)))))) == 2


def test_what_a_plugin_reports_twice_at_a_port_is_numbered_on_each_host_anew():
    items = read("nessus", export(host(item(), item()), host(item(), name="web-2")))
    assert [found.location for found in findings(items)] == [
        "80/tcp", "80/tcp (2)", "80/tcp",
    ]  # fmt: skip


def test_a_service_is_named_and_makes_no_difference():
    known, other = [read("nessus", export(host(item(service=s)))) for s in ("www", "http?")]
    assert identities(known) == identities(other)
    assert "Service: www" in findings(known)[0].description


def test_a_check_of_a_policy_is_told_by_its_name_unless_it_passed(items):
    found = [each for each in findings(items) if each.rule == "nessus-21157"]
    assert [(each.title, each.location) for each in found] == [
        ("1.1 Time is kept", "0/tcp 1.1 Time is kept")
    ]


def test_what_has_no_severity_is_rejected_with_its_row(items):
    assert rejected(items)[0] == (8, "The item has no plugin or no severity.", "Of no severity")


# --- The report as a whole ------------------------------------------------------------------------
def test_a_report_without_hosts_has_no_findings():
    assert read("nessus", "<NessusClientData_v2/>") == [Scan("nessus", None, ())]


@pytest.mark.parametrize(
    ("report", "told"),
    [
        ("<NessusClientData/>", "Not a report of Nessus.*version 2"),
        ('<report id="1" format_id="2"/>', "the connector OpenVAS"),
        ('{"$schema": "sarif-2.1.0.json"}', "the connector SARIF"),
    ],
)
def test_what_another_tool_wrote_is_refused(report, told):
    with pytest.raises(UnreadableReport, match=told):
        read("nessus", report)


def test_the_report_of_a_real_scan_is_read_whole():
    content = real("nessus-many.xml")
    plugins = re.findall(rb'<ReportItem [^>]*pluginID="(\d+)"', content)
    items = read("nessus", content)
    said = [re.search(r"Plugin: (\d+)", found.description)[1] for found in findings(items)]
    assert Counter(said) == Counter(plugin.decode() for plugin in plugins)
    assert len(set(identities(items))) == len(plugins) == 7
    assert items[-1].at == datetime(2013, 6, 25, 10, 39, 42, tzinfo=UTC)
