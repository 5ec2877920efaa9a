import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django_tasks_db.models import DBTaskResult
from time_machine import Traveller

from openrisk.database import clock as database_clock
from openrisk.tasks import scheduled, schedules
from openrisk.tasks.declarations import scheduled_tasks
from openrisk.tasks.models import Schedule
from openrisk.tasks.schedules import enqueue_due, synchronize_schedules
from tests.openrisk.tasks import samples
from tests.openrisk.tasks.conftest import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def quarterly(clock: Traveller, schedules: dict[str, object]) -> Schedule:
    """Every quarter of an hour; first at 12:15."""
    scheduled("*/15 * * * *", name="tests.tick")(samples.tick)
    synchronize_schedules()
    return Schedule.objects.get()


def test_new_schedule_waits_for_its_first_occurrence(quarterly: Schedule) -> None:
    assert enqueue_due() == 0
    assert quarterly.next_run_at == NOON + timedelta(minutes=15)


def test_due_occurrence_is_enqueued_once(quarterly: Schedule, clock: Traveller) -> None:
    clock.shift(timedelta(minutes=15))
    assert [enqueue_due(), enqueue_due()] == [1, 0]
    result = DBTaskResult.objects.get()
    assert result.task_path == "tests.openrisk.tasks.samples.tick"


def test_row_says_when_it_was_enqueued_and_when_it_is_next(
    quarterly: Schedule, clock: Traveller
) -> None:
    clock.shift(timedelta(minutes=17))
    enqueue_due()
    quarterly.refresh_from_db()
    assert quarterly.last_enqueued_at == NOON + timedelta(minutes=17)
    assert quarterly.next_run_at == NOON + timedelta(minutes=30)


def test_missed_occurrences_run_once(quarterly: Schedule, clock: Traveller) -> None:
    clock.shift(timedelta(days=3, minutes=1))
    synchronize_schedules()  # as a worker does when it starts after the outage
    assert enqueue_due() == 1
    clock.shift(timedelta(minutes=14))
    assert enqueue_due() == 1
    assert DBTaskResult.objects.count() == 2


def test_process_that_comes_second_enqueues_nothing(quarterly: Schedule, clock: Traveller) -> None:
    """Both have read the row before either moves it on."""
    clock.shift(timedelta(minutes=15))
    first, second = Schedule.objects.get(), Schedule.objects.get()
    now = NOON + timedelta(minutes=15)
    assert [first.advance(now), second.advance(now)] == [True, False]


def test_row_moves_on_only_together_with_its_task(
    quarterly: Schedule, clock: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.shift(timedelta(minutes=15))
    with monkeypatch.context() as patch:
        patch.setattr(type(samples.tick), "enqueue", _break_down)
        with pytest.raises(RuntimeError):
            enqueue_due()
    assert enqueue_due() == 1


def _break_down(*args: object) -> None:
    raise RuntimeError


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(days=366)])
def test_a_clock_that_was_ahead_does_not_stop_a_schedule(
    quarterly: Schedule, clock: Traveller, ahead: timedelta
) -> None:
    Schedule.objects.update(next_run_at=NOON + ahead)
    assert (
        schedules.schedule_lateness()["tests.tick"]
        == (ahead - timedelta(minutes=15)).total_seconds()
    )
    assert enqueue_due() == 0
    assert Schedule.objects.get().next_run_at == NOON + timedelta(minutes=15)
    clock.shift(timedelta(minutes=15))
    assert enqueue_due() == 1


def test_a_worker_that_read_the_time_a_moment_before_changes_nothing(
    quarterly: Schedule, clock: Traveller
) -> None:
    """Another one has just moved it on: it must not be brought back and enqueued twice."""
    Schedule.objects.update(next_run_at=NOON + timedelta(minutes=30))
    clock.shift(timedelta(minutes=14, seconds=59))
    assert enqueue_due() == 0
    assert Schedule.objects.get().next_run_at == NOON + timedelta(minutes=30)


def test_lateness_is_the_time_since_it_was_due(quarterly: Schedule, clock: Traveller) -> None:
    assert schedules.schedule_lateness() == {"tests.tick": 0}
    clock.shift(timedelta(minutes=25))
    assert schedules.schedule_lateness() == {"tests.tick": 600}


@pytest.mark.postgres
def test_the_clock_is_the_databases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # the tests' own offset
    with connection.cursor() as cursor, time_machine.travel(NOON, tick=False):
        cursor.execute("SELECT clock_timestamp()")
        theirs = cursor.fetchone()[0]
        assert abs(database_clock.database_now() - theirs) < timedelta(minutes=5)


def test_changed_expression_counts_from_now(
    quarterly: Schedule, clock: Traveller, schedules: dict[str, object]
) -> None:
    schedules.clear()
    scheduled("0 3 * * *", name="tests.tick")(samples.tick)
    clock.shift(timedelta(hours=1))
    synchronize_schedules()
    assert enqueue_due() == 0
    assert Schedule.objects.get().next_run_at == datetime(2026, 3, 3, 3, 0, tzinfo=UTC)


def test_schedule_that_the_code_does_not_know_is_left_alone(
    quarterly: Schedule, clock: Traveller, schedules: dict[str, object]
) -> None:
    schedules.clear()
    clock.shift(timedelta(hours=1))
    synchronize_schedules()
    assert enqueue_due() == 0
    assert Schedule.objects.get() == quarterly


def test_document_lists_every_schedule() -> None:
    document = (settings.BASE_DIR / "docs" / "tasks.md").read_text()
    documented = dict(re.findall(r"^\| `(\S+)` \| `(.+?)` \|", document, re.MULTILINE))
    assert documented == {name: task.cron for name, task in scheduled_tasks().items()}
