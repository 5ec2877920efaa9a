"""What feeds suggest of risks, and people decide."""

import pytest

from openrisk.errors import Conflict
from risks.models import Change, Finding, ImportRun, LikelihoodSuggestion, Source
from risks.services import proposals
from risks.services.risks import update_risk
from tests.risks.factories import make_finding, make_risk

CVE = "CVE-2021-44228"


@pytest.fixture
def feed(organization):
    return ImportRun.objects.create(
        organization=organization, source=Source.CONNECTOR, source_name="KEV"
    )


@pytest.fixture
def risk(organization):
    risk = make_risk(organization, inherent_likelihood=3, inherent_impact=4)
    make_finding(organization, rule=CVE, risk=risk)
    return risk


def suggest(feed):
    marked = {finding.pk: (CVE, "Exploited since 2021.") for finding in Finding.objects.all()}
    return proposals.suggest_exploited(run=feed, marked=marked)


def test_an_exploited_finding_suggests_a_likelihood(feed, risk):
    assert suggest(feed) == 1
    made = LikelihoodSuggestion.objects.get()
    assert (made.risk, made.present, made.likelihood) == (risk, 3, 5)


def test_nothing_is_suggested_twice_or_of_a_finding_that_is_closed(feed, risk):
    suggest(feed)
    assert suggest(feed) == 0
    LikelihoodSuggestion.objects.all().delete()
    risk.findings.update(state="resolved")
    assert suggest(feed) == 0


def test_accepting_rates_the_risk_and_says_why(feed, risk, analyst):
    suggest(feed)
    proposals.accept_suggestion(actor=analyst, suggestion=LikelihoodSuggestion.objects.get())
    risk.refresh_from_db()
    assert (risk.inherent_likelihood, risk.inherent_score) == (5, 20)
    change = Change.objects.filter(object_id=risk.pk).order_by("-id").first()
    assert (change.comment, change.actor) == ("Exploited since 2021.", analyst)


def test_the_residual_likelihood_is_the_one_that_counts(feed, risk, analyst):
    update_risk(actor=analyst, instance=risk, residual_likelihood=2, residual_impact=2)
    suggest(feed)
    proposals.accept_suggestion(actor=analyst, suggestion=LikelihoodSuggestion.objects.get())
    risk.refresh_from_db()
    assert (risk.inherent_likelihood, risk.residual_likelihood) == (3, 5)


def test_what_is_rated_so_already_is_refused(feed, risk, analyst):
    suggest(feed)
    update_risk(actor=analyst, instance=risk, inherent_likelihood=5)
    with pytest.raises(Conflict, match="has likelihood 5 already"):
        proposals.accept_suggestion(actor=analyst, suggestion=LikelihoodSuggestion.objects.get())


def test_a_suggestion_is_decided_once(feed, risk, analyst):
    suggest(feed)
    suggestion = LikelihoodSuggestion.objects.get()
    proposals.dismiss_suggestion(actor=analyst, suggestion=suggestion)
    with pytest.raises(Conflict, match="dismissed already"):
        proposals.accept_suggestion(actor=analyst, suggestion=suggestion)
    assert proposals.withdraw_suggestions(feed) == 0


def test_an_undone_run_takes_back_what_nobody_decided(feed, risk):
    suggest(feed)
    assert proposals.withdraw_suggestions(feed) == 1
