"""Reviews that are postponed."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from openrisk.errors import Conflict
from risks.models import Change, Risk
from risks.services.risks import postpone_review
from tests.risks.factories import make_risk


def postpone(risk, days, comment="Waiting for the audit"):
    until = timezone.now() + timedelta(days=days)
    return postpone_review(actor=None, risk=risk, until=until, comment=comment)


@pytest.fixture
def risk(organization):
    return make_risk(organization, review_interval_days=30)


def test_review_is_postponed_with_its_reason(risk):
    later = postpone(risk, 29)
    assert (later.next_review_at - timezone.now()).days == 28
    assert later.last_reviewed_at is None
    assert Change.objects.filter(object_id=risk.pk).latest("id").comment == "Waiting for the audit"


@pytest.mark.parametrize("days", [-1, 31])
def test_review_is_postponed_by_an_interval_at_most(risk, days):
    with pytest.raises(ValidationError, match="at most 30 days ahead"):
        postpone(risk, days)
    assert Risk.objects.get().next_review_at is None


@pytest.mark.parametrize("interval", [None, 365])
def test_review_is_postponed_by_90_days_at_most(organization, interval):
    risk = make_risk(organization, review_interval_days=interval)
    assert postpone(risk, 89).next_review_at
    with pytest.raises(ValidationError, match="at most 90 days ahead"):
        postpone(risk, 91)


def test_review_is_not_postponed_without_a_reason(risk):
    with pytest.raises(ValidationError, match="Explain"):
        postpone(risk, 5, comment="  ")


def test_draft_has_no_review_to_postpone(organization):
    with pytest.raises(Conflict, match="is draft"):
        postpone(make_risk(organization, status="draft"), 5)
