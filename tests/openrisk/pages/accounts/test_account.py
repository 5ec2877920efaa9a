"""The pages of one's own account, and a password that has to be replaced first."""

import pytest
from django.test import Client

from openrisk.accounts.credentials.login_limits import FAILURES_PER_EMAIL
from openrisk.accounts.credentials.passwords import set_first_password
from openrisk.accounts.credentials.tokens import create_token
from openrisk.accounts.models import AccountEvent, ApiToken, Role
from tests.conftest import member
from tests.openrisk.caching.calls import RISKS, call, session

pytestmark = pytest.mark.both  # locks its own rows

PASSWORD = "a long enough password"
NEW = "correct horse battery staple"
ACCOUNT = "/account/"
PAGE = "/account/password/"


def change(client, old=PASSWORD, new=NEW, again=None):
    data = {"old_password": old, "new_password1": new, "new_password2": again or new}
    return client.post(PAGE, data)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ADMIN])
def test_every_role_changes_its_own_password(client, organization, role):
    person = member(role, organization)
    client.force_login(person)
    assert change(client)["Location"] == ACCOUNT
    person.refresh_from_db()
    assert person.check_password(NEW)
    assert client.get(ACCOUNT).status_code == 200  # this session stays


def test_change_ends_other_sessions_and_all_tokens(client, api, analyst, other_organization):
    other, program = Client(), api(analyst)
    client.force_login(analyst)
    other.force_login(analyst)
    change(client)
    assert other.get(ACCOUNT).status_code == 302
    assert program.get(RISKS).status_code == 401
    assert not ApiToken.objects.exists()
    event = AccountEvent.objects.get(kind="password_changed")
    assert (event.person, event.actor, event.address) == (analyst, analyst, "127.0.0.1")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"old": "wrong"}, "old password was entered incorrectly"),
        ({"again": "something else"}, "match"),
        ({"new": "Sommer2026"}, "too short"),
        ({"new": "password1234"}, "too common"),
        ({"new": "analyst@acme.example"}, "too similar"),
    ],
)
def test_refused_change_says_why(client, analyst, given, words):
    client.force_login(analyst)
    response = change(client, **given)
    assert response.status_code == 400
    assert words in response.content.decode()
    analyst.refresh_from_db()
    assert analyst.check_password(PASSWORD)


def test_old_password_has_no_more_tries_than_a_login(client, analyst):
    client.force_login(analyst)
    for _ in range(FAILURES_PER_EMAIL):
        change(client, old="wrong")
    assert "Too many failed logins" in change(client).content.decode()
    analyst.refresh_from_db()
    assert analyst.check_password(PASSWORD)


# --- a password by an operator --------------------------------------------------------------------
@pytest.fixture
def newcomer(manager):
    set_first_password(manager, PASSWORD)
    return manager


def test_nothing_works_before_the_first_password_is_replaced(client, api, newcomer):
    logged_in = client.post("/login/", {"email": newcomer.email, "password": PASSWORD})
    assert logged_in.status_code == 302
    register, admin = ("/", "/o/acme/risks/", "/organization/"), ("/admin/", "/admin/risks/risk/")
    for page in (*register, *admin, "/monitoring/", ACCOUNT):
        assert client.get(page)["Location"] == PAGE, page
    assert client.post("/o/acme/risks/new/", {"title": "Flood"})["Location"] == PAGE
    login = {"email": newcomer.email, "password": PASSWORD}
    for refused in (client.get(RISKS), api().post("/api/v1/auth/login/", login)):
        assert refused.status_code == 403
        assert "choose one of your own" in refused.json()["detail"]
    assert "set by an operator" in client.get(PAGE).content.decode()
    change(client)
    assert client.get("/o/acme/risks/").status_code == 200
    assert client.get(RISKS).status_code == 200


def test_first_password_is_no_choice_of_ones_own(client, newcomer):
    client.force_login(newcomer)
    response = change(client, new=PASSWORD)
    assert "the one that you have" in response.content.decode()
    newcomer.refresh_from_db()
    assert newcomer.password_change_required


@pytest.mark.django_db(transaction=True)
def test_first_password_ends_what_the_cache_knew(organization, viewer):
    browser = session(viewer)
    assert [call(RISKS, browser).status for _ in range(3)] == [200] * 3
    type(viewer).objects.update(password_change_required=True)
    assert call(RISKS, browser).status == 403


# --- tokens ---------------------------------------------------------------------------------------
def make(client, organization, **fields):
    data = {"name": "Script", "organization": str(organization.pk), "days": "30", **fields}
    return client.post(ACCOUNT, data)


def test_new_token_is_in_the_answer_and_nowhere_else(client, viewer, organization):
    client.force_login(viewer)
    response = make(client, organization, read_only="on", allowed_networks="127.0.0.0/8")
    secret = response.context["secret"]
    assert secret in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert "messages" not in response.cookies
    token = ApiToken.objects.get()
    assert (token.user, token.read_only, token.parent) == (viewer, True, None)
    assert secret not in client.get(ACCOUNT).content.decode()
    headers = {"Authorization": f"Token {secret}"}
    assert Client().get(RISKS, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"allowed_networks": "office"}, "Write e.g. 192.0.2.0/24"),
        ({"days": "400"}, "less than or equal to 366"),
        ({"name": ""}, "required"),
    ],
)
def test_token_form_says_what_is_wrong(client, viewer, organization, fields, words):
    client.force_login(viewer)
    response = make(client, organization, **fields)
    assert (response.status_code, words in response.content.decode()) == (400, True)
    assert not ApiToken.objects.exists()


def test_token_is_for_an_organization_of_ones_own(client, viewer, other_organization):
    client.force_login(viewer)
    assert make(client, other_organization).status_code == 400
    assert not ApiToken.objects.exists()


def test_own_token_is_revoked_and_no_other(client, viewer, analyst, organization):
    mine, _ = create_token(user=viewer, organization=organization)
    theirs, _ = create_token(user=analyst, organization=organization)
    client.force_login(viewer)
    assert client.post(f"{ACCOUNT}tokens/{theirs.uid}/revoke/").status_code == 404
    client.post(f"{ACCOUNT}tokens/{mine.uid}/revoke/")
    assert ApiToken.objects.filter(pk=mine.pk).exists()  # it is asked about first
    client.post(f"{ACCOUNT}tokens/{mine.uid}/revoke/", {"confirmed": "yes"})
    assert ApiToken.objects.get() == theirs
