"""Whose task is next: organizations take turns, and long tasks keep no short one waiting."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django_tasks_db.models import DBTaskResult
from time_machine import Traveller

from openrisk.tasks import for_organization, leases, queue
from tests.openrisk.tasks import samples
from tests.openrisk.tasks.conftest import claim

pytestmark = pytest.mark.django_db

ONE, OTHER = UUID(int=1), UUID(int=2)


def enqueue(task: Any, organization: UUID, *names: object) -> None:
    for name in names:
        for_organization(task, organization).enqueue(name)


def taken(result: DBTaskResult | None) -> object:
    """The argument of a task that was taken; it is done at once."""
    if result is None:
        return None
    queue.run_claimed(result)
    return result.args_kwargs["args"][0]


@pytest.mark.parametrize(("task", "names"), [("dig", "abcdxy"), ("double", [1, 2, 3, 4, 8, 9])])
def test_organizations_take_turns_whoever_has_most_waiting(
    clock: Traveller, task: str, names: list[object]
) -> None:
    enqueue(getattr(samples, task), ONE, *names[:4])
    enqueue(getattr(samples, task), OTHER, *names[4:])
    order = []
    for _ in range(6):
        clock.shift(timedelta(seconds=1))
        order.append(taken(queue.claim_next("worker")))
    assert order == [names[place] for place in (0, 4, 1, 5, 2, 3)]


def test_an_organization_has_one_long_task_running_at_a_time() -> None:
    enqueue(samples.dig, ONE, "a", "b")
    first = claim()
    assert queue.claim_next("other") is None
    queue.run_claimed(first)
    assert claim("other").args_kwargs["args"] == ["b"]


def test_others_do_not_wait_for_it() -> None:
    enqueue(samples.dig, ONE, "a", "b")
    claim()
    enqueue(samples.dig, OTHER, "x")
    assert claim("other").args_kwargs["args"] == ["x"]


def test_a_long_task_of_a_dead_worker_holds_its_organization_until_it_is_requeued(
    clock: Traveller,
) -> None:
    enqueue(samples.dig, ONE, "a")
    claim("dead")
    enqueue(samples.dig, ONE, "b")
    assert queue.claim_next("other") is None
    clock.shift(leases.DURATION)
    leases.requeue_abandoned()
    assert queue.claim_next("other") is not None


def test_a_worker_for_short_tasks_leaves_long_ones() -> None:
    enqueue(samples.dig, ONE, "a")
    enqueue(samples.double, ONE, 1)
    assert taken(queue.claim_next("worker", long=False)) == 1
    assert queue.claim_next("worker", long=False) is None


def test_short_tasks_of_an_organization_do_not_wait_for_its_long_one() -> None:
    enqueue(samples.dig, ONE, "a")
    claim()
    enqueue(samples.double, ONE, 1)
    assert taken(queue.claim_next("other")) == 1


def test_short_tasks_of_the_installation_go_before_those_of_organizations() -> None:
    enqueue(samples.double, ONE, 1)
    samples.double.enqueue(7)
    assert taken(queue.claim_next("worker")) == 7


def test_many_short_tasks_do_not_cost_an_organization_its_turn_for_a_long_one(
    clock: Traveller,
) -> None:
    enqueue(samples.dig, ONE, "a")
    taken(claim())
    for number in range(3):
        clock.shift(timedelta(seconds=1))
        enqueue(samples.double, OTHER, number)
        taken(queue.claim_next("worker", long=False))
    enqueue(samples.dig, ONE, "b")
    enqueue(samples.dig, OTHER, "x")
    assert taken(queue.claim_next("worker")) == "x"
