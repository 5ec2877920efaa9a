"""The pages of scheduled reports."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail import EmailMessage

from dashboards.boards import editing as boards
from dashboards.models import ReportSchedule
from dashboards.schedules.editing import create_schedule
from dashboards.schedules.sending import send_scheduled
from openrisk.accounts.models import Membership
from risks.models import DeletedItem
from tests.openrisk.tasks.conftest import clock  # noqa: F401

REPORTS = "/o/acme/reports/"
FORM = {
    "board": "",
    "period": "90d",
    "frequency": "monthly_working_day",
    "at": "06:30",
    "people": "viewer@acme.example.com",
}


@pytest.fixture
def schedule(organization, manager, viewer, clock):  # noqa: F811
    return create_schedule(
        actor=manager, organization=organization, recipients=[viewer.email], cron="0 7 * * 1"
    )


def page(schedule, step=""):
    return f"{REPORTS}{schedule.pk}/{step}"


def test_a_manager_schedules_a_report_in_words(client, organization, manager, viewer, clock):  # noqa: F811
    client.force_login(manager)
    response = client.post(f"{REPORTS}new/", FORM, follow=True)
    created = ReportSchedule.objects.get()
    assert (created.cron, created.first_working_day) == ("30 6 * * *", True)
    assert (created.recipients, created.author, created.period) == ([viewer.email], manager, "90d")
    text = response.content.decode()
    assert "Every month on its first working day at 06:30 UTC" in text
    assert text.count("06:30 UTC</time>") == 3


def test_the_next_times_are_shown_before_saving(client, manager, viewer, clock):  # noqa: F811
    client.force_login(manager)
    weekly = {**FORM, "frequency": "weekly", "weekdays": ["0", "3"], "action": "preview"}
    for address in (f"{REPORTS}new/", f"{REPORTS}times/"):
        text = client.post(address, weekly).content.decode()
        assert text.count("06:30 UTC</time>") == 3
        assert "Monday, " in text
    assert not ReportSchedule.objects.exists()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"frequency": "weekly"}, "Choose at least one day"),
        ({"at": ""}, "Give a time"),
        ({"frequency": "cron", "cron": "monthly"}, "not a cron expression"),
        ({"people": ""}, "Choose at least one person"),
        ({"people": "stranger@example.org"}, "Check the spelling"),
    ],
)
def test_what_is_missing_is_said(client, manager, viewer, given, says):
    client.force_login(manager)
    response = client.post(f"{REPORTS}new/", {**FORM, **given})
    assert response.status_code == 400
    assert says in response.content.decode()
    assert not ReportSchedule.objects.exists()


def test_only_administrators_enter_other_addresses(client, manager, admin, viewer):
    outside = {**FORM, "people": "", "others": "chair@example.com"}
    client.force_login(manager)
    assert client.post(f"{REPORTS}new/", outside).status_code == 400
    client.force_login(admin)
    client.post(f"{REPORTS}new/", outside)
    assert ReportSchedule.objects.get().recipients == ["chair@example.com"]


def test_a_schedule_is_edited_paused_resumed_and_deleted(client, manager, viewer, schedule):
    client.force_login(manager)
    data = {**FORM, "frequency": "daily", "version": "1"}
    client.post(page(schedule, "edit/"), data)
    schedule.refresh_from_db()
    assert (schedule.cron, schedule.version) == ("30 6 * * *", 2)
    assert client.post(page(schedule, "edit/"), {**data, "at": "08:00"}).status_code == 409
    client.post(page(schedule, "pause/"), {"active": "no", "version": "2"})
    assert "Paused" in client.get(REPORTS).content.decode()
    client.post(page(schedule, "pause/"), {"active": "yes", "version": "3"})
    schedule.refresh_from_db()
    assert schedule.active
    assert "Delete the schedule" in client.post(page(schedule, "delete/")).content.decode()
    client.post(page(schedule, "delete/"), {"confirmed": "yes"})
    assert not ReportSchedule.objects.exists()
    assert DeletedItem.objects.count() == 1


def test_a_report_is_sent_to_the_person_who_asks(client, analyst, schedule, monkeypatch):
    client.force_login(analyst)
    response = client.post(page(schedule, "send/"), follow=True)
    assert mail.outbox[0].to == [analyst.email]
    assert "Sent to" in response.content.decode()
    schedule.refresh_from_db()
    assert schedule.last_sent_at is None

    def fail(self):
        raise OSError("no route")

    monkeypatch.setattr(EmailMessage, "send", fail)
    assert "no route" in client.post(page(schedule, "send/"), follow=True).content.decode()


def test_sendings_are_listed_with_their_outcome(client, viewer, schedule, clock, monkeypatch):  # noqa: F811
    clock.shift(timedelta(days=7))
    assert send_scheduled(schedule.pk, schedule.next_run_at)
    client.force_login(viewer)
    assert f"Sent to {viewer.email}" in client.get(page(schedule)).content.decode()

    def fail(self):
        raise OSError("the mail server is away")

    monkeypatch.setattr(EmailMessage, "send", fail)
    clock.shift(timedelta(days=7))
    due = schedule.timing.next_after(schedule.next_run_at)
    with pytest.raises(OSError, match="away"):
        send_scheduled(schedule.pk, due)
    client.force_login(viewer)  # the session has ended
    text = client.get(page(schedule)).content.decode()
    assert "Not sent" in text
    assert text.count("the mail server is away") >= 2


def test_others_see_no_private_board_and_change_nothing(
    client, organization, manager, analyst, viewer, schedule
):
    board = boards.create_board(Membership.objects.get(user=manager), "Secret plans")
    ReportSchedule.objects.update(board=board)
    for person in (viewer, analyst):
        client.force_login(person)
        for address in (REPORTS, page(schedule)):
            text = client.get(address).content.decode()
            assert "A private board" in text
            assert "Secret plans" not in text
        for step in ("edit/", "pause/", "delete/"):
            assert client.post(page(schedule, step)).status_code == 403
    assert client.post(page(schedule, "send/")).status_code == 404


def test_reports_of_other_organizations_are_not_found(client, outsider, schedule):
    client.force_login(outsider)
    for step in ("", "edit/", "send/", "pause/", "delete/"):
        method = client.post if step else client.get
        assert method(f"/o/globex/reports/{schedule.pk}/{step}").status_code == 404


def test_pages_take_few_queries(
    client, organization, manager, viewer, schedule, django_assert_max_num_queries
):
    for _number in range(20):
        create_schedule(
            actor=manager, organization=organization, recipients=[viewer.email], cron="0 7 * * 1"
        )
    client.force_login(manager)
    for address in (REPORTS, page(schedule), page(schedule, "edit/")):
        client.get(address)
        with django_assert_max_num_queries(12):
            client.get(address)
