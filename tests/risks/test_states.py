"""The states of a risk: every edge, every guard, and the words that say why one is shut."""

from datetime import timedelta
from itertools import pairwise

import pytest

from openrisk.errors import Conflict, StaleVersion
from risks.models import Risk
from risks.services import mitigations
from risks.services.risks import INITIAL_STATUSES, advance_to, take_transition
from risks.states import (
    TRANSITIONS,
    guard_context_of,
    guard_reasons,
    list_transitions,
    shortest_path,
)
from tests.risks.factories import (
    make_acceptance,
    make_accepted_risk,
    make_action,
    make_assessed_risk,
    make_mitigation,
    make_risk,
    make_risk_in_treatment,
)

pytestmark = pytest.mark.once  # steps are taken on both by the tests of services

TABLE = {
    "draft": "identified closed",
    "identified": "assessed closed",
    "assessed": "treatment_planned accepted closed",
    "treatment_planned": "in_treatment assessed accepted closed",
    "in_treatment": "mitigated accepted treatment_planned",
    "accepted": "closed in_treatment assessed",
    "mitigated": "closed in_treatment",
    "closed": "reopened",
    "reopened": "assessed treatment_planned in_treatment closed",
}


@pytest.fixture
def passable(organization, analyst, manager):
    """A risk for which every guard is open."""
    risk = make_risk_in_treatment(organization)
    make_accepted_risk(analyst, manager, risk)
    return risk


def _put(risk, status):
    Risk.objects.filter(pk=risk.pk).update(status=status)
    risk.refresh_from_db()
    return risk


def _reasons(risk, to):
    return next(edge.reasons for edge in list_transitions(guard_context_of(risk)) if edge.to == to)


@pytest.mark.parametrize("start", TABLE)
def test_edges_of_the_table_can_be_taken(passable, start):
    for to in TABLE[start].split():
        assert take_transition(actor=None, risk=_put(passable, start), to=to).status == to


@pytest.mark.parametrize("start", TABLE)
def test_no_other_edge_can_be_taken(passable, start):
    risk = _put(passable, start)
    for to in TABLE.keys() - TABLE[start].split():
        with pytest.raises(Conflict, match=f"Cannot move from {start} to {to}. Allowed: "):
            take_transition(actor=None, risk=risk, to=to)
    assert Risk.objects.get().status == start


def test_edges_are_those_of_the_table():
    assert {start: " ".join(ends) for start, ends in TRANSITIONS.items()} == TABLE


@pytest.mark.parametrize("start", TABLE)
def test_transitions_tell_every_edge(passable, start):
    edges = list_transitions(guard_context_of(_put(passable, start)))
    assert [edge.to for edge in edges] == TABLE[start].split()
    assert all(edge.open and edge.label for edge in edges)


def test_accepting_and_closing_are_for_managers(passable):
    roles = {
        edge.to: edge.role
        for edge in list_transitions(guard_context_of(_put(passable, "treatment_planned")))
    }
    assert roles == {
        "in_treatment": "analyst",
        "assessed": "analyst",
        "accepted": "manager",
        "closed": "manager",
    }


@pytest.mark.parametrize(
    ("rating", "reason"),
    [
        ({}, "Inherent likelihood and impact not assessed"),
        ({"inherent_impact": 3}, "Inherent likelihood not assessed"),
        ({"inherent_likelihood": 3}, "Inherent impact not assessed"),
    ],
)
def test_assessed_needs_likelihood_and_impact(organization, rating, reason):
    risk = make_risk(organization, **rating)
    assert _reasons(risk, "assessed") == [reason]
    with pytest.raises(Conflict) as refusal:
        take_transition(actor=None, risk=risk, to="assessed")
    assert refusal.value.reasons == (reason,)


def test_in_treatment_needs_a_mitigation_that_is_not_cancelled(organization):
    risk = take_transition(
        actor=None, risk=make_assessed_risk(organization), to="treatment_planned"
    )
    assert _reasons(risk, "in_treatment") == ["Add a mitigation first"]
    mitigation = make_mitigation(risk)
    assert _reasons(risk, "in_treatment") == []
    mitigations.set_status(actor=None, mitigation=mitigation, to="cancelled")
    assert _reasons(risk, "in_treatment") == ["Add a mitigation first"]


def test_mitigated_needs_every_action_of_every_active_mitigation(organization):
    risk = make_risk_in_treatment(organization)
    first, second = risk.mitigations.get(), make_mitigation(risk)
    done = make_action(first)
    for mitigation in (first, second, second):
        make_action(mitigation)
    mitigations.update_action(actor=None, instance=done, done=True)
    assert _reasons(risk, "mitigated") == ["1 action open in M-0001", "2 actions open in M-0002"]
    with pytest.raises(Conflict) as refusal:
        take_transition(actor=None, risk=risk, to="mitigated")
    assert refusal.value.reasons == ("1 action open in M-0001", "2 actions open in M-0002")


