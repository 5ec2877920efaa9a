"""Feeds mark the findings that are there, and those that come later."""

import json

import pytest

from marketplace.installations import lifecycle
from marketplace.models import InstalledApp, SyncRun
from marketplace.sync import runs
from risks.models import (
    Finding,
    FindingRule,
    LikelihoodSuggestion,
    Risk,
    RiskProposal,
    VulnerabilityFacts,
)
from risks.services import proposals
from risks.services.findings import create_finding
from tests.conftest import SHARED_DATA
from tests.marketplace.conformance import REPORTS, installed, upload
from tests.risks.factories import make_finding

LOG4J = "CVE-2021-44228"


@pytest.fixture
def kev(organization, admin):
    return installed(organization, "cisa-kev", admin)


@pytest.fixture
def epss(organization, admin):
    return installed(organization, "epss", admin)


@pytest.fixture
def trivy(organization, admin):
    return installed(organization, "trivy", admin)


@pytest.fixture
def list_exploited(kev, admin, tmp_path):
    """Let CISA list these CVEs, and return the run."""

    def list_exploited(*cves, mode="apply"):
        path = tmp_path / "kev.json"
        entries = [{"cveID": cve, "dateAdded": "2021-12-10"} for cve in cves]
        path.write_text(json.dumps({"catalogVersion": "1", "vulnerabilities": entries}))
        return upload(kev, path, admin, mode)

    return list_exploited


@pytest.fixture
def list_scores(epss, admin, tmp_path):
    def list_scores(**scores):
        path = tmp_path / "epss.csv"
        lines = ["cve,epss", *(f"{name.replace('_', '-')},{s}" for name, s in scores.items())]
        path.write_text("\n".join(lines))
        return upload(epss, path, admin)

    return list_scores


def marks():
    rows = Finding.objects.order_by("rule", "location").values_list("known_exploited", "epss")
    return [(exploited, None if epss is None else float(epss)) for exploited, epss in rows]


def scan(trivy, admin, tmp_path, *cves):
    vulnerabilities = [{"VulnerabilityID": cve, "PkgName": "log4j"} for cve in cves]
    result = {"Target": "pom.xml", "Class": "lang-pkgs", "Vulnerabilities": vulnerabilities}
    path = tmp_path / "trivy.json"
    path.write_text(json.dumps({"SchemaVersion": 2, "ArtifactName": "shop", "Results": [result]}))
    return upload(trivy, path, admin)


def test_a_finding_that_comes_after_the_feeds_is_marked_at_once(
    trivy, admin, tmp_path, list_exploited, list_scores
):
    list_exploited(LOG4J)
    list_scores(CVE_2021_44228="0.94", CVE_2024_1="0.01")
    run = scan(trivy, admin, tmp_path, LOG4J, "CVE-2024-1", "CVE-2024-2")
    assert marks() == [(True, 0.94), (False, 0.01), (False, None)]
    row = run.import_run.rows.get(values__rule=LOG4J)
    assert row.changes["known_exploited"] == [None, True]  # the preview shows it
    assert scan(trivy, admin, tmp_path, LOG4J, "CVE-2024-1", "CVE-2024-2").counts["updated"] == 0


def test_what_is_marked_at_once_proposes_and_suggests_at_once(
    organization, trivy, admin, tmp_path, list_exploited
):
    FindingRule.objects.create(
        organization=organization, name="Exploited", likelihood=4, impact=5, known_exploited=True,
        minimum_severity="info",
    )  # fmt: skip
    list_exploited(LOG4J)
    scan(trivy, admin, tmp_path, LOG4J)
    proposals.confirm_proposal(actor=admin, proposal=RiskProposal.objects.get(key=LOG4J))
    Risk.objects.update(status="identified")
    upload(trivy, REPORTS / "trivy.json", admin)  # finds it elsewhere, and joins the risk
    suggestion = LikelihoodSuggestion.objects.get()
    assert suggestion.reason.startswith(f"{LOG4J} is exploited")


def test_a_finding_that_a_person_enters_is_marked_too(organization, admin, list_exploited):
    list_exploited(LOG4J)
    entered = {"tool": "us", "severity": "high", "title": "Old logger"}
    create_finding(actor=admin, organization=organization, rule=LOG4J, **entered)
    create_finding(actor=admin, organization=organization, rule="R1", **entered)
    assert marks() == [(True, None), (False, None)]


def test_a_preview_of_a_feed_marks_nothing(trivy, admin, tmp_path, list_exploited):
    list_exploited(LOG4J, mode="preview")
    scan(trivy, admin, tmp_path, LOG4J)
    assert marks() == [(False, None)]


def test_an_undone_feed_marks_nothing_and_the_one_before_holds_again(
    trivy, admin, tmp_path, list_exploited
):
    list_exploited(LOG4J)
    second = list_exploited("CVE-2024-1")
    runs.undo_run(actor=admin, sync_run=SyncRun.objects.get(pk=second.pk))
    scan(trivy, admin, tmp_path, LOG4J, "CVE-2024-1")
    assert marks() == [(True, None), (False, None)]


def test_what_is_listed_no_longer_is_unmarked_also_where_a_scan_marked_it(
    trivy, admin, tmp_path, list_exploited
):
    list_exploited(LOG4J)
    scan(trivy, admin, tmp_path, LOG4J)
    list_exploited("CVE-2024-1")
    assert marks() == [(False, None)]
    scan(trivy, admin, tmp_path, LOG4J)
    assert marks() == [(False, None)]


def test_a_finding_of_several_cves_has_the_worst_of_them(organization, list_exploited, list_scores):
    make_finding(organization, rule="plugin-1", cves=["CVE-2024-1", "CVE-2024-2"])
    assert list_scores(CVE_2024_1="0.9", CVE_2024_2="0.1").counts["updated"] == 1
    list_exploited("CVE-2024-2")
    assert marks() == [(True, 0.9)]
    list_exploited(LOG4J)
    assert marks() == [(False, 0.9)]


def test_another_organizations_feed_marks_nothing(
    other_organization, trivy, admin, tmp_path, list_exploited
):
    list_exploited(LOG4J)
    VulnerabilityFacts.objects.update(organization=other_organization)
    theirs = VulnerabilityFacts.objects.get()
    theirs.run.organization = other_organization
    theirs.run.save()
    scan(trivy, admin, tmp_path, LOG4J)
    assert marks() == [(False, None)]


def test_facts_of_two_runs_are_kept_and_none_of_an_app_that_is_gone(kev, admin, list_exploited):
    for _ in range(3):
        list_exploited(LOG4J)
    assert VulnerabilityFacts.objects.count() == 2
    lifecycle.uninstall_app(actor=admin, app=InstalledApp.objects.get(pk=kev.pk))
    assert not VulnerabilityFacts.objects.exists()


def test_a_result_of_static_analysis_is_marked_by_the_cve_in_its_rule(organization, admin, kev):
    report = SHARED_DATA / "faults" / "cve-in-rule.sarif"
    catalogue = SHARED_DATA / "catalogs" / "cisa-kev-2025-08-25.json"
    if not report.exists():
        pytest.skip(f"{report.name} is not here: real data is no part of the project")
    upload(installed(organization, "sarif", admin), report, admin)
    assert marks() == [(False, None)]
    upload(kev, catalogue, admin)
    assert marks() == [(True, None)]
