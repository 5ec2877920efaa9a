"""Leases of live workers. A process renews its own; when it stops, others take its tasks."""

import os
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import structlog
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from structlog.contextvars import bound_contextvars

from openrisk.database.clock import database_now
from openrisk.tasks import connections, outcomes
from openrisk.tasks.models import Lease

log = structlog.get_logger(__name__)

DURATION = timedelta(seconds=60)
RENEWAL = timedelta(seconds=10)


class LeaseKeeper:
    """Renews the leases of this process's workers, from one thread with one connection."""

    def __init__(self) -> None:
        self.worker_ids: set[str] = set()

    @contextmanager
    def hold_lease(self) -> Iterator[str]:
        """Hold a new lease while the block runs; yields its id."""
        worker_id = str(uuid4())
        renew_leases([worker_id])
        self.worker_ids.add(worker_id)
        try:
            yield worker_id
        finally:
            self.worker_ids.discard(worker_id)
        # Not after an exception: then the lease runs out, and the task it covers is requeued.
        Lease.objects.filter(worker_id=worker_id).delete()


@contextmanager
def keep_leases() -> Iterator[LeaseKeeper]:
    """Keep leases, and requeue what others abandon, while the block runs."""
    keeper = LeaseKeeper()
    stop = threading.Event()
    thread = threading.Thread(target=_keep_renewing, args=(keeper.worker_ids, stop), daemon=True)
    thread.start()
    try:
        yield keeper
    finally:
        stop.set()
        thread.join(timeout=1)


def renew_leases(worker_ids: Iterable[str]) -> None:
    """Extend the leases, or take them again."""
    host, pid, until = socket.gethostname(), os.getpid(), database_now() + DURATION
    Lease.objects.bulk_create(
        [Lease(worker_id=pk, host=host, pid=pid, expires_at=until) for pk in worker_ids],
        update_conflicts=True,
        unique_fields=["worker_id"],
        update_fields=["expires_at"],
    )


def requeue_abandoned() -> int:
    """Requeue running tasks whose worker has no live lease; how many there were."""
    # In this order: a worker has its lease before it has a task.
    running = list(DBTaskResult.objects.running())
    live = set(Lease.objects.live().values_list("worker_id", flat=True))
    requeued = 0
    for result in running:
        if result.worker_ids[-1] not in live:
            attempt = len(result.worker_ids)
            with bound_contextvars(task=result.task_path, task_id=str(result.id), attempt=attempt):
                requeued += outcomes.record_loss(result)
    return requeued


def _keep_renewing(worker_ids: set[str], stop: threading.Event) -> None:
    renewed_at = timezone.now()
    try:
        while not stop.wait(RENEWAL.total_seconds()):
            connections.refresh_connection()
            try:
                renew_leases(tuple(worker_ids))
                # When the database kept us waiting, it kept others waiting too: they are given
                # time to renew before they are judged.
                on_time = timezone.now() - renewed_at < 2 * RENEWAL
                renewed_at = timezone.now()
                if on_time:
                    requeue_abandoned()
            except (DatabaseError, InterfaceError) as error:
                log.warning("lease_not_renewed", error=str(error))
    finally:
        connection.close()