def test_mitigated_ignores_cancelled_mitigations(organization):
    risk = make_risk_in_treatment(organization)
    cancelled = make_mitigation(risk)
    make_action(cancelled)
    assert _reasons(risk, "mitigated") == ["1 action open in M-0002"]
    mitigations.set_status(actor=None, mitigation=cancelled, to="cancelled")
    assert take_transition(actor=None, risk=risk, to="mitigated").status == "mitigated"


def test_mitigated_needs_a_mitigation_at_all(organization):
    risk = make_risk_in_treatment(organization)
    mitigations.set_status(actor=None, mitigation=risk.mitigations.get(), to="cancelled")
    assert _reasons(risk, "mitigated") == ["Add a mitigation first"]


def test_accepted_needs_an_approved_acceptance(organization, analyst):
    risk = make_assessed_risk(organization)
    assert _reasons(risk, "accepted") == ["Needs an approved acceptance"]
    make_acceptance(analyst, risk)
    assert _reasons(risk, "accepted") == ["Needs an approved acceptance"]


def test_accepted_needs_an_acceptance_that_has_not_expired(passable):
    end = passable.acceptances.get().expires_at
    just_before, just_then = end - timedelta(seconds=1), end
    facts = guard_context_of(_put(passable, "in_treatment"))
    shut = []
    for facts.now in (just_before, just_then):
        shut.append(guard_reasons("accepted", facts))
    assert shut == [[], ["The approved acceptance has expired"]]


def test_transitions_cost_two_queries_however_many_mitigations(
    organization, django_assert_num_queries
):
    risk = make_risk_in_treatment(organization)
    for _ in range(3):
        make_action(make_mitigation(risk))
    with django_assert_num_queries(2):
        list_transitions(guard_context_of(risk))


def test_transition_with_a_stale_version_changes_nothing(organization):
    risk = make_risk(organization, status="draft")
    with pytest.raises(StaleVersion):
        take_transition(actor=None, risk=risk, to="identified", version=risk.version + 1)
    assert Risk.objects.get().status == "draft"


def test_transition_raises_the_version(organization):
    risk = make_risk(organization, status="draft")
    moved = take_transition(actor=None, risk=risk, to="identified", version=1)
    assert (moved.version, Risk.objects.get().version) == (2, 2)


def test_transition_looks_at_the_row_as_it_is_now(organization):
    risk = make_risk(organization, status="draft")
    Risk.objects.update(status="closed")
    with pytest.raises(Conflict, match="Cannot move from closed to identified"):
        take_transition(actor=None, risk=risk, to="identified")


@pytest.mark.parametrize("start", TABLE)
@pytest.mark.parametrize("goal", [state for state in TABLE if state not in INITIAL_STATUSES])
def test_routes_follow_the_edges(start, goal):
    way = [start, *shortest_path(start, goal)]
    assert way[-1] == goal
    assert all(to in TRANSITIONS[at] for at, to in pairwise(way))


@pytest.mark.parametrize("start", TABLE)
@pytest.mark.parametrize("goal", ["assessed", "in_treatment", "mitigated", "accepted"])
def test_no_route_closes_a_risk_to_get_elsewhere(start, goal):
    assert "closed" not in shortest_path(start, goal)


def test_reopening_goes_through_closed():
    assert shortest_path("mitigated", "reopened") == ["closed", "reopened"]
    assert shortest_path("closed", "closed") == []


@pytest.mark.parametrize("goal", INITIAL_STATUSES)
def test_nothing_leads_back_to_the_beginnings(goal):
    with pytest.raises(ValueError, match=f"No way leads from closed to {goal}"):
        shortest_path("closed", goal)


def test_walk_goes_as_far_as_the_guards_allow(organization):
    risk = make_risk(organization, status="draft", inherent_likelihood=2, inherent_impact=2)
    result = advance_to(actor=None, risk=risk, to="mitigated")
    assert result.status == Risk.objects.get().status == "treatment_planned"
    assert result.reasons == ["Add a mitigation first"]


def test_walk_that_arrives_gives_no_reasons(organization):
    risk = make_risk(organization, status="draft", inherent_likelihood=2, inherent_impact=2)
    result = advance_to(actor=None, risk=risk, to="assessed")
    assert (result.status, result.reasons) == ("assessed", [])


def test_open_risks_are_neither_draft_nor_closed(passable):
    found = {start for start in TABLE if _put(passable, start) in Risk.objects.open()}
    assert found == set(TABLE) - {"draft", "closed"}
