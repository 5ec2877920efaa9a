"""Creating, changing, deleting and reviewing risks; numbers and versions."""

from datetime import timedelta
from itertools import chain

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from openrisk.errors import StaleVersion
from risks.models import Mitigation, Risk, RiskTag
from risks.services import rows
from risks.services.risks import (
    delete_risk,
    mark_reviewed,
    take_transition,
    update_risk,
)
from tests.risks.factories import make_assessed_risk, make_asset, make_mitigation, make_risk
from tests.risks.threads import in_threads


def _update(risk, **fields):
    return update_risk(actor=None, instance=risk, **fields)


# --- Creating ---------------------------------------------------------------------------------
def test_new_risk_is_identified_numbered_and_scored(organization):
    risk = make_risk(organization, inherent_likelihood=4, inherent_impact=4)
    risk.refresh_from_db()
    assert (risk.reference, risk.status, risk.version) == ("R-0001", "identified", 1)
    assert (risk.inherent_score, risk.inherent_level, risk.current_score) == (16, "high", 16)


def test_new_risk_may_be_a_draft(organization):
    assert make_risk(organization, status="draft").status == "draft"


@pytest.mark.parametrize("status", ["assessed", "accepted", "closed", "nonsense"])
def test_new_risk_begins_nowhere_else(organization, status):
    with pytest.raises(ValidationError, match="A new risk is draft or identified"):
        make_risk(organization, status=status)
    assert not Risk.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "x" * 256),
        ("inherent_likelihood", 0),
        ("inherent_likelihood", 6),
        ("residual_impact", -1),
        ("target_impact", "much"),
        ("treatment", "ignore"),
        ("review_interval_days", 0),
    ],
)
def test_wrong_value_is_refused_by_its_field(organization, field, value):
    with pytest.raises(ValidationError) as refusal:
        make_risk(organization, **{field: value})
    assert list(refusal.value.message_dict) == [field]
    assert not Risk.objects.exists()


def test_all_wrong_values_are_told_together(organization):
    with pytest.raises(ValidationError) as refusal:
        make_risk(organization, title="", inherent_impact=9)
    assert set(refusal.value.message_dict) == {"title", "inherent_impact"}


# --- Numbers ----------------------------------------------------------------------------------
def test_numbers_run_per_organization_and_kind(organization, other_organization):
    references = [make_risk(organization).reference for _ in range(2)]
    assert references == ["R-0001", "R-0002"]
    assert make_risk(other_organization).reference == "R-0001"
    assert make_mitigation(Risk.objects.first()).reference == "M-0001"


def test_deleting_does_not_free_a_number(organization):
    delete_risk(actor=None, instance=make_risk(organization))
    assert make_risk(organization).reference == "R-0002"


def test_refused_risk_takes_no_number(organization):
    with pytest.raises(ValidationError):
        make_risk(organization, title="")
    assert make_risk(organization).reference == "R-0001"


def test_many_numbers_at_once_are_consecutive(organization):
    assert rows.allocate_numbers(organization, "R", 500) == 1
    assert rows.allocate_numbers(organization, "R") == 501


def test_references_grow_beyond_four_digits(organization):
    rows.allocate_numbers(organization, "R", 9_999)
    assert make_risk(organization).reference == "R-10000"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_risks_created_at_once_get_different_numbers(organization):
    def create_three():
        return [make_risk(organization).number for _ in range(3)]

    numbers = sorted(chain.from_iterable(in_threads(*[create_three] * 6)))
    assert numbers == list(range(1, 19))


# --- Changing ---------------------------------------------------------------------------------
def test_change_rescores_and_raises_the_version(organization):
    risk = _update(make_risk(organization), residual_likelihood=1, residual_impact=3)
    risk.refresh_from_db()
    assert (risk.residual_score, risk.residual_level, risk.current_score) == (3, "low", 3)
    assert risk.version == 2


def test_unassessing_clears_score_and_level(organization):
    risk = make_risk(organization, inherent_likelihood=4, inherent_impact=4)
    _update(risk, inherent_impact=None)
    risk.refresh_from_db()
    assert (risk.inherent_score, risk.inherent_level, risk.priority) == (None, None, None)


def test_status_does_not_change_as_a_field(organization):
    with pytest.raises(ValidationError, match="Use a transition"):
        _update(make_risk(organization), status="closed")
    assert Risk.objects.get().status == "identified"


def test_assessed_risk_keeps_its_assessment(organization):
    risk = make_assessed_risk(organization)
    with pytest.raises(ValidationError, match="keeps its inherent likelihood"):
        _update(risk, inherent_likelihood=None)
    assert _update(risk, inherent_likelihood=1).inherent_score == 5


def test_reopened_risk_that_nobody_ever_assessed_can_be_edited(organization):
    risk = make_risk(organization, status="draft")
    for to in ("closed", "reopened", "treatment_planned"):
        risk = take_transition(actor=None, risk=risk, to=to)
    assert _update(risk, title="Flood").title == "Flood"
    assert _update(risk, inherent_likelihood=3).inherent_likelihood == 3


