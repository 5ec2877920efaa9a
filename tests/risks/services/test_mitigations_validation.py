"""A mitigation in review is validated by someone other than who owns or implemented it."""

import pytest
from django.core.exceptions import ValidationError

from openrisk.accounts.models import Role
from openrisk.errors import Conflict, StaleVersion
from risks.models import Mitigation
from risks.services.mitigations import set_status, update_mitigation, validate_mitigation
from tests.conftest import member
from tests.risks.factories import make_action, make_mitigation, make_risk


@pytest.fixture
def in_review(organization, analyst):
    """Reported implemented by the analyst, who does not own it."""
    mitigation = make_mitigation(make_risk(organization))
    set_status(actor=analyst, mitigation=mitigation, to="in_progress")
    return set_status(actor=analyst, mitigation=mitigation, to="review")


def validate(mitigation, actor, *, effective=True, **fields):
    return validate_mitigation(actor=actor, mitigation=mitigation, effective=effective, **fields)


def test_review_says_who_reported_it_implemented(in_review, analyst):
    assert in_review.implemented_by == analyst
    assert in_review.implemented_at is not None


def test_effective_is_done(in_review, manager):
    done = validate(in_review, manager, comment="Restored a backup")
    assert (done.status, done.validation, done.validated_by) == ("done", "effective", manager)
    assert done.validation_reason == "Restored a backup"


def test_not_effective_is_in_progress_again_with_the_reason(in_review, manager):
    back = validate(in_review, manager, effective=False, comment="The tapes are empty")
    assert (back.status, back.validation) == ("in_progress", "not_effective")
    assert (back.validated_by, back.validation_reason) == (manager, "The tapes are empty")


def test_not_effective_needs_a_reason(in_review, manager):
    with pytest.raises(ValidationError, match="Explain why"):
        validate(in_review, manager, effective=False, comment=" ")
    assert Mitigation.objects.get().status == "review"


@pytest.mark.parametrize("effective", [True, False])
def test_the_person_who_implemented_it_does_not_validate(in_review, analyst, effective):
    with pytest.raises(Conflict, match="Four eyes"):
        validate(in_review, analyst, effective=effective, comment="Mine is good")
    assert Mitigation.objects.get().validation == ""


def test_the_owner_does_not_validate(in_review, manager):
    owned = update_mitigation(actor=None, instance=in_review, owner=manager)
    with pytest.raises(Conflict, match="Four eyes"):
        validate(owned, manager, effective=False, comment="No")


def test_open_actions_hold_only_what_is_effective(in_review, manager):
    make_action(in_review)
    with pytest.raises(Conflict, match="1 action open"):
        validate(in_review, manager)
    assert validate(in_review, manager, effective=False, comment="Open").status == "in_progress"


def test_only_what_is_in_review_is_validated(organization, manager):
    planned = make_mitigation(make_risk(organization))
    with pytest.raises(Conflict, match="Only one in review"):
        validate(planned, manager, effective=False, comment="Never began")


def test_stale_version_validates_nothing(in_review, manager):
    with pytest.raises(StaleVersion):
        validate(in_review, manager, version=1)
    assert Mitigation.objects.get().status == "review"


def test_opening_it_again_forgets_the_validation(in_review, manager, analyst):
    done = validate(in_review, manager)
    again = set_status(actor=analyst, mitigation=done, to="in_progress")
    assert (again.validation, again.validated_by, again.implemented_by) == ("", None, None)


def test_next_report_forgets_the_last_validation(in_review, manager):
    back = validate(in_review, manager, effective=False, comment="Not yet")
    assert set_status(actor=manager, mitigation=back, to="review").validated_by is None


def test_queue_has_what_others_own_and_implemented(in_review, organization, analyst, manager):
    other = member(Role.ADMIN, organization)
    update_mitigation(actor=None, instance=in_review, owner=manager)
    waiting = Mitigation.objects.for_organization(organization)
    assert [waiting.to_validate_by(person).exists() for person in (analyst, manager, other)] == [
        False,
        False,
        True,
    ]


def test_queue_has_what_no_one_owns(organization, manager):
    mitigation = make_mitigation(make_risk(organization))
    Mitigation.objects.filter(pk=mitigation.pk).update(status="review")
    assert Mitigation.objects.to_validate_by(manager).get() == mitigation
