"""Scheduled reports are sent when they are due, each once."""

from datetime import timedelta

from django.core import mail
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from dashboards.models import ReportSchedule
from dashboards.schedules.editing import update_schedule
from dashboards.schedules.sending import send_scheduled
from dashboards.tasks import send_due_reports
from openrisk.tasks import queue
from tests.dashboards.schedules.conftest import BOARD
from tests.openrisk.tasks.conftest import NOON


def work():
    """Do what a worker would do now; return how many tasks it ran."""
    send_due_reports.call()
    count = 0
    while result := queue.claim_next("worker"):
        queue.run_claimed(result)
        count += 1
    return count


def test_nothing_is_sent_before_its_time(schedule):
    assert work() == 0
    assert mail.outbox == []


def test_due_report_is_sent_once(schedule, clock):
    clock.shift(timedelta(hours=1, minutes=5))
    assert [work(), work()] == [1, 0]
    [message] = mail.outbox
    assert message.to == BOARD
    schedule.refresh_from_db()
    assert schedule.last_sent_at == NOON + timedelta(hours=1, minutes=5)
    assert schedule.next_run_at == NOON + timedelta(hours=2)


def test_missed_times_are_one_report(schedule, clock):
    clock.shift(timedelta(days=3))
    assert work() == 1
    clock.shift(timedelta(hours=1))
    assert work() == 1
    assert len(mail.outbox) == 2


def test_one_of_two_workers_sends(schedule, clock):
    """Both have read the row before either moves it on."""
    clock.shift(timedelta(hours=1))
    one, other = ReportSchedule.objects.get(), ReportSchedule.objects.get()
    now = timezone.now()
    assert [one.advance(now), other.advance(now)] == [True, False]


def test_task_that_runs_again_sends_nothing(schedule, clock):
    clock.shift(timedelta(hours=1))
    due = schedule.next_run_at
    assert [send_scheduled(schedule.pk, due), send_scheduled(schedule.pk, due)] == [True, False]
    assert len(mail.outbox) == 1


def test_failed_report_is_tried_again_later(
    schedule,
    clock,
    settings,
    down,
):
    clock.shift(timedelta(hours=1))
    work()
    schedule.refresh_from_db()
    assert schedule.last_sent_at is None
    assert schedule.last_error == "Connection unexpectedly closed"
    assert work() == 0, "not at once"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    clock.shift(timedelta(minutes=5))
    assert work() == 1
    schedule.refresh_from_db()
    assert (schedule.last_sent_at, schedule.last_error) == (timezone.now(), "")
    assert len(mail.outbox) == 1


def test_report_fails_for_good_after_five_attempts(schedule, clock, down):
    update_schedule(actor=None, instance=schedule, cron="0 13 * * *")
    clock.shift(timedelta(hours=1))
    for _ in range(6):
        work()
        clock.shift(timedelta(hours=2))
    sent = DBTaskResult.objects.get(task_path="dashboards.tasks.send_report")
    assert (sent.status, len(sent.worker_ids)) == ("FAILED", 5)
    schedule.refresh_from_db()
    assert schedule.last_error


def test_queued_report_is_dropped_with_its_schedule(schedule, clock):
    clock.shift(timedelta(hours=1))
    send_due_reports.call()
    update_schedule(actor=None, instance=schedule, active=False)
    queue.run_claimed(queue.claim_next("worker"))
    assert send_scheduled(schedule.pk, schedule.next_run_at) is False
    schedule.delete()
    assert send_scheduled(schedule.pk, schedule.next_run_at) is False
    assert mail.outbox == []


def test_schedule_that_is_active_again_sends_nothing_missed(schedule, clock):
    schedule = update_schedule(actor=None, instance=schedule, active=False)
    clock.shift(timedelta(days=3))
    assert work() == 0
    update_schedule(actor=None, instance=schedule, active=True)
    assert work() == 0
    clock.shift(timedelta(hours=1))
    assert work() == 1
