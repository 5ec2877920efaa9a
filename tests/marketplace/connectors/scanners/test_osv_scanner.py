"""Reports of OSV-Scanner: groups of advisories, severities by score, vector or word."""

from decimal import Decimal

import pytest

from marketplace.connectors.base import UnreadableReport
from marketplace.connectors.items import Scan
from tests.marketplace.connectors.reading_reports import (
    finding,
    findings,
    identities,
    read,
    rejected,
)

SLUG = "osv-scanner"
VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"  # 7.5


def report_of(*vulnerabilities, groups=(), version="1.0", path="web/yarn.lock"):
    package = {"name": "left", "version": version, "ecosystem": "npm"}
    entry = {"package": package, "vulnerabilities": list(vulnerabilities), "groups": list(groups)}
    return {"results": [{"source": {"path": path, "type": "lockfile"}, "packages": [entry]}]}


def only(*vulnerabilities, **more):
    (found,) = findings(read("osv-scanner", report_of(*vulnerabilities, **more)))
    return found


def test_a_vulnerability_has_all_that_a_person_wants_to_know(items):
    found = finding(items, rule="CVE-2021-44228")
    assert (found.severity, found.cvss) == ("critical", Decimal("10.0"))
    assert (found.title, found.location) == ("Lookups in log messages", "log4j-core in pom.xml")
    assert (found.cves, found.components) == (("CVE-2021-44228",), ("log4j-core@2.14.1",))
    for text in ("looks up names", "log4j-core 2.14.1", "Fixed in: 2.15.0", "GHSA-aaaa-bbbb-cccc"):
        assert text in found.description


def test_advisories_of_a_group_are_one_finding():
    advisories = [{"id": "GHSA-1"}, {"id": "PYSEC-1", "aliases": ["CVE-2026-1"]}, {"id": "GHSA-2"}]
    items = read("osv-scanner", report_of(*advisories, groups=[{"ids": ["GHSA-1", "PYSEC-1"]}]))
    assert [item.rule for item in findings(items)] == ["CVE-2026-1", "GHSA-2"]


@pytest.mark.parametrize(
    ("vulnerability", "severity"),
    [
        ({"severity": [{"type": "CVSS_V3", "score": VECTOR}]}, "high"),
        ({"severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/x"}]}, "info"),
        ({"database_specific": {"severity": "MODERATE"}}, "medium"),
        ({}, "info"),
    ],
)
def test_severity_is_by_vector_else_by_word(vulnerability, severity):
    assert only({"id": "GHSA-1", **vulnerability}).severity == severity


def test_the_score_of_the_group_counts_first():
    rated = {"id": "GHSA-1", "severity": [{"type": "CVSS_V3", "score": VECTOR}]}
    found = only(rated, groups=[{"ids": ["GHSA-1"], "max_severity": "9.1"}])
    assert (found.severity, found.cvss) == ("critical", Decimal("9.1"))


def test_a_malicious_package_is_critical():
    assert only({"id": "MAL-2026-1"}).severity == "critical"


def test_the_next_version_of_a_package_is_the_same_finding():
    old, new = (
        report_of({"id": "GHSA-1"}, version=v, path=f"left-{v}.tgz") for v in ("1.0", "1.1")
    )
    assert identities(read("osv-scanner", old)) == identities(read("osv-scanner", new))


def test_the_commit_of_a_repository_is_found_by_its_path():
    report = report_of({"id": "CVE-2026-1"}, path="/src/shop")
    report["results"][0]["packages"][0]["package"] = {"commit": "0" * 40}
    assert identities(read("osv-scanner", report)) == [
        ("osv-scanner", "CVE-2026-1", "", "/src/shop")
    ]


def test_what_has_no_id_is_rejected_with_its_row(items):
    assert rejected(items) == [(2, "The vulnerability has no id.", "left")]


def test_the_asset_is_configured_and_covered():
    empty = {"results": [], "experimental_config": {}}
    assert read("osv-scanner", empty, asset="shop") == [Scan("osv-scanner", None, ("shop",))]
    assert read("osv-scanner", empty) == [Scan("osv-scanner", None, ())]


@pytest.mark.parametrize("report", [{}, {"results": [], "errors": []}, {"results": [{}]}])
def test_what_osv_scanner_did_not_write_is_refused(report):
    with pytest.raises(UnreadableReport, match="--format json"):
        read("osv-scanner", report)
