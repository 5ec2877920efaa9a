"""Tasks that the tests enqueue."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from django_tasks import TaskContext

from openrisk.tasks import long_running, retrying, task


@task
def double(number: int) -> int:
    return 2 * number


@task
def give(kind: str) -> Any:
    """Values that one database or another cannot keep."""
    return {"nan": float("nan"), "nul": "a\0b", "set": {1}}[kind]


@long_running
@task
def dig(name: str) -> str:
    return name


@long_running
@task
def dig_until(started: str, released: str) -> None:
    """As `wait_for`, but long."""
    wait_for.call(started, released)


@task
def fail(message: str) -> None:
    raise ValueError(message)


@task
def leave() -> None:
    raise SystemExit(3)


@retrying(attempts=3, base=timedelta(seconds=30), maximum=timedelta(hours=1))
@task(takes_context=True)
def succeed_at(context: TaskContext, attempt: int) -> int:
    """Fails until attempt number `attempt`, which it returns."""
    if context.attempt < attempt:
        raise ConnectionError(f"attempt {context.attempt}")
    return context.attempt


@task
def enqueue_another(number: int) -> None:
    double.enqueue(number)


@task
def tick() -> None:
    """For schedules."""


@task
def wait_for(started: str, released: str) -> None:
    """Creates the file `started`, then waits for the file `released`."""
    Path(started).touch()
    while not Path(released).exists():
        time.sleep(0.02)


def enqueue_waiting(started: str, released: str) -> None:
    wait_for.enqueue(started, released)


def enqueue_digging_and_ticking(started: str, released: str) -> None:
    dig_until.enqueue(started, released)
    tick.enqueue()
