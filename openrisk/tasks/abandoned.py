"""Work that a row of another table describes, and that no task will finish any more."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult

# Without a task, the work may be that of a command, which never takes this long.
LONGEST_WITHOUT_TASK = timedelta(days=1)


def find_abandoned(task: Task, unfinished: Mapping[UUID, datetime]) -> list[UUID]:
    """Return the rows whose tasks have all ended, or that had none for a day.

    `unfinished` has the id of each row, which is the first argument of its tasks, and the time of
    the row. Read it before the call: a task ends only after its row.
    """
    if not unfinished:
        return []
    results = DBTaskResult.objects.filter(task_path=task.module_path)
    statuses: dict[str, set[str]] = defaultdict(set)
    for arguments, status in results.values_list("args_kwargs", "status"):
        statuses[arguments["args"][0]].add(status)
    open_statuses = {TaskResultStatus.READY, TaskResultStatus.RUNNING}
    without_task_since = timezone.now() - LONGEST_WITHOUT_TASK
    return [
        pk
        for pk, at in unfinished.items()
        if (
            open_statuses.isdisjoint(statuses[str(pk)])
            if str(pk) in statuses
            else at < without_task_since
        )
    ]
