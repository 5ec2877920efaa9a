"""Live workers, schedules and turns, beside the results of django-tasks-db."""

from datetime import datetime

from django.db import models
from django.utils import timezone

from openrisk.database.clock import database_now
from openrisk.tasks.declarations import next_occurrence


class LeaseQuerySet(models.QuerySet["Lease"]):
    def live(self) -> "LeaseQuerySet":
        """Workers that renewed in time, by the clock that all machines share."""
        return self.filter(expires_at__gt=database_now())


class Lease(models.Model):
    """A worker process's claim on the task it runs; it holds until `expires_at` unless renewed."""

    worker_id = models.CharField(max_length=64, primary_key=True)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    objects = LeaseQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.worker_id} ({self.host}, process {self.pid})"


class Schedule(models.Model):
    """The progress of a recurring task. The row, not the code, decides when it is next due."""

    name = models.CharField(max_length=200, primary_key=True)
    cron = models.CharField(max_length=200)
    next_run_at = models.DateTimeField()
    last_enqueued_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.cron})"

    def advance(self, now: datetime) -> bool:
        """Take the occurrence that is due; the next is the first one after `now`.

        True for exactly one of all processes that see this occurrence: only the one that finds the
        row as it read it moves it on.
        """
        unchanged = Schedule.objects.filter(
            name=self.name, cron=self.cron, next_run_at=self.next_run_at
        )
        taken = unchanged.update(next_run_at=next_occurrence(self.cron, now), last_enqueued_at=now)
        return taken == 1


class Turn(models.Model):
    """The time workers last took a task of a queue, an organization's or the installation's.

    Long tasks have turns of their own. Who chooses a task of the queue holds a lock on this row, so
    that no two workers begin a long task of one organization at the same moment.
    """

    queue_name = models.CharField(max_length=32)
    is_long = models.BooleanField()
    taken_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("queue_name", "is_long"), name="turn_unique"),
        )

    def __str__(self) -> str:
        return f"{self.queue_name} ({'long' if self.is_long else 'short'})"
