"""The queue of django-tasks-db, with a sentence for arguments that it cannot keep."""

from typing import Any

from django_tasks_db import DatabaseBackend


class Backend(DatabaseBackend):
    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        try:
            return super().enqueue(task, args, kwargs)
        except TypeError as error:
            raise TypeError(
                f"{task.name} was given what JSON cannot hold ({error}): pass ids, not objects."
            ) from None
