"""A scheduled report shows what its author may see, to whom its author may send."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError

from dashboards.boards import editing
from dashboards.models import Board, ReportSchedule
from dashboards.schedules.editing import create_schedule, update_schedule
from dashboards.schedules.sending import send_scheduled
from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.models import Membership, Role
from risks.models import Change
from tests.conftest import member
from tests.risks.admin.forms import filled, page

ADD = "/admin/dashboards/reportschedule/add/"
OUTSIDE = "stranger@example.org"
WEEKLY = "0 7 * * 1"


@pytest.fixture
def colleague(organization):
    return member(Role.MANAGER, organization, "colleague")


@pytest.fixture
def private(organization, colleague):
    """A board that its owner alone may see."""
    return editing.create_board(Membership.objects.get(user=colleague), "Secret plans")


@pytest.fixture
def schedule(organization, colleague, private, viewer, clock):
    """The board, sent by its owner to a viewer."""
    return create_schedule(
        actor=colleague,
        organization=organization,
        board=private,
        recipients=[viewer.email],
        cron=WEEKLY,
    )


def send(schedule, clock):
    clock.shift(timedelta(days=7))
    return send_scheduled(schedule.pk, schedule.next_run_at)


def comments():
    rows = Change.objects.filter(model="dashboards.reportschedule").order_by("id")
    return list(rows.values_list("comment", flat=True))


# --- Saving -----------------------------------------------------------------------------------
@pytest.mark.parametrize("actor", ["manager", "admin"])
def test_private_board_of_someone_else_cannot_be_scheduled(
    request, organization, private, viewer, actor
):
    with pytest.raises(ValidationError, match="Choose a board of your own"):
        create_schedule(
            actor=request.getfixturevalue(actor),
            organization=organization,
            board=private,
            recipients=[viewer.email],
            cron=WEEKLY,
        )


def test_private_board_of_someone_else_cannot_be_taken_over(schedule, manager):
    with pytest.raises(ValidationError, match="Choose a board of your own"):
        update_schedule(actor=manager, instance=schedule, recipients=[manager.email])


def test_a_shared_board_can_be_scheduled(organization, private, manager, viewer):
    editing.update_board(private, private.version, shared=True)
    fields = {"board": private, "recipients": [viewer.email], "cron": WEEKLY}
    created = create_schedule(actor=manager, organization=organization, **fields)
    assert created.author == manager


def test_the_form_offers_boards_that_may_be_seen(client, private, manager, colleague):
    for person, offered in ((manager, False), (colleague, True)):
        client.force_login(person)
        assert ("Secret plans" in client.get(ADD).content.decode()) == offered
        data = filled(client.get(ADD)) | {"recipients": person.email, "cron": WEEKLY}
        client.post(ADD, data | {"board": str(private.pk)})
        assert ReportSchedule.objects.filter(board=private).exists() == offered


def test_managers_send_to_members_and_administrators_to_others_too(
    organization, manager, admin, viewer
):
    fields = {"organization": organization, "cron": WEEKLY}
    create_schedule(actor=manager, recipients=[viewer.email.upper()], **fields)
    with pytest.raises(ValidationError, match="Only administrators"):
        create_schedule(actor=manager, recipients=[viewer.email, OUTSIDE], **fields)
    created = create_schedule(actor=admin, recipients=[OUTSIDE], **fields)
    with pytest.raises(ValidationError, match="Only administrators"):
        update_schedule(actor=manager, instance=created, cron="0 8 * * 1")


def test_members_of_other_organizations_are_outsiders(organization, manager, outsider):
    with pytest.raises(ValidationError, match="Only administrators"):
        create_schedule(
            actor=manager, organization=organization, recipients=[outsider.email], cron=WEEKLY
        )


# --- Sending ------------------------------------------------------------------------------------
def test_each_report_and_its_recipients_are_in_the_history(schedule, viewer, clock):
    assert send(schedule, clock) is True
    assert mail.outbox[0].to == [viewer.email]
    assert comments()[-1] == f"Sent to {viewer.email}"
    schedule.refresh_from_db()
    assert schedule.last_recipients == [viewer.email]


def test_the_administration_shows_the_history(client, schedule, admin, clock):
    send(schedule, clock)
    client.force_login(admin)
    assert "Sent to" in client.get(page(schedule, "history")).content.decode()


@pytest.mark.parametrize("why", ["demoted", "removed", "deactivated", "private", "no recipients"])
def test_lost_right_ends_the_schedule_with_a_notice(
    schedule,
    organization,
    admin,
    colleague,
    viewer,
    private,
    why,
    clock,
):
    membership = Membership.objects.get(user=colleague)
    match why:
        case "demoted":
            set_role(user=colleague, organization=organization, role=Role.ANALYST)
        case "removed":
            membership.delete()
        case "deactivated":
            type(colleague).objects.filter(pk=colleague.pk).update(is_active=False)
        case "private":
            Board.objects.update(owner=admin)
        case "no recipients":
            Membership.objects.filter(user=viewer).delete()
    assert send(schedule, clock) is False
    schedule.refresh_from_db()
    assert (schedule.active, schedule.last_sent_at) == (False, None)
    assert schedule.last_error
    assert comments()[-1] == f"Ended: {schedule.last_error}"
    assert admin.email in {address for message in mail.outbox for address in message.to}
    assert all("has ended" in message.subject for message in mail.outbox)
    assert not any(message.attachments for message in mail.outbox)


def test_board_that_is_no_longer_shared_ends_schedules_of_others(
    organization,
    private,
    manager,
    viewer,
    clock,
):
    editing.update_board(private, private.version, shared=True)
    fields = {"board": private, "recipients": [viewer.email], "cron": WEEKLY}
    schedule = create_schedule(actor=manager, organization=organization, **fields)
    Board.objects.update(shared=False)
    assert send(schedule, clock) is False
    assert {manager.email} <= {address for message in mail.outbox for address in message.to}


def test_former_members_are_left_out(schedule, organization, colleague, viewer, clock):
    schedule = update_schedule(
        actor=colleague, instance=schedule, recipients=[viewer.email, colleague.email]
    )
    Membership.objects.filter(user=viewer).delete()
    assert send(schedule, clock) is True
    assert mail.outbox[0].to == [colleague.email]
    schedule.refresh_from_db()
    assert schedule.last_error == f"Not sent to {viewer.email}: no longer a member."


def test_schedules_without_author_are_sent_to_members_only(
    schedule,
    viewer,
    clock,
):
    ReportSchedule.objects.update(author=None, recipients=[OUTSIDE, viewer.email])
    Board.objects.update(shared=True)
    assert send(schedule, clock) is True
    assert mail.outbox[0].to == [viewer.email]
    Board.objects.update(shared=False)
    schedule.refresh_from_db()
    clock.shift(timedelta(days=7))
    assert send_scheduled(schedule.pk, schedule.next_run_at + timedelta(days=14)) is False