def test_stale_version_is_refused(organization):
    risk = make_risk(organization)
    _update(risk, version=1, title="First")
    with pytest.raises(StaleVersion):
        _update(risk, version=1, title="Second")
    assert Risk.objects.get().title == "First"


def test_change_without_a_version_keeps_what_others_changed(organization):
    seen_earlier = make_risk(organization)
    _update(Risk.objects.get(), description="By somebody else")
    _update(seen_earlier, title="Flood")
    risk = Risk.objects.get()
    assert (risk.title, risk.description, risk.version) == ("Flood", "By somebody else", 3)


def test_deleted_risk_cannot_be_changed_or_deleted_again(organization):
    risk = make_risk(organization)
    seen_earlier = Risk.objects.get()
    delete_risk(actor=None, instance=risk)
    with pytest.raises(StaleVersion):
        _update(seen_earlier, title="Flood")
    with pytest.raises(StaleVersion):
        delete_risk(actor=None, instance=seen_earlier)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_changes_at_once_with_one_version_one_wins(organization):
    risk = make_risk(organization)

    def change():
        try:
            return _update(Risk.objects.get(pk=risk.pk), version=1, title="Mine").version
        except StaleVersion:
            return None

    assert sorted(in_threads(*[change] * 4), key=str) == [2, None, None, None]


def test_refused_change_undoes_its_links(organization):
    risk = make_risk(organization, tags=["it"])
    with pytest.raises(ValidationError):
        _update(risk, title="", tags=["other"])
    with pytest.raises(ValidationError):
        _update(risk, title="Flood", tags=["x" * 51])
    assert Risk.objects.get().title == "Ransomware"
    assert RiskTag.objects.get().name == "it"


# --- External ids -----------------------------------------------------------------------------
def test_external_id_is_unique_per_source_and_its_name(organization):
    fields = {"source": "import", "source_name": "hospital", "external_id": "R-001"}
    make_risk(organization, **fields)
    with pytest.raises(ValidationError, match="Another risk of this source has this external id"):
        make_risk(organization, **fields)
    assert Risk.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [{"source_name": "plant"}, {"source": "connector"}, {"external_id": "R-002"}],
    ids=str,
)
def test_external_id_may_repeat_in_another_source(organization, other):
    fields = {"source": "import", "source_name": "hospital", "external_id": "R-001"}
    make_risk(organization, **fields)
    assert make_risk(organization, **fields | other).number == 2


def test_external_id_may_repeat_in_another_organization_and_be_empty(
    organization, other_organization
):
    for owner in (organization, other_organization):
        make_risk(owner, external_id="R-001")
        make_risk(owner)
        make_risk(owner)
    assert Risk.objects.count() == 6


def test_external_id_of_another_cannot_be_taken_over(organization):
    make_risk(organization, external_id="A")
    with pytest.raises(ValidationError) as refusal:
        _update(make_risk(organization, external_id="B"), external_id="A")
    assert list(refusal.value.message_dict) == ["external_id"]


# --- Deleting and reviewing -------------------------------------------------------------------
def test_deleting_takes_what_hangs_on_the_risk(organization):
    asset = make_asset(organization)
    risk = make_risk(organization, tags=["it"], assets=[asset])
    make_mitigation(risk)
    delete_risk(actor=None, instance=risk)
    assert not Mitigation.objects.exists()
    assert not RiskTag.objects.exists()
    asset.refresh_from_db()


def test_delete_with_a_stale_version_keeps_the_risk(organization):
    with pytest.raises(StaleVersion):
        delete_risk(actor=None, instance=make_risk(organization), version=7)
    assert Risk.objects.exists()


def test_review_plans_the_next_one(organization):
    risk = make_risk(organization, review_interval_days=90)
    before = timezone.now()
    risk = mark_reviewed(actor=None, risk=risk)
    assert before <= risk.last_reviewed_at <= timezone.now()
    assert risk.next_review_at - risk.last_reviewed_at == timedelta(days=90)


def test_review_without_an_interval_plans_none(organization):
    risk = make_risk(organization, next_review_at=timezone.now() - timedelta(days=1))
    risk = mark_reviewed(actor=None, risk=risk)
    assert risk.last_reviewed_at is not None
    assert risk.next_review_at is None


def test_overdue_stays_overdue_until_somebody_reviews(organization, time_machine):
    risk = make_risk(
        organization,
        review_interval_days=30,
        next_review_at=timezone.now() + timedelta(days=1),
    )
    assert not Risk.objects.review_overdue().exists()
    time_machine.move_to(timezone.now() + timedelta(days=400))
    _update(risk, title="Touched, but not reviewed")
    assert Risk.objects.review_overdue().count() == 1
    mark_reviewed(actor=None, risk=risk)
    assert not Risk.objects.review_overdue().exists()


@pytest.mark.parametrize("status", ["draft", "closed"])
def test_what_is_not_open_needs_no_review(organization, status):
    make_risk(organization, next_review_at=timezone.now() - timedelta(days=1))
    assert Risk.objects.review_overdue().count() == 1
    Risk.objects.update(status=status)
    assert not Risk.objects.review_overdue().exists()
