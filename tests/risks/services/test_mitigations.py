"""Mitigations and their actions: progress, order, cycles, validation by somebody else."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from openrisk.errors import Conflict, StaleVersion
from risks.models import ActionDependency, Mitigation, MitigationAction
from risks.models.mitigations import progress_of
from risks.services.mitigations import set_status, update_action, update_mitigation
from tests.risks.factories import make_action, make_mitigation, make_risk

TABLE = {
    "planned": "in_progress cancelled",
    "in_progress": "review planned cancelled",
    "review": "done in_progress cancelled",
    "done": "in_progress",
    "cancelled": "planned",
}


@pytest.fixture
def mitigation(organization):
    return make_mitigation(make_risk(organization))


def _put(mitigation, status):
    Mitigation.objects.filter(pk=mitigation.pk).update(status=status)
    return mitigation


def _do(action, *, done=True):
    return update_action(actor=None, instance=action, done=done)


# --- Status -----------------------------------------------------------------------------------
@pytest.mark.parametrize("start", TABLE)
def test_edges_can_be_taken(mitigation, start):
    for to in TABLE[start].split():
        assert set_status(actor=None, mitigation=_put(mitigation, start), to=to).status == to


@pytest.mark.parametrize("start", TABLE)
def test_no_other_edge_can_be_taken(mitigation, start):
    for to in TABLE.keys() - TABLE[start].split():
        with pytest.raises(Conflict, match=f"Cannot move from {start} to {to}"):
            set_status(actor=None, mitigation=_put(mitigation, start), to=to)
    assert Mitigation.objects.get().status == start


def test_status_is_no_field(mitigation):
    with pytest.raises(ValidationError, match="status"):
        update_mitigation(actor=None, instance=mitigation, status="done")
    with pytest.raises(ValidationError, match="status"):
        make_mitigation(mitigation.risk, status="done")
    assert Mitigation.objects.get().status == "planned"


def test_owner_does_not_validate_their_own_mitigation(mitigation, analyst):
    update_mitigation(actor=None, instance=mitigation, owner=analyst)
    _put(mitigation, "review")
    with pytest.raises(Conflict, match="Four eyes"):
        set_status(actor=analyst, mitigation=mitigation, to="done")
    assert Mitigation.objects.get().status == "review"


def test_another_person_validates(mitigation, analyst, manager):
    update_mitigation(actor=None, instance=mitigation, owner=analyst)
    _put(mitigation, "review")
    assert set_status(actor=manager, mitigation=mitigation, to="done").status == "done"


def test_validation_needs_every_action_done(mitigation, manager):
    action = make_action(mitigation)
    _put(mitigation, "review")
    with pytest.raises(Conflict, match=r"1 action open in M-0001\. Finish or remove"):
        set_status(actor=manager, mitigation=mitigation, to="done")
    _do(action)
    assert set_status(actor=manager, mitigation=mitigation, to="done").status == "done"


def test_stale_version_moves_nothing(mitigation):
    with pytest.raises(StaleVersion):
        set_status(actor=None, mitigation=mitigation, to="in_progress", version=2)
    assert Mitigation.objects.get().status == "planned"


# --- Progress ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("status", "percent"),
    [("planned", 0), ("in_progress", None), ("review", None), ("done", 100), ("cancelled", None)],
)
def test_without_actions_only_the_beginning_and_the_end_are_measured(status, percent):
    assert progress_of(status, done=0, total=0) == percent


@pytest.mark.parametrize(
    ("done", "total", "percent"), [(0, 3, 0), (1, 3, 33), (2, 3, 66), (199, 200, 99), (3, 3, 100)]
)
def test_with_actions_progress_is_floored_whatever_the_status(done, total, percent):
    assert progress_of("in_progress", done, total) == percent
    assert progress_of("planned", done, total) == percent


def test_actions_are_counted_per_mitigation(mitigation):
    other = make_mitigation(mitigation.risk)
    _do(make_action(mitigation))
    make_action(mitigation)
    make_action(other)
    counted = Mitigation.objects.with_progress().order_by("number")
    assert [(m.actions_done, m.actions_total) for m in counted] == [(1, 2), (0, 1)]


# --- Overdue ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("status", "days", "overdue"),
    [
        ("planned", -1, True),
        ("in_progress", -1, True),
        ("review", -1, True),
        ("done", -1, False),
        ("cancelled", -1, False),
        ("planned", 0, False),
        ("planned", None, False),
    ],
)
def test_overdue_is_due_and_neither_done_nor_cancelled(mitigation, status, days, overdue):
    today = timezone.now().date()
    due = None if days is None else today + timedelta(days=days)
    Mitigation.objects.update(due_date=due, status=status)
    assert Mitigation.objects.overdue().exists() == overdue


def test_active_is_not_cancelled(mitigation):
    cancelled = make_mitigation(mitigation.risk)
    _put(cancelled, "cancelled")
    assert list(Mitigation.objects.active()) == [mitigation]


# --- Cost -------------------------------------------------------------------------------------
def test_cost_has_a_currency(mitigation):
    priced = update_mitigation(
        actor=None, instance=mitigation, cost=Decimal("1200.50"), currency="EUR"
    )
    assert (priced.cost, priced.currency) == (Decimal("1200.50"), "EUR")
    with pytest.raises(ValidationError, match="A cost needs a currency"):
        update_mitigation(actor=None, instance=priced, currency="")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"cost": 1}, "currency"),
        ({"cost": 1, "currency": "eur"}, "currency"),
        ({"cost": 1, "currency": "EURO"}, "currency"),
        ({"cost": -1, "currency": "EUR"}, "cost"),
        ({"effectiveness": Decimal("1.01")}, "effectiveness"),
        ({"priority": "urgent"}, "priority"),
        ({"title": ""}, "title"),
    ],
    ids=str,
)
def test_wrong_field_is_named(organization, fields, field):
    with pytest.raises(ValidationError) as refusal:
        make_mitigation(make_risk(organization), **fields)
    assert list(refusal.value.message_dict) == [field]


# --- Actions ----------------------------------------------------------------------------------
def test_actions_are_numbered_in_order(mitigation):
    orders = [make_action(mitigation).order for _ in range(3)]
    assert orders == [1, 2, 3]
    assert make_action(mitigation, order=9).order == 9


def test_done_leaves_who_and_when_and_open_again_takes_it_back(mitigation, analyst):
    action = update_action(actor=analyst, instance=make_action(mitigation), done=True)
    assert action.done_by == analyst
    assert action.done_at is not None
    action = _do(action, done=False)
    assert (action.done, action.done_by, action.done_at) == (False, None, None)


def test_done_twice_keeps_the_first_time(mitigation, analyst, manager):
    action = update_action(actor=analyst, instance=make_action(mitigation), done=True)
    again = update_action(actor=manager, instance=action, done=True)
    assert (again.done_by, again.done_at) == (analyst, action.done_at)


def test_action_waits_for_what_it_depends_on(mitigation):
    first = make_action(mitigation, "Buy tapes")
    second = make_action(mitigation, "Write tapes", depends_on=[first])
    with pytest.raises(Conflict, match='"Buy tapes" is open and must be done first'):
        _do(second)
    _do(first)
    assert _do(second).done


def test_action_does_not_reopen_under_one_that_is_done(mitigation):
    first = make_action(mitigation, "Buy tapes")
    second = make_action(mitigation, "Write tapes", depends_on=[first])
    _do(first)
    _do(second)
    with pytest.raises(Conflict, match='"Write tapes" is done and depends on this one'):
        _do(first, done=False)
    assert MitigationAction.objects.open().count() == 0


def test_done_action_does_not_come_to_wait_for_an_open_one(mitigation):
    done, still_open = _do(make_action(mitigation)), make_action(mitigation, "Buy more")
    with pytest.raises(Conflict, match='"Buy more" is open and must be done first'):
        update_action(actor=None, instance=done, depends_on=[still_open])
    assert not ActionDependency.objects.exists()


@pytest.mark.parametrize("length", [1, 2, 3])
def test_dependencies_make_no_cycle(mitigation, length):
    actions = [make_action(mitigation)]
    for _ in range(length - 1):
        actions.append(make_action(mitigation, depends_on=[actions[-1]]))
    with pytest.raises(ValidationError, match="This would be a cycle"):
        update_action(actor=None, instance=actions[0], depends_on=[actions[-1]])
    assert ActionDependency.objects.count() == length - 1


def test_two_ways_to_one_action_are_no_cycle(mitigation):
    first = make_action(mitigation)
    left, right = (make_action(mitigation, depends_on=[first]) for _ in range(2))
    last = make_action(mitigation, depends_on=[left, right])
    assert set(last.depends_on.all()) == {left, right}


def test_dependencies_stay_within_one_mitigation(mitigation):
    foreign = make_action(make_mitigation(mitigation.risk))
    with pytest.raises(ValidationError, match="actions of the same mitigation only"):
        make_action(mitigation, depends_on=[foreign])
    assert mitigation.actions.count() == 0


def test_given_dependencies_replace_the_others(mitigation):
    first, second = make_action(mitigation), make_action(mitigation)
    third = make_action(mitigation, depends_on=[first])
    update_action(actor=None, instance=third, depends_on=[second])
    assert list(third.depends_on.all()) == [second]
    update_action(actor=None, instance=third, title="Renamed")
    assert list(third.depends_on.all()) == [second]


def test_turning_a_dependency_round_is_no_cycle(mitigation):
    first = make_action(mitigation)
    second = make_action(mitigation, depends_on=[first])
    update_action(actor=None, instance=second, depends_on=[])
    update_action(actor=None, instance=first, depends_on=[second])
    assert list(first.depends_on.all()) == [second]


def test_stale_version_of_an_action_is_refused(mitigation):
    action = make_action(mitigation)
    with pytest.raises(StaleVersion):
        update_action(actor=None, instance=action, version=2, done=True)
    assert MitigationAction.objects.open().count() == 1
