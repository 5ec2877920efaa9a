"""Reports of GitLab: of code, packages, images, sites and crashes, and answers of its API."""

from datetime import UTC, datetime

import pytest

from marketplace.connectors.base import UnreadableReport
from marketplace.connectors.items import AssetItem, Scan
from tests.marketplace.connectors.reading_reports import (
    finding,
    findings,
    read,
    rejected,
    scans,
)

SLUG = "gitlab"
CVE = {"type": "cve", "name": "CVE-2026-1", "value": "CVE-2026-1"}
PACKAGE = {"package": {"name": "left"}, "version": "1.0"}


def log(location, kind="container_scanning", **scan):
    scan = {"type": kind, "scanner": {"id": "trivy"}, "status": "success", **scan}
    vulnerability = {"severity": "High", "location": location, "identifiers": [CVE]}
    return {"version": "15.0.0", "vulnerabilities": [vulnerability], "scan": scan}


def test_a_vulnerability_has_all_that_a_person_wants_to_know(items):
    found = finding(items, rule="python.shell")
    assert (found.tool, found.severity) == ("gitlab sast semgrep", "high")
    assert found.location == "shop/tasks.py Tasks run"
    for text in ("visitor sends", "shop/tasks.py, line 12", "CWE-78", "https://example.com/shell"):
        assert text in found.description
    assert "password" not in found.description


def test_a_severity_that_the_scanner_does_not_know_is_info_and_said(items):
    found = finding(items, rule="CWE-400")
    assert (found.severity, "Severity: Unknown in the report" in found.description) == (
        "info",
        True,
    )


def test_what_has_no_identifiers_is_rejected_with_its_row(items):
    assert rejected(items) == [(3, "The vulnerability has no identifiers.", "Of no identifiers")]


@pytest.mark.parametrize(
    ("location", "asset", "place"),
    [
        ({"image": "shop:1.2@sha256:00", "dependency": PACKAGE}, "shop:1.2", "left"),
        ({"file": "go.sum", "dependency": PACKAGE}, "", "left in go.sum"),
        (
            {"hostname": "https://a.example.com", "method": "GET", "path": "/x", "param": "q"},
            "https://a.example.com",
            "GET /x q",
        ),
        ({"crash_type": "Overflow", "crash_state": "parse\nmain"}, "", "Overflow parse"),
    ],
)
def test_a_place_is_what_the_kind_of_report_has(location, asset, place):
    (found,) = findings(read("gitlab", log(location)))
    assert (found.rule, found.asset, found.location) == ("CVE-2026-1", asset, place)
    assert found.cves == ("CVE-2026-1",)
    assert found.components == (("left@1.0",) if "dependency" in location else ())


def test_tags_may_be_one_asset():
    items = read("gitlab", log({"image": "shop:1.2", "dependency": PACKAGE}), merge_tags=True)
    assert items[0] == AssetItem(1, "shop", "application")
    assert scans(items) == {"gitlab container scanning trivy": ("shop",)}


def test_the_configured_asset_is_covered_also_without_findings(report):
    report["vulnerabilities"] = []
    at = datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert read("gitlab", report, asset="shop") == [Scan("gitlab sast semgrep", at, ("shop",))]


def test_a_scan_that_failed_covers_nothing():
    items = read("gitlab", log({"image": "shop"}, status="failure"), asset="shop")
    assert scans(items) == {"gitlab container scanning trivy": ()}


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"state": "detected"}, "open"),
        ({"state": "resolved"}, "resolved"),
        ({"state": "dismissed"}, "accepted"),
        ({"state": "dismissed", "dismissal_reason": "false_positive"}, "false_positive"),
    ],
)
def test_an_answer_of_the_api_says_what_was_decided(change, state):
    answer = {
        "report_type": "sast",
        "scanner": {"external_id": "semgrep"},
        "project": {"full_path": "acme/shop"},
        "identifiers": [CVE],
        **change,
    }
    items = read("gitlab", [answer])
    (found,) = findings(items)
    assert (found.state, found.asset, found.tool) == (state, "acme/shop", "gitlab sast semgrep")
    assert all(covered == () for covered in scans(items).values())


@pytest.mark.parametrize(
    "report",
    [
        {},
        [{"number": 1}],
        {"vulnerabilities": [{"cveID": "CVE-2021-44228"}], "catalogVersion": "1"},
        {"vulnerabilities": [], "bomFormat": "CycloneDX"},
    ],
)
def test_what_gitlab_did_not_write_is_refused(report):
    with pytest.raises(UnreadableReport, match=r"gl-\.\.\.-report\.json"):
        read("gitlab", report)
