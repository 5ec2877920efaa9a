"""Responsibilities of people who leave stay visible, and someone is reminded of them."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from openrisk.accounts.members.memberships import responsibilities_of
from openrisk.accounts.models import Membership
from risks.models import Risk
from risks.services.reminders import send_reminders
from tests.risks.factories import make_asset, make_mitigation, make_risk

pytestmark = pytest.mark.django_db
LEFT = "(no longer a member)"


@pytest.fixture
def risk(organization, analyst):
    due = timezone.now() - timedelta(days=1)
    risk = make_risk(organization, owner=analyst, reviewer=analyst, next_review_at=due)
    make_mitigation(risk, owner=analyst)
    make_asset(organization, "ERP", owner=analyst)
    make_risk(organization)
    return risk


def leave(person):
    Membership.objects.get(user=person).delete()


def test_removing_a_member_names_what_they_are_responsible_for(
    client, admin, analyst, manager, risk
):
    sentences = responsibilities_of(Membership.objects.get(user=analyst))
    assert sentences[:-1] == [
        "Owns 1 risk: R-0001",
        "Reviews 1 risk: R-0001",
        "Owns 1 mitigation: M-0001",
        "Owns 1 asset: ERP",
    ]
    assert responsibilities_of(Membership.objects.get(user=manager)) == []
    client.force_login(admin)
    membership = Membership.objects.get(user=analyst)
    page = client.get(f"/admin/accounts/membership/{membership.pk}/delete/")
    assert "Owns 1 risk: R-0001" in page.content.decode()


def test_the_api_says_who_has_left(api, manager, analyst, risk):
    client = api(manager)
    url = f"/api/v1/risks/{risk.pk}/"
    assert client.get(url).json()["former_members"] == []
    leave(analyst)
    assert client.get(url).json()["former_members"] == ["owner", "reviewer"]
    rows = client.get("/api/v1/risks/?former_member=true").json()["results"]
    assert [row["reference"] for row in rows] == ["R-0001"]
    assert client.get("/api/v1/risks/?former_member=false").json()["count"] == 1


def test_pages_say_who_has_left(client, manager, analyst, risk):
    client.force_login(manager)
    urls = ("/o/acme/risks/", "/o/acme/risks/R-0001/")
    assert not any(LEFT in client.get(url).content.decode() for url in urls)
    leave(analyst)
    counts = [client.get(url).content.decode().count(LEFT) for url in urls]
    assert counts == [1, 3]  # on its page as owner, as reviewer, and of the mitigation


def test_managers_are_reminded_of_what_is_left_behind(manager, admin, analyst, risk):
    assert send_reminders() == 1
    assert mail.outbox.pop().to == [analyst.email]
    leave(analyst)
    assert send_reminders(now=timezone.now() + timedelta(days=1)) == 2
    assert {message.to[0] for message in mail.outbox} == {manager.email, admin.email}
    assert f"for {analyst}, who is not active here" in mail.outbox[0].body


def test_the_owner_stays_in_the_register(analyst, risk):
    leave(analyst)
    assert Risk.objects.get(pk=risk.pk).owner == analyst
    assert Risk.objects.of_former_members().get() == risk
