"""Risks are made of findings, rated by the rule that matches."""

import pytest

from openrisk.errors import Conflict
from risks.models import Finding, RiskProposal
from risks.services.proposals import propose_risks
from risks.services.triage.risks_of_findings import (
    attach_finding,
    detach_finding,
    make_risk_of,
    suggest_risk,
)
from tests.risks.factories import make_asset, make_finding, make_finding_rule, make_risk


@pytest.fixture
def finding(organization):
    return make_finding(organization, asset=make_asset(organization, "CRM"), description="Where")


def suggest(organization):
    return suggest_risk(organization, Finding.objects.all())


def test_the_highest_rule_that_matches_rates_the_risk(organization, finding):
    make_finding_rule(organization, name="Low", likelihood=2, impact=2)
    make_finding_rule(organization, name="High", likelihood=4, impact=5)
    make_finding_rule(organization, name="KEV", known_exploited=True, likelihood=5, impact=5)
    suggested = suggest(organization)
    assert (suggested.rule, suggested.likelihood, suggested.impact) == ("High", 4, 5)


def test_without_a_rule_the_worst_severity_does(organization, finding):
    make_finding(organization, "CVE-2020-1", severity="low", title="Small")
    suggested = suggest(organization)
    assert (suggested.rule, suggested.likelihood) == ("", 5)
    assert suggested.title == "CVE-2021-44228: Remote code execution"
    assert "- CVE-2020-1: Small" in suggested.description


def test_a_risk_of_a_finding_threatens_its_asset(organization, finding, analyst):
    fields = suggest(organization).fields
    risk = make_risk_of(actor=analyst, finding=finding, **fields)
    finding.refresh_from_db()
    assert (finding.risk, risk.source, risk.inherent_score) == (risk, "finding", 25)
    assert [asset.name for asset in risk.assets.all()] == ["CRM"]
    with pytest.raises(Conflict, match="already"):
        make_risk_of(actor=analyst, finding=finding, **fields)


def test_the_proposal_of_the_finding_is_confirmed_by_the_risk(organization, finding, analyst):
    make_finding_rule(organization)
    propose_risks(actor=None, organization=organization)
    finding.refresh_from_db()
    risk = make_risk_of(actor=analyst, finding=finding, **suggest(organization).fields)
    proposal = RiskProposal.objects.get()
    assert (proposal.status, proposal.risk, proposal.decided_by) == ("confirmed", risk, analyst)


def test_a_finding_is_attached_and_detached(organization, finding, analyst):
    risk = make_risk(organization)
    attached = attach_finding(actor=analyst, finding=finding, risk=risk)
    assert attached.risk == risk
    assert detach_finding(actor=analyst, finding=attached).risk is None
    with pytest.raises(Conflict, match="no risk"):
        detach_finding(actor=analyst, finding=attached)
