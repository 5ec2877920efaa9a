"""Actions: their order, who is responsible, and which of them wait."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from openrisk.errors import StaleVersion
from risks.models import Mitigation, MitigationAction
from risks.services.mitigations import move_action, order_actions, update_action
from tests.risks.factories import make_action, make_mitigation, make_risk


@pytest.fixture
def mitigation(organization):
    return make_mitigation(make_risk(organization))


@pytest.fixture
def actions(mitigation):
    return [make_action(mitigation, title) for title in "abc"]


def titles():
    return "".join(MitigationAction.objects.order_by("order").values_list("title", flat=True))


@pytest.mark.parametrize(
    ("index", "up", "result"),
    [(0, False, "bac"), (2, True, "acb"), (0, True, "abc"), (2, False, "abc")],
)
def test_actions_move_up_and_down(actions, index, up, result):
    move_action(actor=None, action=actions[index], up=up)
    assert titles() == result


def test_actions_with_the_same_number_can_be_moved(mitigation, actions):
    MitigationAction.objects.update(order=7)
    move_action(actor=None, action=MitigationAction.objects.get(title="c"), up=True)
    assert titles() == "acb"


def test_actions_are_put_in_order(mitigation, actions):
    order_actions(actor=None, mitigation=mitigation, order=[actions[i].pk for i in (2, 0, 1)])
    assert titles() == "cab"


def test_order_of_other_actions_is_stale(mitigation, actions):
    with pytest.raises(StaleVersion):
        order_actions(actor=None, mitigation=mitigation, order=[actions[0].pk])
    assert titles() == "abc"


@pytest.mark.parametrize(
    ("assignee", "owner", "risk_assignee", "responsible"),
    [
        ("analyst", "manager", None, "analyst"),
        (None, "manager", "analyst", "manager"),
        (None, None, "analyst", "analyst"),
        (None, None, None, None),
    ],
)
def test_one_person_is_responsible_for_an_action(
    organization, analyst, manager, assignee, owner, risk_assignee, responsible
):
    people = {"analyst": analyst, "manager": manager, None: None}
    risk = make_risk(organization, assignee=people[risk_assignee])
    mitigation = make_mitigation(risk, owner=people[owner])
    make_action(mitigation, assignee=people[assignee])
    person = people[responsible]
    assert MitigationAction.objects.with_responsible().get().responsible == (person and person.pk)
    assert [MitigationAction.objects.of_person(each).exists() for each in (analyst, manager)] == [
        responsible == "analyst",
        responsible == "manager",
    ]


def test_actions_of_finished_mitigations_are_not_pending(mitigation, actions):
    yesterday = timezone.now().date() - timedelta(days=1)
    update_action(actor=None, instance=actions[0], due_date=yesterday)
    assert [a.title for a in MitigationAction.objects.overdue()] == ["a"]
    Mitigation.objects.update(status="cancelled")
    assert not MitigationAction.objects.pending().exists()


def test_action_waits_while_another_is_open(mitigation):
    first = make_action(mitigation, "first")
    second = make_action(mitigation, "second", depends_on=[first])
    assert MitigationAction.objects.waiting().get() == second
    update_action(actor=None, instance=first, done=True)
    assert not MitigationAction.objects.waiting().exists()


def test_mitigation_is_not_due_before_it_starts(organization):
    today = timezone.now().date()
    dates = {"start_date": today, "due_date": today - timedelta(days=1)}
    with pytest.raises(ValidationError, match="before the start"):
        make_mitigation(make_risk(organization), **dates)
