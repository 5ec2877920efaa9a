"""Alerts of GitHub: three kinds, REST and GraphQL, what was decided there."""

from decimal import Decimal

import pytest

from marketplace.connectors.base import UnreadableReport
from marketplace.connectors.items import AssetItem
from tests.marketplace.connectors.reading_reports import (
    finding,
    findings,
    identities,
    read,
    rejected,
    scans,
)

SLUG = "github"


def graphql(*nodes, **repository):
    return {"data": {"repository": {"vulnerabilityAlerts": {"nodes": list(nodes)}, **repository}}}


def node(**more):
    advisory = {"summary": "Flaw", "identifiers": [{"type": "CVE", "value": "CVE-2021-44228"}]}
    package = {"name": "log4j-core", "ecosystem": "MAVEN"}
    vulnerability = {"severity": "CRITICAL", "package": package, "advisory": advisory}
    return {
        "vulnerableManifestPath": "pom.xml", "securityVulnerability": vulnerability, **more
    }  # fmt: skip


def test_an_alert_of_dependabot_is_found_by_its_cve(items):
    found = finding(items, tool="dependabot")
    assert (found.rule, found.severity, found.cvss) == (
        "CVE-2021-44228", "critical", Decimal("10.0"),
    )  # fmt: skip
    assert (found.asset, found.location) == ("acme/shop", "log4j-core in pom.xml")
    for text in ("looks up names", "log4j-core < 2.15.0", "Fixed in: 2.15.0", "GHSA-aaaa"):
        assert text in found.description


def test_an_alert_of_code_scanning_is_known_by_its_number(items):
    found = finding(items, tool="github code scanning")
    assert (found.rule, found.severity, found.location) == (
        "py/path-injection", "high", "alert 35",
    )  # fmt: skip
    for text in ("sent by a visitor", "At: a.py, line 4", "Tool: CodeQL", "won't fix: Until May"):
        assert text in found.description


def test_a_secret_is_not_stored_and_critical_while_it_works(items):
    found = finding(items, tool="github secret scanning")
    assert (found.rule, found.severity) == ("cloud_key", "critical")
    assert "a-real-key" not in repr(items)


def test_the_repository_is_the_asset_and_nothing_is_covered(items):
    assert [i for i in items if isinstance(i, AssetItem)] == [
        AssetItem(1, "acme/shop", "application")
    ]
    assert set(scans(items).values()) == {()}


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"state": "fixed"}, "resolved"),
        ({"state": "auto_dismissed"}, "accepted"),
        ({"state": "dismissed", "dismissed_reason": "tolerable_risk"}, "accepted"),
        ({"state": "dismissed", "dismissed_reason": "not_used"}, "false_positive"),
        ({"state": "dismissed", "dismissed_reason": "fix_started"}, "open"),
        ({"state": "resolved", "resolution": "revoked"}, "resolved"),
        ({"state": "resolved", "resolution": "wont_fix"}, "accepted"),
        ({"state": "resolved", "resolution": "false_positive"}, "false_positive"),
    ],
)
def test_what_was_decided_on_github_counts(report, change, state):
    assert findings(read("github", [report[0] | change]))[0].state == state


def test_an_open_alert_counts_before_an_earlier_one(report):
    again = [report[0] | {"number": 1, "state": "fixed"}, report[0]]
    assert [item.state for item in findings(read("github", again))] == ["open"]


def test_pages_may_be_lists_in_a_list(report, items):
    assert identities(read("github", [report[:1], report[1:]])) == identities(items)


def test_graphql_says_the_same(items):
    answer = graphql(node(state="OPEN"))
    assert identities(read("github", answer, asset="acme/shop")) == identities(items)[:1]


def test_graphql_may_name_many_repositories():
    alerts = {"nodes": [node(dismissedAt="2026-03-02T08:00:00Z")]}
    nodes = [{"nameWithOwner": "acme/web", "vulnerabilityAlerts": alerts}]
    (found,) = findings(read("github", {"data": {"search": {"nodes": nodes}}}))
    assert (found.asset, found.state) == ("acme/web", "accepted")


def test_a_score_may_be_a_vector(report):
    vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"
    report[0]["security_advisory"]["cvss_severities"] = {"cvss_v3": {"vector_string": vector}}
    assert findings(read("github", report))[0].cvss == Decimal("7.5")


def test_a_repository_without_alerts_is_read():
    assert findings(read("github", graphql())) == []


def test_what_is_no_alert_is_rejected_with_its_row(report):
    items = read("github", [*report[:1], {"number": 7}, {"security_advisory": {}}])
    assert [row for row, _, _ in rejected(items)] == [2, 3]


@pytest.mark.parametrize("report", [[], [{}], {"data": {}}, {"message": "Not Found"}])
def test_what_github_did_not_answer_is_refused(report):
    with pytest.raises(UnreadableReport, match="gh api --paginate"):
        read("github", report)
