from collections.abc import Callable
from datetime import timedelta

import pytest
import structlog
from django.db import OperationalError
from django.utils import timezone
from django_tasks import TaskResult, TaskResultStatus
from django_tasks.signals import task_finished
from django_tasks_db.models import DBTaskResult
from structlog.testing import LogCapture
from time_machine import Traveller

from openrisk.tasks import outcomes, queue
from openrisk.tasks.models import Lease
from tests.openrisk.tasks import samples
from tests.openrisk.tasks.conftest import claim

pytestmark = pytest.mark.django_db

READY, FAILED = TaskResultStatus.READY, TaskResultStatus.FAILED
SUCCESSFUL = TaskResultStatus.SUCCESSFUL


def run_next() -> DBTaskResult | None:
    """What one turn of a worker leaves in the database."""
    result = queue.claim_next("worker")
    if result is None:
        return None
    queue.run_claimed(result)
    return DBTaskResult.objects.get(id=result.id)


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """The events logged so far by queue and outcomes."""
    capture = LogCapture()
    logger = structlog.wrap_logger(None, processors=[capture])
    monkeypatch.setattr(queue, "log", logger)
    monkeypatch.setattr(outcomes, "log", logger)
    return lambda: [entry["event"] for entry in capture.entries]


def test_task_runs_and_its_value_is_kept() -> None:
    samples.double.enqueue(21)
    assert run_next().return_value == 42
    assert run_next() is None


def test_task_deferred_waits(clock: Traveller) -> None:
    soon = timezone.now() + timedelta(minutes=5)
    samples.double.using(run_after=soon).enqueue(21)
    assert run_next() is None
    clock.shift(timedelta(minutes=5))
    assert run_next().status == SUCCESSFUL


def test_higher_priority_goes_first() -> None:
    samples.double.enqueue(1)
    samples.double.using(priority=10).enqueue(2)
    assert run_next().return_value == 4


def test_claim_takes_a_lease_and_counts_an_attempt() -> None:
    samples.double.enqueue(1)
    result = claim()
    assert result.worker_ids == ["worker"]
    assert Lease.objects.live().filter(worker_id="worker").exists()


def test_failure_without_retrying_is_final_and_keeps_its_traceback() -> None:
    samples.fail.enqueue("no such host")
    result = run_next()
    assert (result.status, result.exception_class_path) == (FAILED, "builtins.ValueError")
    assert result.traceback.endswith("ValueError: no such host\n")
    assert run_next() is None


def test_failure_is_retried_with_backoff_until_it_succeeds(clock: Traveller) -> None:
    samples.succeed_at.enqueue(3)
    first = run_next()
    assert (first.status, "ConnectionError: attempt 1" in first.traceback) == (READY, True)
    assert timedelta(seconds=15) <= first.run_after - timezone.now() <= timedelta(seconds=30)
    assert run_next() is None
    clock.shift(timedelta(seconds=30))
    second = run_next()
    assert timedelta(seconds=30) <= second.run_after - timezone.now() <= timedelta(seconds=60)
    clock.shift(timedelta(seconds=60))
    third = run_next()
    assert (third.status, third.return_value, third.traceback) == (SUCCESSFUL, 3, "")


def test_retries_end_with_the_attempts(clock: Traveller) -> None:
    samples.succeed_at.enqueue(4)
    for _ in range(3):
        result = run_next()
        clock.shift(timedelta(hours=1))
    assert (result.status, len(result.worker_ids)) == (FAILED, 3)
    assert "ConnectionError: attempt 3" in result.traceback
    assert run_next() is None


@pytest.mark.parametrize("kind", ["nan", "nul", "set"])
def test_value_that_cannot_be_kept_never_stops_the_worker(kind: str) -> None:
    samples.give.enqueue(kind)
    samples.double.enqueue(1)
    assert run_next().status in {FAILED, SUCCESSFUL}
    assert run_next().status == SUCCESSFUL


def test_value_that_is_no_json_fails_the_task() -> None:
    samples.give.enqueue("set")
    assert "Unsupported type" in run_next().traceback


@pytest.mark.parametrize("message", ["a\0b", "\ud800"])
def test_error_with_characters_no_database_takes_is_kept(message: str) -> None:
    result = queue_failure(message)
    assert result.status == FAILED
    assert "ValueError: " in result.traceback


def queue_failure(message: str) -> DBTaskResult:
    """A failure whose message could not have been enqueued."""
    samples.double.enqueue(1)
    result = claim()
    outcomes.record_failure(result, ValueError(message))
    return DBTaskResult.objects.get(id=result.id)


def test_task_that_exits_fails_and_the_worker_goes_on() -> None:
    samples.leave.enqueue()
    assert run_next().exception_class_path == "builtins.SystemExit"


def test_task_whose_code_is_gone_fails() -> None:
    samples.double.enqueue(1)
    DBTaskResult.objects.update(task_path="tests.openrisk.tasks.samples.gone")
    result = run_next()
    assert (result.status, "gone" in result.traceback) == (FAILED, True)


def test_late_outcome_of_an_attempt_taken_away_changes_nothing(
    logged: Callable[[], list[str]],
) -> None:
    samples.double.enqueue(21)
    late = claim("hung")
    outcomes.record_loss(DBTaskResult.objects.get())
    claim("other")
    queue.run_claimed(late)
    result = DBTaskResult.objects.get()
    assert (result.status, result.worker_ids) == (TaskResultStatus.RUNNING, ["hung", "other"])
    assert logged()[-1] == "task_outcome_discarded"


def test_outcome_is_written_once_the_database_is_free(
    monkeypatch: pytest.MonkeyPatch, logged: Callable[[], list[str]]
) -> None:
    errors = [OperationalError("database is locked")] * 2
    succeeded = outcomes.record_success

    def busy(result: DBTaskResult, value: object) -> bool:
        if errors:
            raise errors.pop()
        return succeeded(result, value)

    monkeypatch.setattr(outcomes, "record_success", busy)
    monkeypatch.setattr(queue, "WRITE_PAUSES", (0, 0))
    samples.double.enqueue(21)
    assert run_next().return_value == 42
    assert logged().count("task_outcome_delayed") == 2


def test_each_step_is_logged(clock: Traveller, logged: Callable[[], list[str]]) -> None:
    samples.succeed_at.enqueue(2)
    samples.fail.using(priority=-1).enqueue("x")  # after the other one
    run_next()
    run_next()
    clock.shift(timedelta(minutes=1))
    outcomes.record_loss(claim("dead"))
    run_next()
    assert logged() == [
        *("task_started", "task_retried"),
        *("task_started", "task_failed"),
        "task_requeued",
        *("task_started", "task_succeeded"),
    ]


def test_finished_tasks_are_announced_and_retries_are_not(clock: Traveller) -> None:
    heard: list[str] = []

    def listen(sender: object, task_result: TaskResult, **kwargs: object) -> None:
        heard.append(task_result.status)

    task_finished.connect(listen)
    try:
        samples.succeed_at.enqueue(2)
        run_next()
        clock.shift(timedelta(minutes=1))
        run_next()
    finally:
        task_finished.disconnect(listen)
    assert heard == [SUCCESSFUL]
