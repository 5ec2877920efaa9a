"""What several workers do at the same moment; test_worker.py calls it in a process of its own."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from openrisk.tasks import for_organization, queue, scheduled
from openrisk.tasks.models import Schedule
from openrisk.tasks.schedules import enqueue_due, synchronize_schedules
from tests.openrisk.tasks import samples

WORKERS = 4
TASKS = 20
ROUNDS = 10
ORGANIZATIONS = 3


def claims() -> None:
    """Print how many tasks were claimed, and how often the most claimed one."""
    for number in range(TASKS):
        samples.double.enqueue(number)
    claimed: Counter[str] = Counter()

    def work() -> None:
        while result := queue.claim_next("worker"):
            claimed[str(result.id)] += 1

    _all_at_once(work)
    print(len(claimed), max(claimed.values()))


def long_claims() -> None:
    """Print how many long tasks workers have taken, and of how many organizations."""
    for number in range(ORGANIZATIONS * WORKERS):
        organization = UUID(int=number % ORGANIZATIONS)
        for_organization(samples.dig, organization).enqueue(str(number))

    def work() -> None:
        for _ in range(ROUNDS):
            queue.claim_next("worker")

    _all_at_once(work)
    running = DBTaskResult.objects.running().values_list("queue_name", flat=True)
    print(len(running), len(set(running)))


def occurrences() -> None:
    """Print how many tasks were enqueued for ROUNDS occurrences."""
    scheduled("0 0 1 1 *", name="tests.tick")(samples.tick)
    synchronize_schedules()
    for _ in range(ROUNDS):
        due = timezone.now() - timedelta(minutes=1)
        Schedule.objects.filter(name="tests.tick").update(next_run_at=due)
        _all_at_once(enqueue_due)
    print(DBTaskResult.objects.filter(task_path__endswith="tick").count())


def _all_at_once(work: Callable[[], object]) -> None:
    barrier = Barrier(WORKERS)

    def start() -> None:
        connection.ensure_connection()
        barrier.wait()
        work()
        connection.close()

    threads = [Thread(target=start) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
