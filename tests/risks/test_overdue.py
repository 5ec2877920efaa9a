"""The rules for "overdue" in Python and in SQL are the same."""

from datetime import UTC, date, datetime, timedelta

import pytest

from risks.models import Mitigation, MitigationStatus, Risk, ScoreChange, Status
from risks.overdue import (
    is_mitigation_overdue,
    is_past_due,
    is_review_overdue,
    mitigation_overdue,
    review_not_overdue,
    review_overdue,
)
from tests.risks.factories import make_mitigation, make_risk

NOW = datetime(2027, 3, 4, 12, tzinfo=UTC)
TODAY = NOW.date()
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@pytest.fixture
def risks(organization):
    """Makes a risk of every status for no review, a past one, one due now and a later one."""
    for status in Status.values:
        for at in (None, NOW - SECOND, NOW, NOW + SECOND):
            risk = make_risk(organization)
            Risk.objects.filter(pk=risk.pk).update(status=status, next_review_at=at)
    return Risk.objects.all()


def test_reviews_are_overdue_alike_in_python_and_sql(risks):
    overdue = {risk.pk for risk in risks if risk.is_review_overdue(NOW)}
    assert len(overdue) == len(Status) - 2  # one of each but draft and closed
    assert {risk.pk for risk in risks.filter(review_overdue(NOW))} == overdue
    assert {risk.pk for risk in risks.exclude(pk__in=overdue)} == {
        risk.pk for risk in risks.filter(review_not_overdue(NOW))
    }


def test_ledger_answers_as_the_register_does(risks):
    of_ledger = ScoreChange.objects.current().filter(review_overdue(NOW))
    of_register = risks.filter(review_overdue(NOW))
    assert set(of_ledger.values_list("risk", flat=True)) == set(
        of_register.values_list("pk", flat=True)
    )


def test_mitigations_are_overdue_alike_in_python_and_sql(organization):
    risk = make_risk(organization)
    for status in MitigationStatus.values:
        for day in (None, TODAY - DAY, TODAY, TODAY + DAY):
            mitigation = make_mitigation(risk)
            Mitigation.objects.filter(pk=mitigation.pk).update(status=status, due_date=day)
    mitigations = Mitigation.objects.all()
    overdue = {mitigation.pk for mitigation in mitigations if mitigation.is_overdue(TODAY)}
    assert len(overdue) == len(MitigationStatus) - 2  # one of each but done and cancelled
    assert {found.pk for found in mitigations.filter(mitigation_overdue(TODAY))} == overdue


def test_without_a_date_nothing_is_overdue():
    assert not is_review_overdue("assessed", None, NOW)
    assert not is_mitigation_overdue("planned", None, TODAY)
    assert not is_past_due(None, date.max)


def test_owner_label_is_the_member_or_the_imported_name(organization, analyst):
    assert make_risk(organization, owner=analyst, owner_name="").owner_label == str(analyst)
    assert make_risk(organization, owner_name="Facilities").owner_label == "Facilities"
    assert make_risk(organization).owner_label == ""
