"""Takes tasks from the queue and runs them.

A task belongs to the installation, or to an organization, which its queue's name says. Short tasks
of the installation go first; otherwise organizations are served in turn, however many tasks each
has waiting.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import cast

import structlog
from django.db import OperationalError, transaction
from django.db.models import F
from django.utils import timezone
from django_tasks import DEFAULT_TASK_QUEUE_NAME, TaskContext, TaskResult
from django_tasks.signals import task_started
from django_tasks.utils import normalize_json
from django_tasks_db.models import DBTaskResult, DBTaskResultQuerySet
from structlog.contextvars import bound_contextvars

from openrisk.tasks import connections, leases, outcomes
from openrisk.tasks.declarations import long_running_tasks
from openrisk.tasks.models import Turn

log = structlog.get_logger(__name__)

# Seconds between attempts to write an outcome, so that work done is not lost to a busy database.
WRITE_PAUSES = (1, 2, 4, 8, 16)


def claim_next(worker_id: str, *, long: bool = True) -> DBTaskResult | None:
    """Take the next task that is due for this worker, or None. Counts as an attempt.

    With `long` long tasks come first, as other workers are there for short ones alone.
    """
    ready = DBTaskResult.objects.ready()
    if not ready.exists():  # the look of an idle worker takes no lock
        return None
    with transaction.atomic():
        result = (_next_long() if long else None) or _next_short()
        if result is not None:
            leases.renew_leases([worker_id])  # it may have run out, in a process that was suspended
            result.claim(worker_id)
    return result


def _next_long() -> DBTaskResult | None:
    """Of the organization whose turn it is, among those that have no long task running."""
    paths = long_running_tasks()
    ready = DBTaskResult.objects.ready().filter(task_path__in=paths)
    running = DBTaskResult.objects.running().filter(task_path__in=paths)
    for turn in _waiting_turns(ready, is_long=True):
        # Read under the lock: what another worker has begun shows now.
        is_busy = running.filter(queue_name=turn.queue_name).exists()
        if not is_busy and (result := _take_from(ready, turn)):
            return result
    return None


def _next_short() -> DBTaskResult | None:
    """The installation's own, else of the organization whose turn it is."""
    ready = DBTaskResult.objects.ready().exclude(task_path__in=long_running_tasks())
    own = ready.filter(queue_name=DEFAULT_TASK_QUEUE_NAME).get_locked()
    if own is not None:
        return own
    for turn in _waiting_turns(ready, is_long=False):
        if result := _take_from(ready, turn):
            return result
    return None


def _waiting_turns(ready: DBTaskResultQuerySet, *, is_long: bool) -> Iterator[Turn]:
    """Of the queues with tasks that are ready, who waited longest first, each locked.

    Turns that another worker has locked are passed over: it takes a task of that queue.
    """
    names = set(ready.order_by().values_list("queue_name", flat=True).distinct())
    turns = Turn.objects.filter(is_long=is_long, queue_name__in=names)
    if missing := names - set(turns.values_list("queue_name", flat=True)):
        new = [Turn(queue_name=name, is_long=is_long) for name in sorted(missing)]
        Turn.objects.bulk_create(new, ignore_conflicts=True)
    for pk in turns.order_by(F("taken_at").asc(nulls_first=True), "pk").values_list(
        "pk", flat=True
    ):
        if turn := Turn.objects.select_for_update(skip_locked=True).filter(pk=pk).first():
            yield turn


def _take_from(ready: DBTaskResultQuerySet, turn: Turn) -> DBTaskResult | None:
    result = ready.filter(queue_name=turn.queue_name).get_locked()
    if result is not None:
        Turn.objects.filter(pk=turn.pk).update(taken_at=timezone.now())
    return result


def run_claimed(result: DBTaskResult) -> None:
    """Run a claimed task and record the outcome, which `result` then shows."""
    with bound_contextvars(
        task=result.task_path, task_id=str(result.id), attempt=len(result.worker_ids)
    ):
        log.debug("task_started")
        try:
            task, task_result = result.task, cast(TaskResult, result.task_result)
            task_started.send_robust(type(task.get_backend()), task_result=task_result)
            context = [TaskContext(task_result=task_result)] if task.takes_context else []
            value = normalize_json(task.call(*context, *task_result.args, **task_result.kwargs))
        # The boundary between worker and task: whatever a task raises is the task's outcome.
        except (Exception, SystemExit) as error:  # noqa: BLE001
            record = partial(outcomes.record_failure, result, error)
        else:
            record = partial(outcomes.record_success, result, value)
        if not write_persistently(record):
            log.warning("task_outcome_discarded", hint="its worker was taken for dead meanwhile")


def write_persistently(write: Callable[[], bool]) -> bool:
    for pause in WRITE_PAUSES:
        try:
            return write()
        except OperationalError as error:
            log.warning("task_outcome_delayed", seconds=pause, error=str(error))
            time.sleep(pause)
            connections.refresh_connection()
    return write()
