"""Requests that are not decided: the requester corrects or withdraws them."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from openrisk.errors import Conflict, StaleVersion
from risks.models import Acceptance
from risks.services.acceptances import (
    correct_acceptance,
    decide_acceptance,
    withdraw_acceptance,
)
from tests.risks.factories import make_acceptance, make_assessed_risk


@pytest.fixture
def requested(organization, analyst):
    return make_acceptance(analyst, make_assessed_risk(organization))


def test_requester_withdraws(requested, analyst):
    withdrawn = withdraw_acceptance(actor=analyst, acceptance=requested, comment="Fixed instead")
    assert (withdrawn.status, withdrawn.approver) == ("withdrawn", None)
    assert withdrawn.decision_comment == "Fixed instead"


def test_risk_can_be_requested_again_after_that(requested, analyst):
    withdraw_acceptance(actor=analyst, acceptance=requested)
    assert make_acceptance(analyst, requested.risk).status == "requested"


def test_no_one_else_withdraws_or_corrects(requested, manager):
    with pytest.raises(Conflict, match="Only the requester"):
        withdraw_acceptance(actor=manager, acceptance=requested)
    with pytest.raises(Conflict, match="Only the requester"):
        correct_acceptance(actor=manager, instance=requested, justification="x")
    assert Acceptance.objects.get().status == "requested"


def test_decided_request_is_not_withdrawn(requested, analyst, manager):
    decide_acceptance(actor=manager, acceptance=requested, approve=True)
    with pytest.raises(Conflict, match="approved already"):
        withdraw_acceptance(actor=analyst, acceptance=requested)


def test_requester_corrects(requested, analyst):
    end = timezone.now() + timedelta(days=10)
    changed = correct_acceptance(
        actor=analyst, instance=requested, justification="Sold in May", expires_at=end
    )
    assert (changed.justification, changed.expires_at) == ("Sold in May", end)


def test_corrected_request_is_not_approved_unseen(requested, analyst, manager):
    seen = requested.version
    correct_acceptance(actor=analyst, instance=requested, conditions="None")
    with pytest.raises(StaleVersion):
        decide_acceptance(actor=manager, acceptance=requested, approve=True, version=seen)


@pytest.mark.parametrize(
    "fields", [{"justification": " "}, {"expires_at": timezone.now() + timedelta(days=400)}]
)
def test_correction_keeps_the_rules(requested, analyst, fields):
    with pytest.raises(ValidationError):
        correct_acceptance(actor=analyst, instance=requested, **fields)
    assert Acceptance.objects.get().version == requested.version
