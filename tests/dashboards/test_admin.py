"""Managers schedule reports in the administration."""

import pytest

from dashboards.models import ReportSchedule
from openrisk.accounts.models import Role
from tests.conftest import member
from tests.risks.admin.forms import filled, page

ADMIN = "/admin/dashboards/reportschedule/"


@pytest.mark.parametrize("role", ["manager", "admin"])
def test_managers_schedule_reports(request, client, organization, viewer, role):
    person = request.getfixturevalue(role)
    addresses = [viewer.email, person.email]
    client.force_login(person)
    form = filled(client.get(f"{ADMIN}add/"))
    when = {"frequency": "weekly", "weekdays": ["0"], "at": "07:00"}
    client.post(f"{ADMIN}add/", {**form, "recipients": "\n".join(addresses), **when})
    made = ReportSchedule.objects.get()
    assert (made.organization, made.recipients, made.period) == (organization, addresses, "30d")
    assert made.next_run_at.isoweekday() == 1
    client.post(page(made), filled(client.get(page(made)), weekdays=["4"]))
    made.refresh_from_db()
    assert (made.next_run_at.isoweekday(), made.version) == (5, 2)
    client.post(page(made, "delete"), {"post": "yes"})
    assert not ReportSchedule.objects.exists()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"cron": "daily"}, "not a cron expression"),
        ({"recipients": "nobody"}, "Not an e-mail address: nobody"),
        ({"recipients": ""}, "required"),
    ],
)
def test_form_explains_what_is_wrong(client, manager, given, says):
    client.force_login(manager)
    form = filled(client.get(f"{ADMIN}add/"))
    data = {**form, "recipients": "chair@example.org", "frequency": "cron", "cron": "0 7 * * 1"}
    data |= given
    assert says in client.post(f"{ADMIN}add/", data).content.decode()
    assert not ReportSchedule.objects.exists()


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_others_cannot_schedule_reports(client, organization, role):
    client.force_login(member(Role(role), organization))
    assert client.get(f"{ADMIN}add/").status_code in (302, 403)
    assert client.post(f"{ADMIN}add/", {"cron": "0 7 * * 1"}).status_code in (302, 403)
    assert not ReportSchedule.objects.exists()
