import threading
from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from time_machine import Traveller

from openrisk.database import clock as database_clock
from openrisk.tasks import leases, queue
from openrisk.tasks.models import Lease
from tests.openrisk.tasks import samples
from tests.openrisk.tasks.conftest import claim

pytestmark = pytest.mark.django_db


def running(worker_id: str) -> DBTaskResult:
    """A task that the worker has claimed."""
    samples.double.enqueue(1)
    return claim(worker_id)


def test_lease_is_held_while_the_worker_works() -> None:
    with leases.keep_leases() as keeper, keeper.hold_lease() as worker_id:
        assert Lease.objects.live().get().worker_id == worker_id
    assert not Lease.objects.exists()


def test_lease_stays_behind_when_the_worker_breaks_down() -> None:
    with pytest.raises(RuntimeError), leases.keep_leases() as keeper, keeper.hold_lease():
        raise RuntimeError
    assert Lease.objects.exists()


def test_task_of_a_live_worker_is_left_alone(clock: Traveller) -> None:
    running("alive")
    clock.shift(leases.DURATION - timedelta(seconds=1))
    assert leases.requeue_abandoned() == 0
    assert DBTaskResult.objects.get().status == TaskResultStatus.RUNNING


def test_worker_that_renews_keeps_its_task_however_long_it_takes(clock: Traveller) -> None:
    running("alive")
    for _ in range(20):
        clock.shift(leases.RENEWAL)
        leases.renew_leases(["alive"])
    assert leases.requeue_abandoned() == 0


def test_a_machine_whose_clock_is_ahead_takes_no_task_of_a_live_worker(
    clock: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    running("alive")
    leases.renew_leases(["alive"])
    clock.shift(timedelta(hours=1))  # now this machine looks
    monkeypatch.setattr(database_clock, "clock_offset", lambda: timedelta(hours=-1))
    assert leases.requeue_abandoned() == 0
    leases.renew_leases(["alive"])
    assert Lease.objects.get().expires_at == timezone.now() - timedelta(hours=1) + leases.DURATION


def test_task_of_a_silent_worker_is_requeued_at_once_and_once(clock: Traveller) -> None:
    running("dead")
    clock.shift(leases.DURATION)
    assert [leases.requeue_abandoned(), leases.requeue_abandoned()] == [1, 0]
    result = claim("other")
    assert (result.worker_ids, "WorkerLost" in result.traceback) == (["dead", "other"], True)


def test_task_without_retrying_that_kills_every_worker_fails(clock: Traveller) -> None:
    samples.double.enqueue(1)
    for number in range(3):
        claim(f"dead {number}")
        clock.shift(leases.DURATION)
        leases.requeue_abandoned()
    result = DBTaskResult.objects.get()
    assert (result.status, result.finished_at) == (TaskResultStatus.FAILED, timezone.now())
    assert result.exception_class_path == "openrisk.tasks.outcomes.WorkerLost"
    assert "attempt 3 of 3" in result.traceback


def test_lost_workers_and_errors_share_the_attempts(clock: Traveller) -> None:
    """Two attempts raise, the third loses its worker: all three are used."""
    samples.succeed_at.enqueue(9)
    for _ in range(2):
        queue.run_claimed(claim())
        clock.shift(timedelta(hours=1))
    claim("dead")
    clock.shift(leases.DURATION)
    leases.requeue_abandoned()
    assert DBTaskResult.objects.get().status == TaskResultStatus.FAILED


def test_worker_woken_from_suspension_takes_a_new_lease_with_its_next_task(
    clock: Traveller,
) -> None:
    leases.renew_leases(["woken"])
    clock.shift(timedelta(hours=8))
    running("woken")
    assert leases.requeue_abandoned() == 0


@pytest.mark.parametrize(("late_by", "judged"), [(0, 1), (11, 0)])
def test_worker_that_was_kept_waiting_itself_judges_nobody(
    clock: Traveller, monkeypatch: pytest.MonkeyPatch, late_by: int, judged: int
) -> None:
    """When a long write blocks everybody, leases run out though nobody is dead."""
    calls: list[None] = []
    monkeypatch.setattr(leases, "requeue_abandoned", lambda: calls.append(None))
    monkeypatch.setattr(leases.connection, "close", lambda: None)
    stop = OneTurn(clock, leases.RENEWAL + timedelta(seconds=late_by))
    leases._keep_renewing({"worker"}, stop)
    assert len(calls) == judged


class OneTurn(threading.Event):
    """Lets a loop that waits for it turn once, `after` a time of the clock."""

    def __init__(self, clock: Traveller, after: timedelta) -> None:
        super().__init__()
        self.clock, self.after, self.turns = clock, after, 0

    def wait(self, timeout: float | None = None) -> bool:
        self.clock.shift(self.after)
        self.turns += 1
        return self.turns > 1
