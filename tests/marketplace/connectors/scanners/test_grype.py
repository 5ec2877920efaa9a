"""Reports of Grype: matches of images and folders, what was ignored, what stays the same."""

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
    rejected,
    scans,
)

SLUG = "grype"
IMAGE = "registry.example.com/shop:1.2"


def source(kind, target):
    return {"matches": [], "source": {"type": kind, "target": target}, "descriptor": {}}


def match(severity="High", cvss=(), related=(), version="1.0"):
    return {
        "vulnerability": {"id": "CVE-2026-1", "severity": severity, "cvss": list(cvss)},
        "relatedVulnerabilities": list(related),
        "artifact": {"name": "left", "version": version, "locations": [{"path": "a/left-1.0.jar"}]},
    }


def test_a_match_has_all_that_a_person_wants_to_know(items):
    found = finding(items, rule="CVE-2021-44228")
    assert (found.severity, found.cvss, found.asset) == ("high", Decimal("9.8"), IMAGE)
    assert found.cves == ("CVE-2021-44228",)
    assert found.components == ("pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1",)
    for text in ("looks up names", "log4j-core 2.14.1", "Fixed in: 2.17.1", "GHSA-aaaa-bbbb-cccc"):
        assert text in found.description


def test_a_package_is_found_without_its_version_and_one_of_the_system_anywhere(items):
    places = {item.rule: item.location for item in findings(items)}
    assert places["CVE-2021-44228"] == "log4j-core in /app/lib/log4j-core-*.jar"
    assert places["CVE-2026-1"] == "libc6"


def test_what_a_rule_ignores_is_accepted_and_what_vex_says_counts(report):
    ignored = report["ignoredMatches"][0]
    by_vex = [{"vex-status": "not_affected", "vex-justification": "code not present"}]
    report["ignoredMatches"].append(ignored | {"appliedIgnoreRules": by_vex})
    report["ignoredMatches"].append(ignored | {"appliedIgnoreRules": [{"namespace": "x"}]})
    found = [item for item in findings(read("grype", report)) if item.rule == "CVE-2026-3"]
    assert [item.state for item in found] == ["accepted", "false_positive"]
    assert "Left out by Grype: Not reachable here" in found[0].description


def test_an_advisory_about_several_cves_keeps_its_own_id():
    related = [{"id": "CVE-2026-2"}, {"id": "CVE-2026-3"}]
    several = match(related=related)
    several["vulnerability"]["id"] = "GHSA-1"
    (found,) = findings(read("grype", {"matches": [several]}))
    assert (found.rule, found.cves) == ("GHSA-1", ("CVE-2026-2", "CVE-2026-3"))
    assert "CVE-2026-2, CVE-2026-3" in found.description


@pytest.mark.parametrize(
    ("word", "score", "severity"),
    [("Negligible", None, "low"), ("Unknown", 9.1, "critical"), ("Unknown", None, "info")],
)
def test_an_unknown_severity_is_that_of_the_score(word, score, severity):
    ratings = [{"version": "3.1", "metrics": {"baseScore": score}}] if score else []
    (found,) = findings(read("grype", {"matches": [match(word, ratings)]}))
    assert found.severity == severity
    assert ("Severity: Unknown in the report" in found.description) == (word == "Unknown")


def test_a_match_without_a_package_is_rejected_with_its_row(items):
    assert rejected(items) == [(3, "The match has no package.", "CVE-2026-2")]


@pytest.mark.parametrize(
    ("kind", "target", "config", "asset"),
    [
        ("image", {"userInput": "shop:latest"}, {}, "shop"),
        ("image", {"userInput": "shop:1.2"}, {"merge_tags": True}, "shop"),
        ("image", {"tags": ["host:5000/shop@sha256:00"]}, {"merge_tags": True}, "host:5000/shop"),
        ("directory", "./web", {}, "./web"),
        ("image", {"userInput": "shop"}, {"asset": "Shop"}, "Shop"),
    ],
)
def test_what_was_scanned_is_the_asset_and_covered(kind, target, config, asset):
    items = read("grype", source(kind, target) | {"matches": [match()]}, **config)
    assert items[0] == AssetItem(1, asset, "application")
    assert scans(items) == {"grype": (asset,)}


def test_the_next_version_of_a_package_is_the_same_finding(report, items):
    artifact = report["matches"][0]["artifact"]
    artifact["version"] = "2.15.0"
    artifact["locations"][0]["path"] = "/app/lib/log4j-core-2.15.0.jar"
    assert identities(read("grype", report)) == identities(items)


def test_a_report_without_matches_covers_what_it_is_about(items):
    assert items[-1] == Scan("grype", datetime(2026, 3, 2, 8, tzinfo=UTC), (IMAGE,))
    empty = source("image", {"userInput": "shop"}) | {"descriptor": {"name": "grype"}}
    assert scans(read("grype", empty)) == {"grype": ("shop",)}


@pytest.mark.parametrize("report", [{}, {"matches": []}, {"matches": {}}])
def test_what_grype_did_not_write_is_refused(report):
    with pytest.raises(UnreadableReport, match="--output json"):
        read("grype", report)
