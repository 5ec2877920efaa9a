"""History: who acted, why and when, through nesting, failure and rollback."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from openrisk.accounts.models import Role
from openrisk.telemetry.request_ids import set_request_id
from risks.history import recorded
from risks.models import Change, Risk
from risks.services.risks import create_risk, take_transition, update_risk
from tests.conftest import member
from tests.risks.factories import make_risk
from tests.risks.threads import in_threads


@pytest.fixture
def risk(organization):
    return make_risk(organization)


def _last():
    return Change.objects.latest("id")


def _updates(risk):
    return Change.objects.filter(object_id=risk.pk, action="updated").order_by("id")


def _fail_while(*changes):
    """Carry out the changes, then fail: what a program does in the middle of its work."""
    for change in changes:
        change()
    raise LookupError


def _retitle(title="Undone"):
    Risk.objects.update(title=title)


# --- Who, why, when ---------------------------------------------------------------------------
def test_change_has_actor_reason_and_request(risk, manager):
    run = uuid.uuid4()
    set_request_id("request-7")
    try:
        with recorded(actor=manager, comment="Seen in the audit", run_id=run):
            Risk.objects.update(title="Flood")
    finally:
        set_request_id("")
    change = _last()
    assert (change.actor, change.comment) == (manager, "Seen in the audit")
    assert (change.request_id, change.run_id) == ("request-7", run)


def test_no_actor_is_recorded_outside(risk, manager):
    with recorded(actor=manager, comment="Inside"):
        Risk.objects.update(title="Flood")
    Risk.objects.update(title="Drought")
    change = _last()
    assert (change.actor, change.comment, change.run_id) == (None, "", None)


def test_services_record_actor_and_reason(organization, manager):
    risk = create_risk(
        actor=manager, organization=organization, title="Flood", status="draft", comment="Workshop"
    )
    take_transition(actor=manager, risk=risk, to="identified", comment="Agreed")
    comments = Change.objects.filter(object_id=risk.pk, actor=manager).values_list("comment")
    assert [comment for (comment,) in comments] == ["Agreed", "Workshop"]


@pytest.mark.parametrize(
    "comment", ['"; DROP TABLE x', "{}", "Größe\n\\", "'%s' %(a)s", "x" * 5000]
)
def test_comment_is_kept_as_it_is_written(risk, manager, comment):
    with recorded(actor=manager, comment=comment):
        Risk.objects.update(title="Flood")
    assert _last().comment == comment


def test_time_is_now_unless_another_is_given(risk):
    before = timezone.now()
    with recorded(actor=None):
        Risk.objects.update(title="Flood")
    assert before <= _last().at <= timezone.now()
    past = datetime(2020, 2, 29, 12, 30, 15, 250_000, tzinfo=UTC)
    with recorded(actor=None, at=past):
        Risk.objects.update(title="Drought")
    assert _last().at == past


def test_time_outside_of_services_is_now(risk):
    before = timezone.now() - timedelta(minutes=5)  # of PostgreSQL it is the transaction's start
    Risk.objects.update(title="Flood")
    assert before <= _last().at <= timezone.now() + timedelta(seconds=1)


# --- Nesting and rollback ---------------------------------------------------------------------
def test_inner_services_keep_the_outer_actor_run_and_time(risk, manager):
    run, past = uuid.uuid4(), datetime(2020, 1, 1, tzinfo=UTC)
    with recorded(actor=manager, comment="Import", run_id=run, at=past):
        update_risk(actor=None, instance=risk, title="Flood")
    change = _last()
    assert (change.actor, change.run_id, change.at) == (manager, run, past)
    assert change.comment == "Import"


def test_inner_comment_counts_until_it_ends(risk, manager, analyst):
    with recorded(actor=manager, comment="Outer"):
        with recorded(actor=analyst, comment="Inner"):
            Risk.objects.update(title="Flood")
        Risk.objects.update(title="Drought")
    inner, outer = _updates(risk)
    assert (inner.actor, inner.comment) == (analyst, "Inner")
    assert (outer.actor, outer.comment) == (manager, "Outer")


def test_outer_context_is_back_after_an_inner_exception(risk, manager, analyst):
    with recorded(actor=manager, comment="Outer"):
        with pytest.raises(LookupError), recorded(actor=analyst, comment="Inner"):
            _fail_while(_retitle)
        Risk.objects.update(title="Flood")
    change = _last()
    assert (change.actor, change.comment) == (manager, "Outer")
    assert [each.changes for each in _updates(risk)] == [{"title": ["Ransomware", "Flood"]}]


def test_outer_context_is_back_after_an_inner_rollback(risk, manager, analyst):
    with recorded(actor=manager, comment="Outer"):
        with recorded(actor=analyst, comment="Inner"):
            Risk.objects.update(title="Undone")
            transaction.set_rollback(True)
        Risk.objects.update(title="Flood")
    assert (_last().actor, _last().comment) == (manager, "Outer")
    assert _updates(risk).count() == 1


def test_outer_context_is_back_after_a_savepoint_around_an_inner_one(risk, manager, analyst):
    inner = recorded(actor=analyst, comment="Inner")(_retitle)
    with recorded(actor=manager, comment="Outer"):
        with pytest.raises(LookupError), transaction.atomic():
            _fail_while(inner)
        Risk.objects.update(title="Flood")
    assert (_last().actor, _last().comment) == (manager, "Outer")


def test_no_actor_is_recorded_after_an_exception(risk, manager):
    with pytest.raises(LookupError), recorded(actor=manager):
        raise LookupError
    Risk.objects.update(title="Flood")
    assert _last().actor is None


def test_rollback_leaves_nothing(risk, manager):
    with pytest.raises(LookupError), recorded(actor=manager):
        _fail_while(lambda: update_risk(actor=manager, instance=risk, title="Flood"))
    risk.refresh_from_db()
    assert risk.title == "Ransomware"
    assert not _updates(risk).exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_users_at_once_are_recorded_apart(organization):
    people = [member(Role.ANALYST, organization, name) for name in ("one", "two", "three")]
    risks = {person: make_risk(organization) for person in people}

    def work(person):
        for number in range(5):
            update_risk(actor=person, instance=risks[person], title=f"Title {number}")

    in_threads(*(lambda person=person: work(person) for person in people))
    for person, risk in risks.items():
        assert [change.actor for change in _updates(risk)] == [person] * 5
