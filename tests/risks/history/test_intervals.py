"""The score ledger: how each risk stood, from when until when."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.utils import timezone

from risks.history import recorded
from risks.models import Risk, ScoreChange
from risks.services.risks import delete_risk, take_transition, update_risk
from risks.tracking import RISK_STATE
from tests.risks.factories import make_category, make_mitigation, make_risk

RATED = {"inherent_likelihood": 4, "inherent_impact": 5}


@pytest.fixture
def risk(organization):
    return make_risk(organization, **RATED)


def _rows(risk):
    return list(ScoreChange.objects.filter(risk=risk.pk).order_by("id"))


def test_new_risk_opens_its_ledger(risk, organization):
    [row] = _rows(risk)
    assert (row.status, row.inherent_likelihood, row.inherent_impact) == ("identified", 4, 5)
    assert (row.current_score, row.current_level, row.deleted) == (20, "critical", False)
    assert (row.organization, row.residual_level) == (organization, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("residual_likelihood", 2),
        ("target_impact", 1),
        ("inherent_impact", 1),
        ("treatment", "avoid"),
        ("next_review_at", datetime(2030, 1, 1, tzinfo=UTC)),
    ],
)
def test_each_field_it_carries_leaves_a_row(risk, field, value):
    update_risk(actor=None, instance=risk, **{field: value})
    assert [getattr(row, field) for row in _rows(risk)] == [getattr(risk, field), value]


def test_owner_category_and_status_leave_rows(risk, organization, analyst):
    category = make_category(organization)
    risk = update_risk(actor=None, instance=risk, owner=analyst, category=category)
    take_transition(actor=None, risk=risk, to="assessed")
    first, second, third = _rows(risk)
    assert (first.owner, second.owner, second.category) == (None, analyst, category)
    assert (second.status, third.status) == ("identified", "assessed")


def test_it_carries_the_risk_as_it_is(risk, analyst):
    update_risk(
        actor=None,
        instance=risk,
        owner=analyst,
        residual_likelihood=2,
        residual_impact=5,
        target_likelihood=1,
        target_impact=1,
    )
    row = ScoreChange.objects.filter(risk=risk.pk).values(*RISK_STATE).latest("id")
    assert row == Risk.objects.values(*RISK_STATE).get()


def test_other_fields_leave_no_row(risk):
    update_risk(actor=None, instance=risk, title="Flood", description="Wet", tags=["water"])
    update_risk(actor=None, instance=risk, inherent_likelihood=4)
    make_mitigation(risk)
    assert len(_rows(risk)) == 1


def test_deletion_leaves_a_tombstone(risk):
    delete_risk(actor=None, instance=risk)
    opened, gone = _rows(risk)
    assert (opened.deleted, gone.deleted) == (False, True)
    assert gone.current_score == 20


def test_cascade_leaves_tombstones(organization):
    risks = [make_risk(organization) for _ in range(3)]
    organization.delete()
    gone = ScoreChange.objects.filter(deleted=True)
    assert set(gone.values_list("risk", flat=True)) == {risk.pk for risk in risks}


def _in_sql(risk):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE risks_risk SET status = 'closed'")


def _bulk_update(risk):
    risk.status = "closed"
    Risk.objects.bulk_update([risk], ["status"])


@pytest.mark.parametrize(
    "change",
    [lambda risk: Risk.objects.update(status="closed"), _bulk_update, _in_sql],
    ids=["update", "bulk_update", "SQL"],
)
def test_every_way_to_change_leaves_a_row(risk, change):
    change(risk)
    assert [row.status for row in _rows(risk)] == ["identified", "closed"]


def test_statement_over_many_leaves_rows_where_something_changed(organization):
    same, other = make_risk(organization, status="draft"), make_risk(organization)
    Risk.objects.update(status="draft")
    assert [len(_rows(risk)) for risk in (same, other)] == [1, 2]


def test_rollback_leaves_none(risk):
    with pytest.raises(LookupError), recorded(actor=None):
        _close_and_fail()
    assert len(_rows(risk)) == 1


def _close_and_fail():
    Risk.objects.update(status="closed")
    raise LookupError


def test_rows_carry_the_time_of_the_write(risk):
    before = timezone.now()
    update_risk(actor=None, instance=risk, inherent_impact=1)
    assert before <= _rows(risk)[-1].at <= timezone.now()


def test_any_past_day_can_be_asked(organization):
    days = [datetime(2025, month, 1, tzinfo=UTC) for month in (1, 2, 3)]
    with recorded(actor=None, at=days[0]):
        risk = make_risk(organization, **RATED)
    with recorded(actor=None, at=days[1]):
        update_risk(actor=None, instance=risk, residual_likelihood=1, residual_impact=5)
    with recorded(actor=None, at=days[2]):
        Risk.objects.get().delete()

    def stood(day):
        return ScoreChange.objects.filter(risk=risk.pk, at__lte=day).order_by("at", "id").last()

    assert stood(datetime(2024, 12, 31, tzinfo=UTC)) is None
    assert stood(datetime(2025, 1, 15, tzinfo=UTC)).current_score == 20
    assert stood(datetime(2025, 2, 15, tzinfo=UTC)).current_score == 5
    assert stood(datetime(2025, 3, 15, tzinfo=UTC)).deleted


def test_ledger_outlives_its_risk_in_its_own_organization(risk, organization, other_organization):
    make_risk(other_organization)
    Risk.objects.all().delete()
    kept = ScoreChange.objects.for_organization(organization)
    assert [row.deleted for row in kept.order_by("id")] == [False, True]
