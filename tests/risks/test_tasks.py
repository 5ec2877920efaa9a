"""Expiry and reminders, as the worker runs them."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from dashboards.pages.analyst import due_reviews
from risks.models import ImportFile
from risks.services import acceptances, mitigations
from risks.services.risks import create_risk, take_transition
from risks.tasks import delete_import_files, expire_acceptances, send_reminders
from tests.opened import open_links
from tests.risks.import_runs.uploads import ONE, preview_register


@pytest.fixture
def risk(organization, analyst):
    return create_risk(
        actor=analyst,
        organization=organization,
        title="Old backup tapes",
        owner=analyst,
        inherent_likelihood=3,
        inherent_impact=3,
        next_review_at=timezone.now() - timedelta(days=2),
    )


@pytest.fixture
def accepted(risk, analyst, manager):
    take_transition(actor=analyst, risk=risk, to="assessed")
    acceptance = acceptances.request_acceptance(
        actor=analyst,
        risk=risk,
        justification="Destroyed in spring",
        expires_at=timezone.now() + timedelta(days=3),
    )
    return acceptances.decide_acceptance(actor=manager, acceptance=acceptance, approve=True)


def test_an_acceptance_that_is_over_returns_the_risk(accepted, risk, time_machine):
    time_machine.move_to(timezone.now() + timedelta(days=4))
    assert expire_acceptances.call() == 1
    risk.refresh_from_db()
    assert risk.status == "assessed"
    assert expire_acceptances.call() == 0


def test_an_acceptance_that_holds_is_left_alone(accepted, risk):
    assert expire_acceptances.call() == 0
    risk.refresh_from_db()
    assert risk.status == "accepted"


def test_one_mail_tells_a_person_everything_that_is_due(accepted, risk, analyst, organization):
    mitigations.create_mitigation(
        actor=analyst,
        organization=organization,
        risk=risk,
        title="Shred the tapes",
        owner=analyst,
        due_date=timezone.now().date() + timedelta(days=1),
    )
    assert send_reminders.call() == 1
    [message] = mail.outbox
    assert message.to == [analyst.email]
    assert all(text in message.body for text in ("Review overdue", "Shred the tapes", "ends"))
    pages = ["/o/acme/risks/R-0001/"] * 3 + ["/o/acme/dashboards/analyst/"]
    assert open_links(message.body, analyst) == pages


def test_a_second_run_on_the_day_sends_nothing(risk):
    assert (send_reminders.call(), send_reminders.call()) == (1, 0)
    assert len(mail.outbox) == 1


def test_inactive_people_and_former_members_get_none(risk, analyst):
    analyst.memberships.all().delete()
    assert send_reminders.call() == 0
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("roles", "responsible"),
    [
        ({"owner": "analyst"}, "analyst"),
        ({"owner": "analyst", "reviewer": "manager"}, "manager"),
        ({"reviewer": "manager"}, "manager"),
        ({}, None),
    ],
)
@pytest.mark.parametrize(("days", "due"), [(-2, True), (13, True), (15, False)])
def test_mail_and_my_work_agree_on_whose_review_it_is(
    request, organization, analyst, manager, roles, responsible, days, due
):
    people = {name: request.getfixturevalue(person) for name, person in roles.items()}
    now = timezone.now()
    at = now + timedelta(days=days)
    create_risk(organization=organization, actor=None, title="x", next_review_at=at, **people)
    send_reminders.call()
    mailed = {message.to[0] for message in mail.outbox}
    shown = {
        membership.user.email
        for membership in organization.memberships.all()
        if due_reviews(membership, now).rows
    }
    wanted = {request.getfixturevalue(responsible).email} if responsible and due else set()
    assert (mailed, shown) == (wanted, wanted)


def test_what_is_far_away_is_not_mentioned(organization, analyst):
    create_risk(
        actor=analyst,
        organization=organization,
        title="Later",
        owner=analyst,
        next_review_at=timezone.now() + timedelta(days=30),
    )
    assert send_reminders.call() == 0
    assert mail.outbox == []


def test_files_of_imports_are_deleted_after_a_month(organization):
    old, new = (preview_register(organization, ONE, f"{name}.csv") for name in ("a", "b"))
    month = timezone.now() - timedelta(days=31)
    ImportFile.objects.filter(run=old).update(created_at=month)
    assert delete_import_files.call() == 1
    assert ImportFile.objects.get().run == new
    assert old.rows.exists()
