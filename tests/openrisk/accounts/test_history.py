"""The history of accounts: what is in it, who sees it, and that it only grows."""

import pytest

from openrisk.accounts.credentials.tokens import create_token
from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.models import AccountEvent, ApiToken, Organization, Role, User
from tests.conftest import member
from tests.risks.admin.forms import filled

PASSWORD = "a long enough password"
PAGE = "/admin/accounts/accountevent/"


def kinds(**filters):
    return list(
        AccountEvent.objects.filter(**filters).order_by("id").values_list("kind", flat=True)
    )


def test_life_of_an_account(client, api, organization, superuser, analyst):
    client.post("/login/", {"email": analyst.email, "password": PASSWORD})
    client.post("/logout/")
    body = {"email": analyst.email, "password": PASSWORD}
    secret = api().post("/api/v1/auth/login/", body).json()["token"]
    program = api()
    program.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    program.post("/api/v1/auth/logout/")
    set_role(user=analyst, organization=organization, role=Role.MANAGER)
    set_role(user=analyst, organization=organization, role=Role.MANAGER)  # no change
    client.force_login(superuser)
    chosen = {"action": "deactivate", "_selected_action": [str(analyst.pk)]}
    client.post("/admin/accounts/user/", chosen)
    analyst.memberships.get().delete()
    assert kinds(person=analyst) == [
        "account_created",
        "member_added",
        "signed_in",
        "signed_out",
        "signed_in",
        "token_created",
        "signed_out",
        "token_ended",
        "role_changed",
        "account_deactivated",
        "member_removed",
    ]
    event = AccountEvent.objects.get(kind="account_deactivated")
    assert (event.actor, event.email, event.address) == (superuser, analyst.email, "127.0.0.1")
    assert AccountEvent.objects.get(kind="role_changed").detail == {"role": ["analyst", "manager"]}


def test_what_an_operator_changes_is_said(client, superuser, analyst):
    before = analyst.email
    client.force_login(superuser)
    address = f"/admin/accounts/user/{analyst.pk}/change/"
    client.post(address, filled(client.get(address), email="Other@example.com", is_superuser="on"))
    event = AccountEvent.objects.get(kind="account_changed")
    changed = {"email": [before, "other@example.com"], "is_superuser": [False, True]}
    assert (event.person, event.actor, event.detail) == (analyst, superuser, {"fields": changed})
    assert "other@example.com" in client.get(PAGE).content.decode()


def test_no_secret_is_in_the_history(client, analyst, organization):
    _, secret = create_token(user=analyst, organization=organization, name="CI")
    client.post("/login/", {"email": analyst.email, "password": PASSWORD})
    rows = str(list(AccountEvent.objects.values()))
    assert PASSWORD not in rows
    assert secret not in rows
    assert client.session.session_key not in rows


def test_history_outlives_what_it_is_about(analyst, organization):
    create_token(user=analyst, organization=organization)
    User.objects.all().delete()
    Organization.objects.all().delete()
    assert kinds(email=analyst.email)[:3] == ["account_created", "member_added", "token_created"]
    assert not ApiToken.objects.exists()


def test_history_is_neither_changed_nor_deleted(analyst):
    event = AccountEvent.objects.first()
    event.email = "other@example.com"
    for change in (
        event.save,
        event.delete,
        AccountEvent.objects.all().delete,
        lambda: AccountEvent.objects.update(email=""),
    ):
        with pytest.raises(TypeError, match="append-only"):
            change()
    assert not AccountEvent.objects.filter(email="other@example.com").exists()


# --- who sees it ----------------------------------------------------------------------------------
def shown(client, **query):
    response = client.get(PAGE, query)
    return response.content.decode() if response.status_code == 200 else response.status_code


def test_administrators_see_their_members_and_operators_all(
    client, admin, manager, analyst, outsider, superuser
):
    for person in (analyst, outsider):
        client.post("/login/", {"email": person.email, "password": PASSWORD})
        client.post("/logout/")
    client.force_login(admin)
    assert analyst.email in shown(client)
    assert outsider.email not in shown(client)
    client.force_login(superuser)
    assert outsider.email in shown(client)
    client.force_login(manager)
    assert shown(client) == 403


def test_what_was_before_the_membership_is_not_shown(client, admin, outsider, organization):
    client.post("/login/", {"email": outsider.email, "password": PASSWORD})
    client.post("/logout/")
    set_role(user=outsider, organization=organization, role=Role.VIEWER)
    client.force_login(admin)
    signed_in = shown(client, kind__exact="signed_in")
    assert outsider.email not in signed_in
    assert outsider.email in shown(client, kind__exact="member_added")


def test_history_offers_no_way_to_change_it(client, superuser, analyst):
    client.force_login(superuser)
    event = AccountEvent.objects.first()
    for page in ("add/", f"{event.pk}/change/", f"{event.pk}/delete/"):
        assert client.post(PAGE + page, {"post": "yes"}).status_code == 403


# --- by API ---------------------------------------------------------------------------------------
EVENTS = "/api/v1/auth/events/"


def test_administrators_read_their_members_history_by_api(
    client, api, admin, analyst, outsider, organization
):
    for person in (analyst, outsider):
        client.post("/login/", {"email": person.email, "password": PASSWORD})
        client.post("/logout/")
    rows = api(admin).get(EVENTS, {"kind": "signed_in"}).json()["results"]
    assert [(row["email"], row["actor_email"]) for row in rows] == [(analyst.email,) * 2]
    everything = api(admin).get(EVENTS, {"page_size": 200}).json()["results"]
    assert outsider.email not in {row["email"] for row in everything}
    assert api(admin).get(EVENTS, {"email": "x"}).status_code == 400


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MANAGER])
def test_others_do_not_read_it(api, organization, role):
    assert api(member(role, organization)).get(EVENTS).status_code == 403
