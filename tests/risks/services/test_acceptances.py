"""Acceptance: four eyes, an end, and the way back."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from openrisk.errors import Conflict, StaleVersion
from risks.models import Acceptance, Risk
from risks.services import acceptances
from risks.services.acceptances import decide_acceptance, expire_due_acceptances, revoke_acceptance
from risks.services.mitigations import set_status
from risks.services.risks import take_transition
from tests.risks.factories import (
    make_acceptance,
    make_accepted_risk,
    make_assessed_risk,
    make_risk,
    make_risk_in_treatment,
)


@pytest.fixture
def requested(organization, analyst):
    return make_acceptance(analyst, make_assessed_risk(organization))


@pytest.fixture
def accepted(requested, manager):
    return decide_acceptance(actor=manager, acceptance=requested, approve=True, comment="Agreed")


# --- Asking -----------------------------------------------------------------------------------
def test_request_leaves_the_risk_where_it_is(requested, analyst):
    assert (requested.status, requested.requester) == ("requested", analyst)
    assert Risk.objects.get().status == "assessed"


@pytest.mark.parametrize("ahead", [timedelta(days=-1), timedelta(0), timedelta(days=365, hours=1)])
def test_end_is_in_the_future_and_at_most_a_year_ahead(organization, analyst, ahead):
    with pytest.raises(ValidationError) as refusal:
        make_acceptance(
            analyst, make_assessed_risk(organization), expires_at=timezone.now() + ahead
        )
    assert list(refusal.value.message_dict) == ["expires_at"]
    assert not Acceptance.objects.exists()


def test_end_may_be_a_whole_year_ahead(organization, analyst):
    end = timezone.now() + timedelta(days=365)
    risk = make_assessed_risk(organization)
    assert make_acceptance(analyst, risk, expires_at=end).expires_at == end


@pytest.mark.parametrize("justification", ["", "  \n"])
def test_justification_is_required(organization, analyst, justification):
    with pytest.raises(ValidationError) as refusal:
        make_acceptance(analyst, make_assessed_risk(organization), justification=justification)
    assert list(refusal.value.message_dict) == ["justification"]


def test_one_acceptance_at_a_time(requested, analyst, manager):
    with pytest.raises(Conflict, match="live acceptance already"):
        make_acceptance(manager, requested.risk)
    decide_acceptance(actor=manager, acceptance=requested, approve=False)
    assert make_acceptance(analyst, requested.risk).status == "requested"


# --- Deciding ---------------------------------------------------------------------------------
def test_approval_by_another_person_accepts_the_risk(accepted, manager):
    assert (accepted.status, accepted.approver) == ("approved", manager)
    assert accepted.decision_comment == "Agreed"
    assert Risk.objects.get().status == "accepted"


@pytest.mark.parametrize("approve", [True, False])
def test_nobody_decides_on_their_own_request(requested, analyst, approve):
    with pytest.raises(Conflict, match="Four eyes"):
        decide_acceptance(actor=analyst, acceptance=requested, approve=approve)
    assert Acceptance.objects.get().status == "requested"


def test_rejection_leaves_the_risk_where_it_is(requested, manager):
    rejected = decide_acceptance(
        actor=manager, acceptance=requested, approve=False, comment="Too much"
    )
    assert (rejected.status, rejected.decision_comment) == ("rejected", "Too much")
    assert Risk.objects.get().status == "assessed"


@pytest.mark.parametrize("approve", [True, False])
def test_decided_is_decided(accepted, admin, approve):
    with pytest.raises(Conflict, match="This acceptance is approved already"):
        decide_acceptance(actor=admin, acceptance=accepted, approve=approve)
    assert Acceptance.objects.get().approver != admin


def test_request_whose_end_has_passed_is_not_approved(requested, manager, time_machine):
    time_machine.move_to(requested.expires_at)
    with pytest.raises(Conflict, match="The requested end has passed"):
        decide_acceptance(actor=manager, acceptance=requested, approve=True)
    assert (
        decide_acceptance(actor=manager, acceptance=requested, approve=False).status == "rejected"
    )


def test_stale_version_decides_nothing(requested, manager):
    with pytest.raises(StaleVersion):
        decide_acceptance(actor=manager, acceptance=requested, approve=True, version=2)
    assert Risk.objects.get().status == "assessed"


def test_approval_waits_for_a_state_with_an_edge_to_accepted(organization, analyst, manager):
    risk = make_risk(organization, inherent_likelihood=1, inherent_impact=1)
    acceptance = make_accepted_risk(analyst, manager, risk)
    assert (acceptance.status, Risk.objects.get().status) == ("approved", "identified")
    take_transition(actor=manager, risk=risk, to="assessed")
    assert take_transition(actor=manager, risk=risk, to="accepted").status == "accepted"


# --- The way back -----------------------------------------------------------------------------
def test_expiry_returns_the_risk_to_assessed_without_a_mitigation(accepted):
    now = accepted.expires_at
    assert expire_due_acceptances(now=now - timedelta(seconds=1)) == 0
    assert expire_due_acceptances(now=now) == 1
    risk = Risk.objects.get()
    assert (risk.status, Acceptance.objects.get().status) == ("assessed", "expired")


def test_expiry_returns_the_risk_to_treatment_where_its_guard_allows(
    organization, analyst, manager
):
    risk = make_risk_in_treatment(organization)
    acceptance = make_accepted_risk(analyst, manager, risk)
    assert Risk.objects.get().status == "accepted"
    expire_due_acceptances(now=acceptance.expires_at)
    assert Risk.objects.get().status == "in_treatment"


def test_expiry_does_not_treat_with_cancelled_mitigations(organization, analyst, manager):
    risk = make_risk_in_treatment(organization)
    acceptance = make_accepted_risk(analyst, manager, risk)
    set_status(actor=None, mitigation=risk.mitigations.get(), to="cancelled")
    expire_due_acceptances(now=acceptance.expires_at)
    assert Risk.objects.get().status == "assessed"


def test_expired_risk_is_due_for_review(accepted):
    assert not Risk.objects.review_overdue().exists()
    expire_due_acceptances(now=accepted.expires_at)
    assert Risk.objects.review_overdue().count() == 1


def test_expiring_twice_changes_nothing(accepted):
    expire_due_acceptances(now=accepted.expires_at)
    before = Risk.objects.get().version
    assert expire_due_acceptances(now=accepted.expires_at) == 0
    assert Risk.objects.get().version == before


def test_undecided_request_expires_too(requested):
    assert expire_due_acceptances(now=requested.expires_at) == 1
    assert (Acceptance.objects.get().status, Risk.objects.get().status) == ("expired", "assessed")


def test_expiry_leaves_a_risk_that_moved_on(accepted, manager):
    take_transition(actor=manager, risk=accepted.risk, to="closed")
    assert expire_due_acceptances(now=accepted.expires_at) == 1
    assert Risk.objects.get().status == "closed"


def test_expiry_goes_on_when_a_risk_vanishes_meanwhile(organization, analyst, manager, monkeypatch):
    first, *others = (
        make_accepted_risk(analyst, manager, make_assessed_risk(organization)) for _ in range(3)
    )
    end = acceptances.end_acceptance

    def end_while_somebody_deletes(*arguments):
        ended = end(*arguments)
        Risk.objects.exclude(pk=ended.risk_id).delete()
        return ended

    monkeypatch.setattr(acceptances, "end_acceptance", end_while_somebody_deletes)
    assert expire_due_acceptances(now=max(each.expires_at for each in (first, *others))) == 1
    assert Risk.objects.get().status == "assessed"


def test_revoked_approval_returns_the_risk(accepted, admin):
    revoked = revoke_acceptance(actor=admin, acceptance=accepted, comment="Conditions not met")
    assert (revoked.status, revoked.decision_comment) == ("revoked", "Conditions not met")
    assert Risk.objects.get().status == "assessed"


def test_revoked_request_leaves_the_risk(requested, analyst):
    assert revoke_acceptance(actor=analyst, acceptance=requested).status == "revoked"
    assert Risk.objects.get().status == "assessed"


def test_revoked_is_revoked(accepted, admin):
    revoke_acceptance(actor=admin, acceptance=accepted)
    with pytest.raises(Conflict, match="This acceptance is revoked already"):
        revoke_acceptance(actor=admin, acceptance=accepted)


def test_revoked_acceptance_does_not_accept_again(accepted, admin):
    revoke_acceptance(actor=admin, acceptance=accepted)
    with pytest.raises(Conflict, match="Needs an approved acceptance"):
        take_transition(actor=admin, risk=accepted.risk, to="accepted")


def test_acceptance_keeps_who_approved_it_after_its_end(accepted, admin, manager):
    revoke_acceptance(actor=admin, acceptance=accepted)
    assert Acceptance.objects.get().approver == manager
