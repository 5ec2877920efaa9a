"""Outcomes of an attempt to run a task: success, another attempt, or failure for good.

An attempt is one entry of the result's `worker_ids`. Its outcome is written only while the attempt
is still the current one: a worker given up for dead that finishes late changes nothing. All
functions say whether the outcome was written.
"""

import logging
from datetime import datetime
from traceback import format_exception
from typing import Any, cast

import structlog
from django.db import DataError, IntegrityError, transaction
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks.base import Task
from django_tasks.signals import task_finished
from django_tasks_db.models import DBTaskResult
from prometheus_client import Counter

from openrisk.database.clock import database_now
from openrisk.tasks.declarations import RetryPolicy, retry_policy

log = structlog.get_logger(__name__)

attempts_total = Counter(
    "openrisk_tasks_total",
    "Attempts to run a task, by what became of them",
    ("task", "outcome"),
)

# A task without @retrying that takes its worker down, by memory for example, is not run for ever.
ATTEMPTS_OF_LOST = 3


class WorkerLost(Exception):
    """The worker ended or stopped renewing its lease while it ran the task."""


def record_success(result: DBTaskResult, value: Any) -> bool:
    """Record what the task returned; the task fails if the database cannot keep that."""
    try:
        recorded = _settle(
            result,
            status=TaskResultStatus.SUCCESSFUL,
            finished_at=timezone.now(),
            return_value=value,
            exception_class_path="",
            traceback="",
        )
    except (DataError, IntegrityError, ValueError) as error:  # NaN, a NUL character
        return record_failure(result, error)
    if recorded:
        # What had nothing to do, as every minute on an idle installation, is not worth a line.
        level = logging.INFO if value else logging.DEBUG
        log.log(level, "task_succeeded", seconds=_seconds(result))
        attempts_total.labels(result.task_path, "succeeded").inc()
        _announce(result)
    return recorded


def record_failure(result: DBTaskResult, error: BaseException) -> bool:
    """Have the task tried again if @retrying allows another attempt, else record the failure."""
    policy, attempts = _policy(result), len(result.worker_ids)
    if policy is None or attempts >= policy.attempts:
        return _give_up(result, error)
    run_after = database_now() + policy.delay(attempts)
    retried = _run_again(result, error, run_after)
    if retried:
        attempts_total.labels(result.task_path, "retried").inc()
        log.warning("task_retried", attempts=policy.attempts, run_after=run_after, exc_info=error)
    return retried


def record_loss(result: DBTaskResult) -> bool:
    """Have the task of a dead worker run again, or fail if it has had its attempts.

    No further wait: the lease took its time to expire.
    """
    policy, attempts = _policy(result), len(result.worker_ids)
    limit = policy.attempts if policy else ATTEMPTS_OF_LOST
    error = WorkerLost(
        f"Worker {result.worker_ids[-1]} ended or hung during attempt {attempts} of {limit}: look "
        "at the end of its log, and at the system's for processes killed for want of memory."
    )
    if attempts >= limit:
        return _give_up(result, error)
    requeued = _run_again(result, error, database_now())
    if requeued:
        attempts_total.labels(result.task_path, "lost").inc()
        log.warning("task_requeued", attempts=limit, worker=result.worker_ids[-1])
    return requeued


def _run_again(result: DBTaskResult, error: BaseException, run_after: datetime) -> bool:
    return _settle(result, status=TaskResultStatus.READY, run_after=run_after, **_fields(error))


def _give_up(result: DBTaskResult, error: BaseException) -> bool:
    now = timezone.now()
    recorded = _settle(result, status=TaskResultStatus.FAILED, finished_at=now, **_fields(error))
    if recorded:
        attempts_total.labels(result.task_path, "failed").inc()
        log.error("task_failed", seconds=_seconds(result), exc_info=error)
        _announce(result)
    return recorded


def _settle(result: DBTaskResult, **changes: Any) -> bool:
    """Write `changes` if the attempt is still the current one, else leave the row alone."""
    current = DBTaskResult.objects.filter(
        id=result.id, status=TaskResultStatus.RUNNING, worker_ids=result.worker_ids
    )
    with transaction.atomic():
        written = current.update(**changes)
    if written:
        for field, value in changes.items():
            setattr(result, field, value)
    return bool(written)


def _fields(error: BaseException) -> dict[str, str]:
    """The error as text that every database takes: valid UTF-8 without NUL characters."""
    kind = type(error)
    text = "".join(format_exception(error)).encode(errors="backslashreplace").decode()
    return {
        "exception_class_path": f"{kind.__module__}.{kind.__qualname__}",
        "traceback": text.replace("\0", "\\0"),
    }


def _seconds(result: DBTaskResult) -> float:
    return round((result.finished_at - result.started_at).total_seconds(), 3)


def _policy(result: DBTaskResult) -> RetryPolicy | None:
    """The policy of @retrying; known once the task's module is imported."""
    return retry_policy(result.task_path) if _task(result) else None


def _announce(result: DBTaskResult) -> None:
    if task := _task(result):
        task_finished.send_robust(type(task.get_backend()), task_result=result.task_result)


def _task(result: DBTaskResult) -> Task | None:
    """The task itself, or None if its code is gone or broken."""
    try:
        return cast(Task, result.task)
    # The boundary to code named in the database: importing it may raise anything.
    except Exception:  # noqa: BLE001
        return None
