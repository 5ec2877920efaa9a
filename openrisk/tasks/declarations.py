"""Decorators of tasks: how often one is tried, whether it is long, when it recurs.

Both are kept beside django-tasks' Task, by its path, so that a task works with every backend.
"""

import inspect
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from cronsim import CronSim, CronSimError
from django_tasks.base import Task

AnyTask = TypeVar("AnyTask", bound=Task)

CRON_FIELDS = 5
CLOCK_TOLERANCE = timedelta(minutes=5)  # between two machines that read the database's clock


@dataclass(frozen=True)
class RetryPolicy:
    """At most `attempts` runs; the wait doubles from `base` up to `maximum`."""

    attempts: int
    base: timedelta
    maximum: timedelta

    def delay(self, attempt: int) -> timedelta:
        """The time to wait after attempt number `attempt` (from 1) failed.

        Between half of the wait and all of it, so that what failed together is not tried together.
        """
        longest = min(self.maximum.total_seconds(), self.base.total_seconds() * 2 ** (attempt - 1))
        return timedelta(seconds=longest * random.uniform(0.5, 1))  # noqa: S311  protects nothing


@dataclass(frozen=True)
class ScheduledTask:
    """A task and the cron expression, in UTC, by which it is enqueued."""

    name: str
    cron: str
    task: Task


_policies: dict[str, RetryPolicy] = {}
_long_running: set[str] = set()
_scheduled: dict[str, ScheduledTask] = {}


def retrying(
    *,
    attempts: int = 5,
    base: timedelta = timedelta(seconds=30),
    maximum: timedelta = timedelta(hours=1),
) -> Callable[[AnyTask], AnyTask]:
    """Try the task again when it raises, later each time; put it above @task.

    A worker that dies uses up an attempt as well.
    """
    if attempts < 1:
        raise ValueError(f"A task cannot have {attempts} attempts: give 1 or more.")

    def declare(task: AnyTask) -> AnyTask:
        _require_task("retrying", task)
        _policies[task.module_path] = RetryPolicy(attempts, base, maximum)
        return task

    return declare


def long_running(task: AnyTask) -> AnyTask:
    """Say that the task may take minutes, or wait for machines of others; put it above @task.

    It never keeps short tasks waiting, and an organization has one of them running at a time.
    """
    _require_task("long_running", task)
    _long_running.add(task.module_path)
    return task


def for_organization(task: AnyTask, organization: UUID) -> AnyTask:
    """The task as work of one organization: workers serve organizations in turn."""
    return task.using(queue_name=organization.hex)


def scheduled(cron: str, *, name: str) -> Callable[[AnyTask], AnyTask]:
    """Enqueue the task by `cron` (minute hour day month weekday, UTC); put it above @task.

    `name` identifies the schedule for ever, `<app>.<task>`; the task takes no arguments.
    """
    next_occurrence(cron, datetime.now(UTC))
    if name in _scheduled:
        raise ValueError(f"There are two schedules named {name}: give one another name.")

    def declare(task: AnyTask) -> AnyTask:
        _require_task("scheduled", task)
        try:
            inspect.signature(task.func).bind(*[None] * task.takes_context)
        except TypeError as error:
            raise TypeError(
                f"{task.name} cannot be scheduled, because it takes arguments ({error}): give them "
                "defaults."
            ) from None
        _scheduled[name] = ScheduledTask(name, cron, task)
        return task

    return declare


def _require_task(decorator: str, given: object) -> None:
    """Raises TypeError where @task is above the decorator instead of below it."""
    if not isinstance(given, Task):
        name = getattr(given, "__name__", repr(given))
        raise TypeError(f"@{decorator} of {name} is below @task: put it above, on a line before.")


def retry_policy(task_path: str) -> RetryPolicy | None:
    """The policy that @retrying gave the task, if its module has been imported."""
    return _policies.get(task_path)


def long_running_tasks() -> frozenset[str]:
    """Paths of the tasks that @long_running marks."""
    return frozenset(_long_running)


def scheduled_tasks() -> dict[str, ScheduledTask]:
    """All schedules declared in the code, by name."""
    return _scheduled


def next_occurrence(cron: str, after: datetime) -> datetime:
    """The first occurrence later than `after`, in UTC. Raises ValueError if there is none."""
    try:
        if len(cron.split()) != CRON_FIELDS:
            raise CronSimError("Wrong number of fields")
        return next(CronSim(cron, after.astimezone(UTC)))
    except (CronSimError, StopIteration) as reason:
        raise ValueError(
            f"{cron!r} is not a cron expression that ever occurs ({reason}): give minute, hour, "
            "day, month and weekday, as in '*/15 * * * *'."
        ) from None


def is_too_far(cron: str, next_run_at: datetime, now: datetime) -> bool:
    """Whether a clock that was ahead has moved the row on beyond its next occurrence."""
    return next_run_at > next_occurrence(cron, now + CLOCK_TOLERANCE)


def late_seconds(cron: str, next_run_at: datetime, now: datetime) -> float:
    """Seconds since it was due; where it is too far, the seconds by which it is."""
    if is_too_far(cron, next_run_at, now):
        return (next_run_at - next_occurrence(cron, now)).total_seconds()
    return max(0.0, (now - next_run_at).total_seconds())
