"""Takes tasks from the queue and runs them."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import structlog
from django.db import OperationalError, transaction
from django_tasks import TaskContext, TaskResult
from django_tasks.signals import task_started
from django_tasks.utils import normalize_json
from django_tasks_db.models import DBTaskResult
from structlog.contextvars import bound_contextvars

from openrisk.tasks import connections, leases, outcomes

log = structlog.get_logger(__name__)

# Seconds between attempts to write an outcome, so that work done is not lost to a busy database.
WRITE_PAUSES = (1, 2, 4, 8, 16)


def claim(worker_id: str) -> DBTaskResult | None:
    """Take the next task that is due for this worker, or None. Counts as an attempt."""
    if not DBTaskResult.objects.ready().exists():  # the look of an idle worker takes no lock
        return None
    with transaction.atomic():
        result = DBTaskResult.objects.ready().get_locked()
        if result is not None:
            leases.renew(worker_id)  # it may have run out, in a process that was suspended
            result.claim(worker_id)
    return result


def run(result: DBTaskResult) -> None:
    """Run a claimed task and record the outcome, which `result` then shows."""
    with bound_contextvars(
        task=result.task_path, task_id=str(result.id), attempt=len(result.worker_ids)
    ):
        log.info("task_started")
        try:
            value = normalize_json(_call(result))
        # The boundary between worker and task: whatever a task raises is the task's outcome.
        except (Exception, SystemExit) as error:  # noqa: BLE001
            record = partial(outcomes.failed, result, error)
        else:
            record = partial(outcomes.succeeded, result, value)
        if not _persistently(record):
            log.warning("task_outcome_discarded", hint="its worker was taken for dead meanwhile")


def _call(result: DBTaskResult) -> Any:
    task, task_result = result.task, cast(TaskResult, result.task_result)
    task_started.send_robust(type(task.get_backend()), task_result=task_result)
    context = [TaskContext(task_result=task_result)] if task.takes_context else []
    return task.call(*context, *task_result.args, **task_result.kwargs)


def _persistently(write: Callable[[], bool]) -> bool:
    for pause in WRITE_PAUSES:
        try:
            return write()
        except OperationalError as error:
            log.warning("task_outcome_delayed", seconds=pause, error=str(error))
            time.sleep(pause)
            connections.refresh()
    return write()
