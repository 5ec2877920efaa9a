"""An approval is for the risk that was approved: what becomes another one is decided again."""

from io import BytesIO

import pytest

from risks.import_runs import lifecycle
from risks.models import Acceptance, Change, LikelihoodSuggestion, Risk
from risks.registers import upload
from risks.services.acceptances import decide_acceptance
from risks.services.proposals import accept_suggestion
from risks.services.risks import take_transition, update_risk
from tests.risks.admin.forms import change, filled, page
from tests.risks.factories import (
    make_acceptance,
    make_accepted_risk,
    make_assessed_risk,
    make_mitigation,
    make_risk,
)


@pytest.fixture
def risk(organization, analyst, manager):
    """Accepted at 3 x 3."""
    risk = make_assessed_risk(
        organization, inherent_likelihood=3, inherent_impact=3, external_id="A-1"
    )
    make_accepted_risk(analyst, manager, risk)
    return Risk.objects.get()


RE_RATED = {"inherent_impact": 5}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (RE_RATED, "score rose from 9 to 15"),
        ({"title": "Something else"}, "title was rewritten"),
        ({"description": "Something else"}, "description was rewritten"),
        ({"treatment": "avoid"}, "treatment was rewritten"),
    ],
)
def test_what_becomes_another_risk_is_decided_again(risk, analyst, change, reason):
    changed = update_risk(actor=analyst, instance=risk, **change)
    acceptance = Acceptance.objects.get()
    assert (changed.status, acceptance.status) == ("assessed", "revoked")
    assert reason in acceptance.decision_comment
    assert changed.version == Risk.objects.get().version
    history = Change.objects.filter(object_id=risk.pk, comment=acceptance.decision_comment)
    assert {change.actor for change in history} == {analyst}


@pytest.mark.parametrize(
    "change",
    [
        {"inherent_likelihood": 1},
        {"residual_likelihood": 1, "residual_impact": 1},
        {"target_likelihood": 5, "target_impact": 5},
        {"owner_name": "Someone", "tags": ["it"]},
    ],
)
def test_what_is_not_more_than_was_approved_stays_accepted(risk, analyst, change):
    assert update_risk(actor=analyst, instance=risk, **change).status == "accepted"
    assert Acceptance.objects.get().status == "approved"


def test_a_residual_rating_that_is_taken_back_counts_as_a_rise(risk, analyst):
    update_risk(actor=analyst, instance=risk, residual_likelihood=1, residual_impact=1)
    update_risk(actor=analyst, instance=risk, residual_likelihood=None, residual_impact=None)
    assert Risk.objects.get().status == "assessed"


def test_acceptance_of_what_was_not_assessed_ends_with_its_first_rating(
    organization, analyst, manager
):
    """It was approved before the risk could be accepted, so it would count from then on."""
    risk = make_risk(organization)
    acceptance = make_acceptance(analyst, risk)
    decide_acceptance(actor=manager, acceptance=acceptance, approve=True)
    update_risk(actor=analyst, instance=risk, inherent_likelihood=5, inherent_impact=5)
    acceptance.refresh_from_db()
    assert acceptance.status == "revoked"
    assert "not assessed then; its score is 25 now" in acceptance.decision_comment


def test_it_returns_to_treatment_where_there_is_one(risk, analyst):
    make_mitigation(risk)
    assert update_risk(actor=analyst, instance=risk, **RE_RATED).status == "in_treatment"
    assert Risk.objects.get().next_review_at is not None


def test_an_approval_of_less_does_not_accept_later(organization, analyst, manager):
    """Approved while no edge led to accepted, rated again, and only then moved on."""
    risk = make_assessed_risk(organization, inherent_likelihood=3, inherent_impact=3)
    take_transition(actor=manager, risk=risk, to="treatment_planned")
    decide_acceptance(actor=manager, acceptance=make_acceptance(analyst, risk), approve=True)
    take_transition(actor=manager, risk=risk, to="assessed")
    update_risk(actor=analyst, instance=risk, **RE_RATED)
    assert Acceptance.objects.get().status == "revoked"


def test_an_accepted_suggestion_opens_the_decision(risk, analyst):
    suggestion = LikelihoodSuggestion.objects.create(
        organization=risk.organization,
        risk=risk,
        key="CVE-2021-44228",
        present=3,
        likelihood=5,
        reason="Exploited",
    )
    accept_suggestion(actor=analyst, suggestion=suggestion)
    assert Risk.objects.get().status == "assessed"


def test_bulk_opens_the_decision(api, risk, manager):
    operation = {"op": "update", "id": str(risk.pk), "version": risk.version, "data": RE_RATED}
    body = api(manager).post("/api/v1/risks/bulk/", {"operations": [operation]}).json()
    risk.refresh_from_db()
    assert (risk.status, body["results"][0]["data"]["version"]) == ("assessed", risk.version)


def test_an_import_opens_the_decision(organization, analyst, manager):
    def load(impact):
        run = upload.upload_register(
            actor=manager,
            organization=organization,
            file=BytesIO(f"ID,Title,Likelihood,Impact\nA-1,Theft,3,{impact}\n".encode()),
            file_name="register.csv",
        )
        return lifecycle.apply_run(actor=manager, run=run)

    load(3)
    risk = take_transition(actor=manager, risk=Risk.objects.get(), to="assessed")
    make_accepted_risk(analyst, manager, risk)
    load(5)
    risk.refresh_from_db()
    assert (risk.status, Acceptance.objects.get().status) == ("assessed", "revoked")
    latest = Change.objects.filter(object_id=risk.pk).latest("id")
    assert (latest.actor, latest.run_id is None) == (manager, False)


def test_a_form_opens_the_decision(client, risk, manager):
    client.force_login(manager)
    assert change(client, risk, inherent_impact="5").status_code == 302
    assert Risk.objects.get().status == "assessed"


def test_the_admin_approves_the_risk_that_it_showed(client, organization, analyst, manager):
    risk = make_assessed_risk(organization, inherent_likelihood=3, inherent_impact=3)
    acceptance = make_acceptance(analyst, risk)
    client.force_login(manager)
    shown = client.get(page(acceptance))
    update_risk(actor=analyst, instance=risk, **RE_RATED)
    sent = {**filled(shown), **shown.context["step_inputs"], "_step": "approve", "confirmed": "yes"}
    client.post(page(acceptance), sent)
    acceptance.refresh_from_db()
    assert acceptance.status == "requested"
    assert "Requested at 9, now 15." in client.get(page(acceptance)).content.decode()
