"""Invitations: people become members by their own consent, and addresses are their owners'."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from openrisk.accounts.members import invitations
from openrisk.accounts.models import AccountEvent, Invitation, Membership, Organization, Role, User
from openrisk.accounts.tasks import send_invitation

PASSWORD = "a long enough password"
NEW = {
    "name": "Ada",
    "new_password1": "correct horse battery staple",
    "new_password2": "correct horse battery staple",
}
ADD = "/admin/accounts/invitation/add/"
LIST = "/admin/accounts/invitation/"


@pytest.fixture
def invitation(organization, admin):
    return invitations.create_invitation(
        organization=organization, address="Ada@Example.com", role=Role.ANALYST, actor=admin
    )


def path_of(invitation):
    return "/" + invitations.make_link(invitation).split("/", 3)[3]


@pytest.fixture
def link(invitation):
    return path_of(invitation)


# --- accepting ------------------------------------------------------------------------------------
def test_new_person_chooses_name_and_password(client, organization, link):
    page = client.get(link)
    assert (page.status_code, "no-store" in page["Cache-Control"]) == (200, True)
    assert client.post(link, NEW).status_code == 302
    user = User.objects.get(email="ada@example.com")
    assert (user.name, user.check_password(NEW["new_password1"])) == ("Ada", True)
    assert user.memberships.get().role == Role.ANALYST
    assert client.get("/o/acme/risks/").status_code == 200
    assert Client().get(link).status_code == 404  # once


def test_password_of_a_new_person_is_checked(client, link):
    response = client.post(link, {**NEW, "new_password1": "Sommer2026", "new_password2": "x"})
    assert response.status_code == 400
    assert not User.objects.filter(email="ada@example.com").exists()


def test_person_with_an_account_logs_in_and_accepts(client, outsider, organization, admin):
    made = invitations.create_invitation(
        organization=organization, address=outsider.email, role=Role.VIEWER, actor=admin
    )
    link = path_of(made)
    page = client.get(link).content.decode()
    assert "Log in as" in page
    assert client.post(link, NEW).status_code == 200  # not before
    assert not outsider.memberships.filter(organization=organization).exists()
    client.force_login(outsider)
    client.post(link)
    assert outsider.memberships.get(organization=organization).role == Role.VIEWER
    outsider.refresh_from_db()
    assert outsider.check_password(PASSWORD)


def test_another_person_cannot_accept(client, outsider, viewer, organization, admin):
    made = invitations.create_invitation(
        organization=organization, address=outsider.email, role=Role.ADMIN, actor=admin
    )
    client.force_login(viewer)
    client.post(path_of(made))
    assert viewer.memberships.get().role == Role.VIEWER
    with pytest.raises(invitations.InvitationRefused):
        invitations.accept_invitation(made, viewer)


def test_declined_invitation_makes_no_account(client, link):
    assert "Decline the invitation" in client.post(link, {"action": "decline"}).content.decode()
    client.post(link, {"action": "decline", "confirmed": "no"})
    assert Invitation.objects.get().is_open
    closed = client.post(link, {"action": "decline", "confirmed": "yes"})
    assert "declined" in closed.content.decode()
    assert not User.objects.filter(email="ada@example.com").exists()
    assert client.post(link, NEW).status_code == 404


def test_account_that_appears_meanwhile_is_not_taken_over(client, link, invitation):
    owner = User.objects.create_user("ada@example.com", PASSWORD)
    with pytest.raises(invitations.InvitationRefused, match="log in"):
        invitations.accept_as_new(invitation, name="Eve", password=NEW["new_password1"])
    owner.refresh_from_db()
    assert owner.check_password(PASSWORD)


@pytest.mark.parametrize("how", ["expired", "revoked", "renewed", "wrong"])
def test_link_ends(client, invitation, link, how, time_machine):
    if how == "expired":
        time_machine.move_to(invitation.expires_at + timedelta(seconds=1))
    elif how == "revoked":
        invitations.revoke_invitation(invitation, actor=None)
    elif how == "renewed":
        invitations.renew_invitation(invitation, actor=None)
    else:
        link = link[:-2] + "x/"
    response = client.post(link, NEW)
    assert (response.status_code, "closed" in response.content.decode()) == (404, True)
    assert not User.objects.filter(email="ada@example.com").exists()


def test_link_is_stored_as_a_digest(invitation, link):
    assert link.split("/")[2] not in str(Invitation.objects.values().get())


# --- inviting -------------------------------------------------------------------------------------
def invite(client, organization, address, role="viewer"):
    data = {"address": address, "organization": str(organization.pk), "role": role}
    return client.post(ADD, data, follow=True)


def words(response):
    """The answer without what differs from one to the next by itself."""
    changing = r"csrfmiddlewaretoken\S+ \S+|\d\d:\d\d|\w+@[\w.]+"
    return re.sub(r'value="[\w-]{36,}"', "", re.sub(changing, "", response.content.decode()))


def test_answer_is_the_same_for_a_known_and_an_unknown_address(
    client, admin, outsider, organization, time_machine
):
    time_machine.move_to(timezone.now(), tick=False)
    client.force_login(admin)
    known = invite(client, organization, outsider.email)
    Invitation.objects.all().delete()
    unknown = invite(client, organization, "nobody@globex.example.com")
    assert words(known) == words(unknown)
    assert outsider.name not in known.content.decode() or not outsider.name
    assert not outsider.memberships.filter(organization=organization).exists()


def test_link_is_mailed_to_the_address_and_shown_to_no_one(
    client, admin, organization, settings, django_capture_on_commit_callbacks
):
    settings.SITE_URL = "https://risk.example.org"
    client.force_login(admin)
    response = invite(client, organization, "Ada@example.com")
    send_invitation.call(str(Invitation.objects.get().pk))
    [message] = mail.outbox
    link = re.search(r"/invitation/\S+/", message.body)[0]
    assert f"{settings.SITE_URL}{link}" in message.body
    assert message.to == ["ada@example.com"]
    assert link not in response.content.decode()
    assert link not in client.get(LIST).content.decode()
    assert Client().post(link, NEW).status_code == 302


def test_without_mail_an_administrator_is_told_whom_to_ask(client, admin, organization, settings):
    settings.EMAIL_BACKEND = invitations.CONSOLE
    client.force_login(admin)
    page = invite(client, organization, "ada@example.com").content.decode()
    assert "invitation_link" in page
    assert "/invitation/" not in page.replace("/admin/accounts/invitation/", "")


def test_without_mail_an_operator_sees_the_link_once(client, superuser, organization, settings):
    settings.EMAIL_BACKEND = invitations.CONSOLE
    client.force_login(superuser)
    response = invite(client, organization, "ada@example.com")
    assert "no-store" in response["Cache-Control"]
    link = re.search(r"/invitation/[\w-]{43}/", response.content.decode())[0]
    assert Client().get(link).status_code == 200


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("ANALYST@acme.example.com", "member already"),
        ("ada@example.com", "invited already"),
        ("ad\u0131@example.com", "xn--"),
        ("nonsense", "valid"),
    ],
)
def test_invitation_form_says_what_is_wrong(
    client, admin, analyst, organization, invitation, address, text
):
    client.force_login(admin)
    assert text in invite(client, organization, address).content.decode()
    assert Invitation.objects.count() == 1


def test_nobody_invites_into_another_organization(client, admin, other_organization):
    client.force_login(admin)
    invite(client, other_organization, "ada@example.com", "admin")
    assert not Invitation.objects.exists()


def test_only_organization_is_chosen_already(client, admin, organization):
    client.force_login(admin)
    assert client.get(ADD).context["adminform"].form["organization"].value() == organization.pk


def test_managers_do_not_invite(client, manager, organization):
    client.force_login(manager)
    assert invite(client, organization, "ada@example.com").status_code == 403


def test_invitation_is_not_renewed_again_and_again(client, admin, invitation, link):
    client.force_login(admin)
    chosen = {"action": "renew", "_selected_action": [str(invitation.pk)]}
    page = client.post(LIST, chosen, follow=True).content.decode()
    assert "Wait ten minutes" in page
    assert Client().get(link).status_code == 200


def test_organization_invites_so_many_a_day(organization, invitation, monkeypatch, time_machine):
    monkeypatch.setattr(invitations, "MOST_A_DAY", 1)
    of = {"organization": organization, "role": Role.VIEWER, "actor": None}
    with pytest.raises(invitations.InvitationRefused, match="tomorrow"):
        invitations.create_invitation(address="bob@example.com", **of)
    time_machine.move_to(invitation.created_at + timedelta(days=1, seconds=1))
    assert invitations.create_invitation(address="bob@example.com", **of)


def test_renewals_count_towards_the_invitations_of_a_day(
    client, admin, invitation, monkeypatch, time_machine
):
    monkeypatch.setattr(invitations, "MOST_A_DAY", 2)
    client.force_login(admin)
    chosen = {"action": "renew", "_selected_action": [str(invitation.pk)]}
    for expected in ("is invited again", "at most 2 invitations a day"):
        time_machine.move_to(timezone.now() + invitations.RENEWED_AFTER)
        assert expected in client.post(LIST, chosen, follow=True).content.decode()


def test_invitations_are_renewed_and_revoked(client, admin, invitation, link, time_machine):
    time_machine.move_to(timezone.now() + invitations.RENEWED_AFTER)
    client.force_login(admin)
    for action, status in (("renew", "pending"), ("revoke", "revoked"), ("renew", "revoked")):
        client.post(LIST, {"action": action, "_selected_action": [str(invitation.pk)]})
        invitation.refresh_from_db()
        assert (invitation.status, invitation.digest) == (status, None)
    assert Client().get(link).status_code == 404


def test_two_invitations_at_once_are_one(organization, invitation, monkeypatch):
    monkeypatch.setattr(invitations, "check_invitation", lambda *given: None)
    with pytest.raises(invitations.InvitationRefused, match="invited already"):
        invitations.create_invitation(
            organization=organization, address="ada@example.com", role="viewer", actor=None
        )


def test_what_happens_to_invitations_is_in_the_history(client, organization, link, admin):
    client.post(link, NEW)
    events = AccountEvent.objects.filter(email="ada@example.com").order_by("id")
    kinds = [event.kind for event in events]
    assert kinds == [
        "invited",
        "account_created",
        "member_added",
        "invitation_accepted",
        "signed_in",
    ]
    assert events[0].actor == admin


# --- commands -------------------------------------------------------------------------------------
def run(*arguments):
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue().strip()


def test_organization_and_first_administrator_are_one_command_each(client, db):
    assert run("organization_create", "new", "--name", "New Ltd") == "new is created."
    assert run("organization_create", "new") == "new exists already."
    link = run("member_invite", "ada@example.com", "--organization", "new", "--role", "admin")
    client.post("/" + link.split("/", 3)[3], NEW)
    membership = Membership.objects.get()
    assert (membership.organization.name, membership.role) == ("New Ltd", Role.ADMIN)


def test_link_is_printed_again_and_the_old_one_ends(client, organization):
    first = run("member_invite", "ada@example.com", "--organization", "acme")
    second = run("invitation_link", "ADA@example.com", "--organization", "acme")
    paths = ["/" + link.split("/", 3)[3] for link in (first, second)]
    assert [client.get(path).status_code for path in paths] == [404, 200]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("organization_create", "Not a slug"), "valid"),
        (("member_invite", "ada@example.com", "--organization", "none"), "no organization none"),
        (("member_invite", "nonsense", "--organization", "acme"), "valid"),
        (("invitation_link", "ada@example.com", "--organization", "acme"), "is pending"),
    ],
)
def test_commands_say_what_is_wrong(organization, arguments, text):
    with pytest.raises(CommandError, match=text):
        run(*arguments)
    assert Organization.objects.count() == 1
