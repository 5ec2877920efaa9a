from datetime import timedelta

import pytest
from django_tasks_db.models import DBTaskResult
from time_machine import Traveller

from openrisk.tasks import leases, queue, tasks
from openrisk.tasks.declarations import scheduled_tasks
from openrisk.tasks.models import Lease
from tests.openrisk.tasks import samples
from tests.openrisk.tasks.conftest import claim

pytestmark = pytest.mark.django_db


def test_pruning_is_scheduled_daily() -> None:
    assert scheduled_tasks()["tasks.prune"].cron == "23 3 * * *"


def test_failures_are_kept_longer_than_successes(clock: Traveller) -> None:
    samples.double.enqueue(1)
    queue.run_claimed(claim())
    samples.fail.enqueue("x")
    queue.run_claimed(claim())
    clock.shift(timedelta(days=15))
    tasks.prune.call()
    assert DBTaskResult.objects.get().traceback != ""
    clock.shift(timedelta(days=90))
    tasks.prune.call()
    assert not DBTaskResult.objects.exists()


def test_task_that_never_ran_is_kept(clock: Traveller) -> None:
    samples.double.enqueue(1)
    clock.shift(timedelta(days=365))
    tasks.prune.call()
    assert DBTaskResult.objects.exists()


def test_leases_long_run_out_are_deleted(clock: Traveller) -> None:
    leases.renew_leases(["gone"])
    clock.shift(timedelta(days=2))
    leases.renew_leases(["alive"])
    tasks.prune.call()
    assert Lease.objects.get().worker_id == "alive"
