"""Tasks of workers: runs, tests of apps, messages."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django_tasks import TaskContext

from marketplace.installations import lifecycle
from marketplace.models import InstalledApp, SyncRun
from marketplace.sync import notifications, runs
from openrisk.accounts.models import User
from openrisk.database import clock
from openrisk.errors import Conflict
from openrisk.tasks import for_organization, long_running, retrying, scheduled, task
from openrisk.tasks.abandoned import find_abandoned
from openrisk.tasks.declarations import is_too_far, next_occurrence

ATTEMPTS = 5


@long_running
@retrying(attempts=ATTEMPTS, base=timedelta(seconds=30))
@task(takes_context=True)
def sync(context: TaskContext, run: str) -> str:
    """Execute a queued run and return its status. A second call does nothing."""
    return runs.execute_run(UUID(run), last_attempt=context.attempt >= ATTEMPTS).status


@scheduled("*/5 * * * *", name="marketplace.end_abandoned_runs")
@task
def end_abandoned_runs() -> int:
    """Fail runs whose task failed or is gone: they would keep their app from running.

    A run without a task may belong to `connector_sync`.
    """
    waiting = SyncRun.objects.filter(status__in=runs.UNFINISHED)
    candidates = dict(waiting.values_list("pk", "created_at"))
    return sum(runs.end_abandoned_run(pk) for pk in find_abandoned(sync, candidates))


def enqueue_run(run: SyncRun) -> SyncRun:
    """Let a worker execute a queued run. Part of the caller's transaction."""
    for_organization(sync, run.organization_id).enqueue(str(run.pk))
    return run


@long_running
@task
def test(app: str, actor: str | None) -> str:
    """Carry out a requested test and return the state of the app.

    A second call does nothing, nor does one for a configuration that has changed meanwhile.
    """
    installed = InstalledApp.objects.select_related("organization").get(pk=app)
    user = User.objects.filter(pk=actor).first() if actor else None
    if installed.test_queued_at is None:
        return installed.state
    try:
        return lifecycle.test_app(actor=user, app=installed).state
    except Conflict as conflict:
        return " ".join(conflict.reasons)


def enqueue_test(*, actor: User | None, app: InstalledApp) -> None:
    """Let a worker test the app; its `test_queued_at` is set until the test is done."""
    with transaction.atomic():
        if lifecycle.request_test(actor=actor, app=app):
            actor_id = str(actor.pk) if actor else None
            for_organization(test, app.organization_id).enqueue(str(app.pk), actor_id)


@scheduled("* * * * *", name="marketplace.sync_due_apps")
@task
def sync_due_apps() -> int:
    """Queue a run of each app that is due."""
    now = clock.database_now()
    for app in InstalledApp.objects.running().exclude(cron="").filter(next_run_at__gt=now):
        if is_too_far(app.cron, app.next_run_at, now):  # a clock was wrong
            app.move_to(next_occurrence(app.cron, now))
    return sum(_queue_due_run(app, now) for app in InstalledApp.objects.due(now))


def _queue_due_run(app: InstalledApp, now: datetime) -> bool:
    with transaction.atomic():  # claimed only together with its run
        if not app.advance(now):
            return False
        try:
            enqueue_run(runs.queue_run(actor=None, app=app, mode=app.mode, schedule=app.cron))
        except Conflict:
            return False  # its address was removed
    return True


@retrying(attempts=ATTEMPTS, base=timedelta(seconds=30))
@task(takes_context=True)
def send_delivery(context: TaskContext, delivery: str) -> bool:
    return notifications.send_delivery(UUID(delivery), last_attempt=context.attempt >= ATTEMPTS)


@scheduled("* * * * *", name="marketplace.tell_events")
@task
def tell_events() -> int:
    """Queue a message for each event of the register that an app has not received."""
    now, count = timezone.now(), 0
    for app in notifications.list_notifying_apps():
        with transaction.atomic():
            for delivery in notifications.create_deliveries(app, now):
                for_organization(send_delivery, app.organization_id).enqueue(str(delivery.pk))
                count += 1
    return count
