from datetime import UTC, datetime, timedelta

import pytest

from openrisk.tasks import long_running, retrying, scheduled
from openrisk.tasks.declarations import RetryPolicy, next_occurrence
from tests.openrisk.tasks import samples

POLICY = RetryPolicy(attempts=5, base=timedelta(seconds=30), maximum=timedelta(hours=1))


@pytest.mark.parametrize(
    ("attempt", "longest"), [(1, 30), (2, 60), (3, 120), (8, 3600), (500, 3600)]
)
def test_wait_doubles_up_to_maximum_and_is_spread(attempt: int, longest: int) -> None:
    delays = {POLICY.delay(attempt) for _ in range(50)}
    assert timedelta(seconds=longest / 2) <= min(delays)
    assert max(delays) <= timedelta(seconds=longest)
    assert len(delays) > 1


def test_no_attempt_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="give 1 or more"):
        retrying(attempts=0)


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("*/15 * * * *", datetime(2026, 3, 2, 12, 15, tzinfo=UTC)),
        ("0 12 * * *", datetime(2026, 3, 3, 12, 0, tzinfo=UTC)),
        ("30 6 1 * *", datetime(2026, 4, 1, 6, 30, tzinfo=UTC)),
        ("0 0 * * SUN", datetime(2026, 3, 8, 0, 0, tzinfo=UTC)),
    ],
)
def test_next_occurrence_is_later_than_the_moment_given(cron: str, expected: datetime) -> None:
    assert next_occurrence(cron, datetime(2026, 3, 2, 12, 0, tzinfo=UTC)) == expected


@pytest.mark.parametrize("cron", ["", "hourly", "61 * * * *", "* * * * * *", "0 0 30 2 *"])
def test_what_is_no_cron_expression_is_refused(cron: str, schedules: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not a cron expression"):
        scheduled(cron, name="tests.tick")
    assert not schedules


def test_two_schedules_of_one_name_are_refused(schedules: dict[str, object]) -> None:
    scheduled("0 0 * * *", name="tests.tick")(samples.tick)
    with pytest.raises(ValueError, match="two schedules named"):
        scheduled("0 1 * * *", name="tests.tick")


def test_task_that_needs_arguments_cannot_be_scheduled(schedules: dict[str, object]) -> None:
    with pytest.raises(
        TypeError,
        match=r"cannot be scheduled, because it takes arguments .*number.*: give",
    ):
        scheduled("0 0 * * *", name="tests.double")(samples.double)
    assert not schedules


@pytest.mark.parametrize(
    "decorator",
    [retrying(), long_running, scheduled("0 0 * * *", name="tests.swapped")],
    ids=["retrying", "long_running", "scheduled"],
)
def test_a_decorator_below_task_is_told_to_stand_above(decorator) -> None:
    def work() -> None: ...

    with pytest.raises(TypeError, match="of work is below @task: put it above"):
        decorator(work)


@pytest.mark.django_db
def test_an_object_as_argument_is_told_to_be_an_id() -> None:
    with pytest.raises(TypeError, match=r"double was given what JSON cannot hold .*: pass ids"):
        samples.double.enqueue(object())
