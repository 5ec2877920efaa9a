"""Work outside of requests: a queue in the database, cron schedules, retries, `manage.py worker`.

    from openrisk.tasks import for_organization, long_running, retrying, scheduled, task

Read in this order: `declarations` (the decorators), `models`, `schedules`, `queue`, `outcomes`,
`leases`, `worker`; then `abandoned`, `backend`, `connections` and `tasks`. See
docs/tasks.md.
"""

from django_tasks import task

from openrisk.tasks.declarations import for_organization, long_running, retrying, scheduled

__all__ = ["for_organization", "long_running", "retrying", "scheduled", "task"]
