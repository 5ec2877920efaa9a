"""Workers as processes: what they do when they are stopped, killed, or several."""

import signal
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django_tasks_db.models import DBTaskResult
from time_machine import Traveller

from deployment.local.waiting import wait_until
from openrisk.tasks import leases, queue, scheduled, worker
from openrisk.tasks.models import Lease
from tests.openrisk.tasks import races, samples
from tests.openrisk.tasks.conftest import DEADLINE_SECONDS, Installation


def run_once() -> int:
    """The exit code of `manage.py worker --once`."""
    try:
        call_command("worker", "--once")
    except SystemExit as end:
        return int(str(end.code))
    return 0


@pytest.mark.django_db
def test_once_runs_what_is_due_and_what_that_enqueues(schedules: dict[str, object]) -> None:
    samples.enqueue_another.enqueue(21)
    assert run_once() == 0
    assert DBTaskResult.objects.successful().filter(return_value=42).exists()
    assert not Lease.objects.exists()


@pytest.mark.django_db
def test_once_runs_missed_schedules(clock: Traveller, schedules: dict[str, object]) -> None:
    scheduled("*/15 * * * *", name="tests.tick")(samples.tick)
    run_once()
    clock.shift(timedelta(days=1))
    run_once()
    assert DBTaskResult.objects.successful().count() == 1


@pytest.mark.django_db
def test_once_requeues_what_a_dead_worker_left(
    clock: Traveller, schedules: dict[str, object]
) -> None:
    samples.double.enqueue(21)
    queue.claim_next("dead")
    clock.shift(leases.DURATION)
    assert run_once() == 0
    assert DBTaskResult.objects.get().return_value == 42


@pytest.mark.django_db
def test_once_says_that_a_task_failed(schedules: dict[str, object]) -> None:
    samples.fail.enqueue("x")
    samples.double.enqueue(1)
    assert run_once() == 4
    assert DBTaskResult.objects.successful().count() == 1


@pytest.mark.django_db
def test_without_tables_says_to_migrate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection.introspection, "table_names", list)
    with pytest.raises(CommandError, match="migrate"):
        call_command("worker", "--once")


@pytest.mark.django_db
def test_lost_database_is_waited_for_with_a_new_lease(
    monkeypatch: pytest.MonkeyPatch, schedules: dict[str, object]
) -> None:
    """The task in hand is then requeued when the old lease runs out."""
    lasting = worker.Worker()
    lost = [OperationalError("server closed the connection")]

    def claim(worker_id: str, *, long: bool) -> None:
        if lost:
            raise lost.pop()
        lasting.stopping = True

    monkeypatch.setattr(queue, "claim_next", claim)
    monkeypatch.setattr(worker, "LONG", 0)  # another thread has another connection, and no tables
    monkeypatch.setattr(worker, "DATABASE_PAUSE_SECONDS", 0)
    monkeypatch.setattr(worker, "POLL_SECONDS", 0)
    lasting.run()
    assert Lease.objects.count() == 1


@pytest.mark.django_db
def test_once_does_not_wait_for_a_lost_database(
    monkeypatch: pytest.MonkeyPatch, schedules: dict[str, object]
) -> None:
    lost = [OperationalError("server closed the connection")]

    def claim(worker_id: str, *, long: bool) -> None:
        if lost:
            raise lost.pop()

    monkeypatch.setattr(queue, "claim_next", claim)
    monkeypatch.setattr(worker, "DATABASE_PAUSE_SECONDS", 0)
    with pytest.raises(CommandError, match="server closed the connection"):
        call_command("worker", "--once")


@pytest.fixture
def busy(
    installation: Installation, tmp_path: Path
) -> Iterator[tuple[subprocess.Popen[str], Callable[[], None]]]:
    """A worker in the middle of a task, and a function that lets the task end."""
    started, released = tmp_path / "started", tmp_path / "released"
    installation.call(samples.enqueue_waiting, str(started), str(released))
    process = installation.start("worker")
    try:
        wait_until(lambda: started.exists() or process.poll() is not None, "the task has begun")
        assert process.poll() is None
        yield process, released.touch
    finally:
        process.kill()
        process.communicate()


@pytest.mark.once  # about processes, not about what they ask
def test_a_short_task_does_not_wait_for_a_long_one(
    installation: Installation, tmp_path: Path
) -> None:
    """The long one ends only after the short one has been done."""
    released = tmp_path / "released"
    installation.call(samples.enqueue_digging_and_ticking, str(tmp_path / "started"), str(released))
    process = installation.start("worker")
    try:
        done = [("RUNNING", 1), ("SUCCESSFUL", 1)]
        wait_until(lambda: sorted(installation.tasks()) == done, "the short task is done")
        process.send_signal(signal.SIGTERM)
        released.touch()
        assert process.wait(DEADLINE_SECONDS) == 0
    finally:
        process.kill()
        process.communicate()
    assert installation.tasks() == [("SUCCESSFUL", 1)] * 2


@pytest.mark.once  # about processes, not about what they ask
def test_sigterm_lets_the_task_in_hand_finish(
    installation: Installation, busy: tuple[subprocess.Popen[str], Callable[[], None]]
) -> None:
    process, release = busy
    process.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    release()
    assert process.wait(DEADLINE_SECONDS) == 0
    assert installation.tasks() == [("SUCCESSFUL", 1)]


def test_task_of_a_killed_worker_is_requeued(
    installation: Installation, busy: tuple[subprocess.Popen[str], Callable[[], None]]
) -> None:
    process, release = busy
    process.kill()
    process.wait(DEADLINE_SECONDS)
    release()
    assert installation.tasks() == [("RUNNING", 1)]
    installation.run("worker", "--once", later=leases.DURATION)
    assert installation.tasks() == [("SUCCESSFUL", 2)]


def test_workers_at_the_same_moment_never_claim_one_task_twice(installation: Installation) -> None:
    assert installation.call(races.claims).split() == [str(races.TASKS), "1"]


def test_workers_at_the_same_moment_take_one_long_task_of_each_organization(
    installation: Installation,
) -> None:
    taken = installation.call(races.long_claims).split()
    assert taken == [str(races.ORGANIZATIONS), str(races.ORGANIZATIONS)]


def test_workers_at_the_same_moment_enqueue_an_occurrence_once(installation: Installation) -> None:
    assert installation.call(races.occurrences).split() == [str(races.ROUNDS)]
