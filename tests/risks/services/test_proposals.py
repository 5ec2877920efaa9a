"""Rules turn findings into proposals; a person makes them risks or dismisses them."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from openrisk.errors import Conflict
from risks.models import Change, Finding, Risk, RiskProposal
from risks.services import rows
from risks.services.proposals import confirm_proposal, dismiss_proposal, propose_risks
from risks.services.risks import delete_risk
from tests.risks.factories import make_asset, make_finding, make_finding_rule, make_risk
from tests.risks.threads import in_threads

CVE = "CVE-2021-44228"


@pytest.fixture
def rule(organization):
    return make_finding_rule(organization)


@pytest.fixture
def assets(organization):
    return [make_asset(organization, name) for name in ("CRM", "ERP", "Mail")]


@pytest.fixture
def proposal(organization, rule, assets):
    for asset in assets:
        make_finding(organization, asset=asset)
    _propose(organization)
    return RiskProposal.objects.get()


def _propose(organization):
    return propose_risks(actor=None, organization=organization)


# --- Proposing --------------------------------------------------------------------------------
def test_findings_of_one_cve_make_one_proposal(proposal, rule):
    assert (proposal.key, proposal.title) == (CVE, f"{CVE}: Remote code execution")
    assert (proposal.likelihood, proposal.impact, proposal.rule) == (5, 4, rule)
    assert set(Finding.objects.values_list("proposal", flat=True)) == {proposal.pk}
    assert not Risk.objects.exists()


def test_reason_says_why_and_stays_when_the_rule_changes(organization, assets):
    rule = make_finding_rule(
        organization,
        known_exploited=True,
        minimum_epss=Decimal("0.5"),
        minimum_criticality="medium",
    )
    for asset, epss in zip(assets, ("0.94", "0.6", "0.7"), strict=True):
        make_finding(organization, asset=asset, epss=epss, cvss="9.8", known_exploited=True)
    _propose(organization)
    rows.update(actor=None, instance=rule, name="Renamed")
    assert RiskProposal.objects.get().reason == (
        f"{CVE} on 3 assets: severity critical, CVSS 9.8, known exploited, EPSS 0.94; "
        'rule "Critical" (severity critical or above, known exploited, EPSS 0.5 or above, '
        "asset medium or above)."
    )


def test_reason_leaves_out_what_nobody_knows(organization, rule):
    make_finding(organization)
    _propose(organization)
    assert RiskProposal.objects.get().reason == (
        f'{CVE} on no known asset: severity critical; rule "Critical" (severity critical or above).'
    )


def test_long_titles_and_keys_fit(organization, rule):
    make_finding(organization, rule="R" * 255, title="T" * 500)
    assert _propose(organization) == 1
    assert len(RiskProposal.objects.get().title) == 255


def test_title_names_the_key_once(organization, rule):
    make_finding(organization, title=f"{CVE} in log4j")
    _propose(organization)
    assert RiskProposal.objects.get().title == f"{CVE} in log4j"


def test_each_key_has_its_own_proposal(organization, rule):
    for number in range(3):
        make_finding(organization, f"CVE-2024-{number}")
    assert _propose(organization) == 3
    assert RiskProposal.objects.count() == 3


@pytest.mark.parametrize(
    ("terms", "finding", "meets"),
    [
        ({}, {"severity": "high"}, False),
        ({"minimum_severity": "high"}, {"severity": "high"}, True),
        ({"minimum_severity": "high"}, {"severity": "critical"}, True),
        ({"minimum_severity": "info"}, {"severity": "info"}, True),
        ({"minimum_severity": "medium"}, {"severity": "low"}, False),
        ({"known_exploited": True}, {}, False),
        ({"known_exploited": True}, {"known_exploited": True}, True),
        ({}, {"known_exploited": True}, True),
        ({"minimum_epss": "0.5"}, {}, False),
        ({"minimum_epss": "0.5"}, {"epss": "0.49999"}, False),
        ({"minimum_epss": "0.5"}, {"epss": "0.5"}, True),
        ({"active": False}, {}, False),
        ({}, {"state": "resolved"}, False),
        ({}, {"state": "accepted"}, False),
        ({}, {"state": "false_positive"}, False),
    ],
    ids=str,
)
def test_terms_of_a_rule(organization, terms, finding, meets):
    make_finding_rule(organization, **terms)
    make_finding(organization, **finding)
    assert _propose(organization) == int(meets)
    assert RiskProposal.objects.exists() == meets


@pytest.mark.parametrize(
    ("criticality", "proposed"),
    [(None, 0), ("low", 0), ("medium", 0), ("high", 1), ("critical", 1)],
)
def test_rule_may_ask_for_critical_assets(organization, criticality, proposed):
    make_finding_rule(organization, minimum_criticality="high")
    asset = make_asset(organization, criticality=criticality) if criticality else None
    make_finding(organization, asset=asset)
    assert _propose(organization) == proposed


def test_only_findings_that_meet_the_rule_belong_to_it(organization, rule, assets):
    make_finding(organization, asset=assets[0])
    other = make_finding(organization, asset=assets[1], severity="low")
    _propose(organization)
    other.refresh_from_db()
    assert other.proposal is None
    assert "on 1 asset:" in RiskProposal.objects.get().reason


def test_of_several_rules_the_one_that_rates_highest_proposes(organization, rule):
    worst = make_finding_rule(organization, name="Worst", likelihood=5, impact=5)
    make_finding_rule(organization, name="A mild one", likelihood=1, impact=1)
    make_finding(organization)
    assert _propose(organization) == 1
    assert RiskProposal.objects.get().rule == worst


def test_finding_that_has_a_risk_proposes_none(organization, rule):
    make_finding(organization, risk=make_risk(organization))
    assert _propose(organization) == 0


def test_proposing_again_changes_nothing(proposal, organization):
    history = Change.objects.count()
    assert _propose(organization) == 0
    assert Change.objects.count() == history


def test_other_organizations_have_their_own(organization, other_organization, rule):
    make_finding(other_organization)
    make_finding(organization)
    make_finding_rule(other_organization, active=False)
    assert _propose(organization) == 1
    assert _propose(other_organization) == 0
    assert RiskProposal.objects.get().organization == organization


def test_later_finding_joins_the_proposal_and_leaves_its_reason(proposal, organization):
    late = make_finding(organization, location="/late")
    assert _propose(organization) == 0
    late.refresh_from_db()
    assert late.proposal == proposal
    assert RiskProposal.objects.get().reason == proposal.reason


def test_statements_do_not_grow_with_the_findings(organization, rule):
    def statements(first, last):
        for number in range(first, last):
            make_finding(organization, f"CVE-2024-{number}")
        with CaptureQueriesContext(connection) as queries:
            assert _propose(organization) == last - first
        return len(queries)

    assert statements(0, 2) == statements(2, 40)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_propose_once(organization):
    make_finding_rule(organization)
    for number in range(20):
        make_finding(organization, f"CVE-2024-{number}")
    assert sorted(in_threads(*[lambda: _propose(organization)] * 3)) == [0, 0, 20]
    assert RiskProposal.objects.count() == 20


# --- Deciding ---------------------------------------------------------------------------------
def test_confirmed_proposal_becomes_a_draft_risk(proposal, assets, manager):
    risk = confirm_proposal(actor=manager, proposal=proposal, comment="Real")
    risk.refresh_from_db()
    assert (risk.title, risk.description) == (proposal.title, proposal.reason)
    assert (risk.status, risk.source) == ("draft", "finding")
    assert (risk.inherent_likelihood, risk.inherent_impact, risk.inherent_score) == (5, 4, 20)
    assert set(risk.assets.all()) == set(assets)
    assert set(Finding.objects.values_list("risk", flat=True)) == {risk.pk}


def test_decision_tells_who_when_and_why(proposal, manager):
    risk = confirm_proposal(actor=manager, proposal=proposal, comment="Real")
    proposal.refresh_from_db()
    assert (proposal.status, proposal.risk, proposal.decided_by) == ("confirmed", risk, manager)
    assert proposal.decided_at is not None
    changes = Change.objects.filter(object_id__in=[risk.pk, proposal.pk], comment="Real")
    assert {change.model for change in changes} == {"risks.risk", "risks.riskproposal"}


def test_assets_that_are_fixed_meanwhile_are_not_linked(proposal, assets):
    Finding.objects.filter(asset=assets[0]).update(state="resolved")
    risk = confirm_proposal(actor=None, proposal=proposal)
    assert set(risk.assets.all()) == set(assets[1:])
    assert risk.findings.count() == 3


def test_finding_that_got_a_risk_meanwhile_keeps_it(proposal, organization):
    other = make_risk(organization)
    finding = Finding.objects.first()
    Finding.objects.filter(pk=finding.pk).update(risk=other)
    confirm_proposal(actor=None, proposal=proposal)
    finding.refresh_from_db()
    assert finding.risk == other


def test_dismissed_proposal_makes_no_risk(proposal, manager):
    dismissed = dismiss_proposal(actor=manager, proposal=proposal, comment="Not reachable")
    assert (dismissed.status, dismissed.decided_by) == ("dismissed", manager)
    assert not Risk.objects.exists()
    assert Change.objects.latest("id").comment == "Not reachable"


@pytest.mark.parametrize("first", [confirm_proposal, dismiss_proposal])
@pytest.mark.parametrize("then", [confirm_proposal, dismiss_proposal])
def test_decided_is_decided(proposal, first, then):
    first(actor=None, proposal=proposal)
    status = RiskProposal.objects.get().status
    with pytest.raises(Conflict, match=f"This proposal is {status} already"):
        then(actor=None, proposal=proposal)
    assert Risk.objects.count() == int(first is confirm_proposal)


def test_finding_that_comes_after_a_confirmation_joins_its_risk(proposal, organization):
    risk = confirm_proposal(actor=None, proposal=proposal)
    late = make_finding(organization, location="/late")
    assert _propose(organization) == 0
    late.refresh_from_db()
    assert (late.proposal, late.risk) == (proposal, risk)


def test_dismissed_key_is_not_proposed_again(proposal, organization):
    dismiss_proposal(actor=None, proposal=proposal)
    make_finding(organization, location="/late")
    assert _propose(organization) == 0
    assert RiskProposal.objects.get().status == "dismissed"


def test_key_whose_risk_was_deleted_is_not_proposed_again(proposal, organization):
    delete_risk(actor=None, instance=confirm_proposal(actor=None, proposal=proposal))
    assert _propose(organization) == 0
    assert set(Finding.objects.values_list("risk", flat=True)) == {None}
