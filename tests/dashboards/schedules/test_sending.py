"""Reports by e-mail: by command, and by the clock, each once."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.mail.backends.base import BaseEmailBackend
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from dashboards.models import Board, ReportSchedule
from dashboards.schedules.editing import create_schedule, update_schedule
from dashboards.schedules.sending import send_scheduled
from dashboards.tasks import send_due_reports
from openrisk.accounts.models import Role
from openrisk.tasks import queue
from tests.conftest import member
from tests.opened import open_links
from tests.openrisk.tasks.conftest import NOON, clock  # noqa: F401
from tests.risks.admin.forms import filled, page
from tests.risks.factories import make_risk

ADMIN = "/admin/dashboards/reportschedule/"
BOARD = ["chair@example.org", "secretary@example.org"]


class Down(BaseEmailBackend):
    """A mail server that takes nothing."""

    def send_messages(self, email_messages):
        raise SMTPServerDisconnected("Connection unexpectedly closed")


@pytest.fixture
def down(settings):
    settings.EMAIL_BACKEND = f"{__name__}.Down"


@pytest.fixture
def schedule(organization, clock, admin):  # noqa: F811
    """Every hour; first at 13:00."""
    make_risk(organization, title="Fire", inherent_likelihood=5, inherent_impact=5)
    return create_schedule(
        actor=admin, organization=organization, recipients=BOARD, cron="0 * * * *", period="7d"
    )


def work():
    """All that a worker would do now; how many tasks it ran."""
    send_due_reports.call()
    count = 0
    while result := queue.claim_next("worker"):
        queue.run_claimed(result)
        count += 1
    return count


# --- The command ------------------------------------------------------------------------------
def send(*arguments, **options):
    call_command("report_send", "--organization", "acme", *arguments, **options)


def test_report_links_to_the_page_that_it_shows(organization, viewer, settings):
    settings.SITE_URL = "https://risk.example.org"
    make_risk(organization)
    Board.objects.create(organization=organization, owner=viewer, name="Water", slug="water")
    send("--to", BOARD[0])
    send("--to", BOARD[0], "--dashboard", "water")
    opened = [open_links(message.body, viewer) for message in mail.outbox]
    assert opened == [["/o/acme/"], ["/o/acme/dashboards/water/"]]


def test_the_command_sends_the_report(organization, capsys):
    make_risk(organization, title="Fire", inherent_likelihood=5, inherent_impact=5)
    send("--to", BOARD[0], "--to", BOARD[1], "--to", BOARD[0], "--period", "90d")
    [message] = mail.outbox
    assert message.to == BOARD
    assert message.subject == "Risk report of Acme"
    assert message.body.startswith("1 risk is open, 1 of them high or critical")
    [(name, pdf, kind)] = message.attachments
    assert (name[:16], kind, pdf[:5]) == ("risk-report-acme", "application/pdf", b"%PDF-")
    assert "Risk report of Acme: risk-report-acme" in capsys.readouterr().out


def test_a_dry_run_sends_nothing_and_says_the_same(organization, capsys):
    send("--to", BOARD[0])
    said = capsys.readouterr().out
    send("--to", BOARD[0], "--dry-run")
    first, last = capsys.readouterr().out.splitlines()
    # The PDF says the minute and has an id of its own, so its size may differ a little.
    assert first.partition("(")[0] == said.partition("(")[0]
    assert last == "A dry run: nothing was sent."
    assert len(mail.outbox) == 1


def test_the_command_says_that_the_mail_server_failed(organization, down):
    with pytest.raises(CommandError, match=r"unexpectedly closed\. Check EMAIL_URL") as failed:
        send("--to", BOARD[0])
    assert failed.value.returncode == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "--to"),
        (("--to", "nobody"), "not an e-mail address: nobody"),
        (("--to", BOARD[0], "--period", "8d"), "invalid choice: '8d'"),
        (("--to", BOARD[0], "--dashboard", "other"), "There is no dashboard other"),
        (("--to", BOARD[0], "--organization", "nothing"), "there is no organization nothing"),
    ],
)
def test_the_command_refuses(organization, arguments, says):
    with pytest.raises(CommandError, match=says):
        send(*arguments)
    assert mail.outbox == []


# --- By the clock -------------------------------------------------------------------------------
def test_nothing_goes_out_before_its_time(schedule):
    assert work() == 0
    assert mail.outbox == []


def test_what_is_due_goes_out_once(schedule, clock):  # noqa: F811
    clock.shift(timedelta(hours=1, minutes=5))
    assert [work(), work()] == [1, 0]
    [message] = mail.outbox
    assert message.to == BOARD
    schedule.refresh_from_db()
    assert schedule.last_sent_at == NOON + timedelta(hours=1, minutes=5)
    assert schedule.next_run_at == NOON + timedelta(hours=2)


def test_missed_times_are_made_up_for_by_one_report(schedule, clock):  # noqa: F811
    clock.shift(timedelta(days=3))
    assert work() == 1
    clock.shift(timedelta(hours=1))
    assert work() == 1
    assert len(mail.outbox) == 2


def test_of_two_workers_one_takes_it(schedule, clock):  # noqa: F811
    """Both have read the row before either moves it on."""
    clock.shift(timedelta(hours=1))
    one, other = ReportSchedule.objects.get(), ReportSchedule.objects.get()
    now = timezone.now()
    assert [one.advance(now), other.advance(now)] == [True, False]


def test_a_task_that_runs_again_after_a_crash_sends_nothing(schedule, clock):  # noqa: F811
    clock.shift(timedelta(hours=1))
    due = schedule.next_run_at
    assert [send_scheduled(schedule.pk, due), send_scheduled(schedule.pk, due)] == [True, False]
    assert len(mail.outbox) == 1


def test_a_mail_server_that_fails_is_tried_again_later(
    schedule,
    clock,  # noqa: F811
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


def test_a_mail_server_that_stays_down_ends_as_a_failed_task(schedule, clock, down):  # noqa: F811
    update_schedule(actor=None, instance=schedule, cron="0 13 * * *")
    clock.shift(timedelta(hours=1))
    for _ in range(6):
        work()
        clock.shift(timedelta(hours=2))
    sent = DBTaskResult.objects.get(task_path="dashboards.tasks.send_report")
    assert (sent.status, len(sent.worker_ids)) == ("FAILED", 5)
    schedule.refresh_from_db()
    assert schedule.last_error


def test_what_waits_is_dropped_when_the_schedule_is(schedule, clock):  # noqa: F811
    clock.shift(timedelta(hours=1))
    send_due_reports.call()
    update_schedule(actor=None, instance=schedule, active=False)
    queue.run_claimed(queue.claim_next("worker"))
    assert send_scheduled(schedule.pk, schedule.next_run_at) is False
    schedule.delete()
    assert send_scheduled(schedule.pk, schedule.next_run_at) is False
    assert mail.outbox == []


def test_one_that_is_active_again_makes_up_for_nothing(schedule, clock):  # noqa: F811
    schedule = update_schedule(actor=None, instance=schedule, active=False)
    clock.shift(timedelta(days=3))
    assert work() == 0
    update_schedule(actor=None, instance=schedule, active=True)
    assert work() == 0
    clock.shift(timedelta(hours=1))
    assert work() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cron", "every day"),
        ("cron", "0 0 30 2 *"),
        ("cron", "* * * * * *"),
        ("recipients", []),
        ("recipients", ["nobody"]),
        ("recipients", [f"a{number}@example.org" for number in range(51)]),
        ("recipients", "a@example.org"),
        ("period", "8d"),
        ("dashboard", "other"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(organization, field, value):
    fields = {"recipients": BOARD, "cron": "0 7 * * 1", field: value}
    with pytest.raises(ValidationError) as refusal:
        create_schedule(actor=None, organization=organization, **fields)
    assert list(refusal.value.message_dict) == [field]


@pytest.mark.parametrize("changes", [{"period": "8d"}, {"dashboard": "other"}])
def test_the_database_refuses_it_too(schedule, changes):
    with pytest.raises(IntegrityError), transaction.atomic():
        ReportSchedule.objects.update(**changes)


# --- Administration -------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["manager", "admin"])
def test_managers_schedule_reports(request, client, organization, viewer, role):
    person = request.getfixturevalue(role)
    addresses = [viewer.email, person.email]
    client.force_login(person)
    form = filled(client.get(f"{ADMIN}add/"))
    client.post(f"{ADMIN}add/", {**form, "recipients": "\n".join(addresses), "cron": "0 7 * * 1"})
    made = ReportSchedule.objects.get()
    assert (made.organization, made.recipients, made.period) == (organization, addresses, "30d")
    assert made.next_run_at.isoweekday() == 1
    client.post(page(made), filled(client.get(page(made)), cron="0 7 * * 5"))
    made.refresh_from_db()
    assert (made.next_run_at.isoweekday(), made.version) == (5, 2)
    client.post(page(made, "delete"), {"post": "yes"})
    assert not ReportSchedule.objects.exists()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"cron": "daily"}, "no cron expression"),
        ({"recipients": "nobody"}, "Not an e-mail address: nobody"),
        ({"recipients": ""}, "required"),
    ],
)
def test_the_form_says_what_is_wrong(client, manager, given, says):
    client.force_login(manager)
    form = filled(client.get(f"{ADMIN}add/"))
    data = {**form, "recipients": BOARD[0], "cron": "0 7 * * 1", **given}
    assert says in client.post(f"{ADMIN}add/", data).content.decode()
    assert not ReportSchedule.objects.exists()


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_others_schedule_nothing(client, organization, role):
    client.force_login(member(Role(role), organization))
    assert client.get(f"{ADMIN}add/").status_code in (302, 403)
    assert client.post(f"{ADMIN}add/", {"cron": "0 7 * * 1"}).status_code in (302, 403)
    assert not ReportSchedule.objects.exists()
