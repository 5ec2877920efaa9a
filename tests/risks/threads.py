"""Running things at the same moment, each with a database connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection


def in_threads(*tasks: Callable[[], Any]) -> list[Any]:
    """What each task returns; all begin together. The first exception is raised."""
    begin = Barrier(len(tasks))

    def run(task: Callable[[], Any]) -> Any:
        begin.wait(10)
        try:
            return task()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))
