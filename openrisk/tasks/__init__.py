"""Work outside of requests: a queue in the database, cron schedules, retries, `manage.py worker`.

    from openrisk.tasks import retrying, scheduled, task

See docs/tasks.md.
"""

from django_tasks import task

from openrisk.tasks.declarations import retrying, scheduled

__all__ = ["retrying", "scheduled", "task"]
