"""Rules for findings in pages: written, tried before they are saved, and run."""

import pytest

from risks.models import FindingRule, RiskProposal
from risks.services.triage import rules
from tests.risks.factories import make_finding, make_finding_rule

ADDRESS = "/o/acme/findings/rules/"
FIELDS = {
    "name": "Critical",
    "active": "on",
    "minimum_severity": "high",
    "minimum_criticality": "low",
    "inherent_likelihood": "4",
    "inherent_impact": "5",
}


@pytest.fixture
def manager_page(client, manager):
    client.force_login(manager)
    return client


@pytest.fixture
def findings(organization):
    return [make_finding(organization, f"CVE-{number}") for number in range(3)]


def test_a_rule_is_previewed_and_saved(manager_page, findings):
    shown = manager_page.post(f"{ADDRESS}new/", {**FIELDS, "step": "preview"})
    preview = shown.context["preview"]
    assert (preview.matching, preview.proposals, len(preview.first)) == (3, 3, 3)
    assert not FindingRule.objects.exists()
    manager_page.post(f"{ADDRESS}new/", FIELDS)
    assert FindingRule.objects.get().likelihood == 4


def test_a_rule_of_very_many_proposals_is_confirmed_first(manager_page, findings, monkeypatch):
    monkeypatch.setattr(rules, "MANY", 3)
    refused = manager_page.post(f"{ADDRESS}new/", FIELDS)
    assert (refused.status_code, FindingRule.objects.count()) == (409, 0)
    assert "would propose 3 risks" in refused.content.decode()
    manager_page.post(f"{ADDRESS}new/", {**FIELDS, "confirmed": "on"})
    assert FindingRule.objects.count() == 1


def test_a_changed_rule_and_a_stale_one(manager_page, organization):
    rule = make_finding_rule(organization)
    manager_page.post(f"{ADDRESS}{rule.pk}/", {**FIELDS, "name": "New name", "version": 1})
    assert FindingRule.objects.get().name == "New name"
    stale = manager_page.post(f"{ADDRESS}{rule.pk}/", {**FIELDS, "version": 1})
    assert (stale.status_code, FindingRule.objects.get().name) == (412, "New name")


def test_risks_are_proposed_of_findings_that_exist(client, analyst, organization, findings):
    make_finding_rule(organization)
    client.force_login(analyst)
    response = client.post(f"{ADDRESS}propose/", follow=True)
    assert "3 risks are proposed." in response.content.decode()
    assert RiskProposal.objects.count() == 3


def test_a_rule_is_deleted_after_a_question(manager_page, organization):
    rule = make_finding_rule(organization)
    asked = manager_page.post(f"{ADDRESS}{rule.pk}/delete/", {"version": 1})
    assert b"Delete the rule" in asked.content
    manager_page.post(f"{ADDRESS}{rule.pk}/delete/", {"version": 1, "confirmed": "yes"})
    assert not FindingRule.objects.exists()


def test_analysts_see_the_rules_and_write_none(client, analyst, organization):
    rule = make_finding_rule(organization)
    client.force_login(analyst)
    assert b"Critical" in client.get(ADDRESS).content
    assert client.get(f"{ADDRESS}new/").status_code == 403
    assert client.post(f"{ADDRESS}{rule.pk}/", FIELDS).status_code == 403


def test_the_api_previews_a_rule_and_wants_it_confirmed(api, manager, findings, monkeypatch):
    monkeypatch.setattr(rules, "MANY", 3)
    body = {"name": "All", "minimum_severity": "low", "likelihood": 3, "impact": 3}
    client = api(manager)
    preview = client.post("/api/v1/finding-rules/preview/", body).json()
    assert (preview["proposals"], preview["is_many"]) == (3, True)
    assert client.post("/api/v1/finding-rules/", body).status_code == 409
    made = client.post("/api/v1/finding-rules/", {**body, "confirmed": True})
    assert made.status_code == 201
    assert "confirmed" not in made.json()
