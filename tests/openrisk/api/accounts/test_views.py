"""Login, logout and one's own tokens."""

import pytest

from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.models import ApiToken, LoginFailure, Membership, Role

LOGIN = "/api/v1/auth/login/"
TOKENS = "/api/v1/auth/tokens/"
PASSWORD = "a long enough password"


def login(api, user, **body):
    return api().post(LOGIN, {"email": user.email, "password": PASSWORD, **body})


def test_login_gives_a_token_that_works_until_logout(api, analyst, organization):
    body = login(api, analyst, organization=organization.slug).json()
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Token {body['token']}")
    assert (body["organization"], body["role"]) == ("acme", "analyst")
    assert client.get("/api/v1/risks/").status_code == 200
    assert client.post("/api/v1/auth/logout/").status_code == 204
    assert client.get("/api/v1/risks/").status_code == 401


def test_secret_is_stored_as_a_hash_only(api, analyst):
    secret = login(api, analyst).json()["token"]
    token = ApiToken.objects.get(name="Login")
    assert secret not in (token.digest, token.token_key)
    assert secret.startswith(token.token_key)


@pytest.mark.parametrize(
    "body",
    [{"password": "wrong"}, {"email": "nobody@example.com"}, {"password": PASSWORD + " "}],
)
def test_wrong_credentials_are_401_and_counted(api, analyst, body):
    response = login(api, analyst, **body)
    assert response.status_code == 401
    assert LoginFailure.objects.count() == 1


def test_too_many_failures_are_429_even_with_the_right_password(api, analyst):
    for _ in range(10):
        login(api, analyst, password="wrong")
    response = login(api, analyst)
    assert response.status_code == 429
    assert response["Retry-After"] == "900"


def test_inactive_person_cannot_log_in(api, analyst):
    analyst.is_active = False
    analyst.save()
    assert login(api, analyst).status_code == 401


def test_organization_of_others_is_refused(api, analyst, other_organization):
    response = login(api, analyst, organization=other_organization.slug)
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "/organization"


def test_login_names_one_of_several_organizations(api, analyst, other_organization):
    set_role(user=analyst, organization=other_organization, role=Role.VIEWER)
    refused = login(api, analyst)
    assert (refused.status_code, "acme, globex" in refused.content.decode()) == (400, True)
    assert login(api, analyst, organization="globex").json()["organization"] == "globex"


def test_person_without_any_membership_is_told_so(api, analyst):
    Membership.objects.all().delete()
    assert "Ask an administrator" in login(api, analyst).json()["errors"][0]["detail"]


def test_new_token_is_shown_once(api, viewer):
    client = api(viewer)
    made = client.post(TOKENS, {"name": "Reports", "read_only": True, "days": 7}).json()
    assert made["token"].startswith(made["prefix"])
    listed = {token["name"]: token for token in client.get(TOKENS).json()}
    assert listed["Reports"]["read_only"] is True
    assert "token" not in listed["Reports"]


def test_revoked_token_is_refused_on_the_next_request(api, viewer):
    client = api(viewer)
    made = client.post(TOKENS, {"name": "Short"}).json()
    other = api()
    other.credentials(HTTP_AUTHORIZATION=f"Token {made['token']}")
    assert other.get("/api/v1/risks/").status_code == 200
    assert client.delete(f"{TOKENS}{made['id']}/").status_code == 204
    assert other.get("/api/v1/risks/").status_code == 401


def test_tokens_of_others_do_not_exist(api, viewer, manager):
    theirs = api(manager).post(TOKENS, {"name": "Theirs"}).json()
    client = api(viewer)
    assert client.delete(f"{TOKENS}{theirs['id']}/").status_code == 404
    assert "Theirs" not in [token["name"] for token in client.get(TOKENS).json()]


@pytest.mark.parametrize(
    "body",
    [{"days": 0}, {"days": 400}, {"allowed_networks": ["10.0.0.0/33"]}, {"user": "x"}],
)
def test_malformed_token_request_is_400(api, viewer, body):
    before = ApiToken.objects.count()
    client = api(viewer)
    assert client.post(TOKENS, body).status_code == 400
    assert ApiToken.objects.count() == before + 1  # the client's own


@pytest.mark.parametrize("path", ["login", "logout", "tokens"])
def test_options_describe_what_there_is(api, viewer, path):
    response = api(viewer).options(f"/api/v1/auth/{path}/")
    assert response.status_code == 200
    assert response.json()["parses"] == ["application/json"]


# --- Tokens made with tokens ----------------------------------------------------------------------
def with_token(api, secret):
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    return client


def test_logout_ends_the_tokens_that_were_made_with_it(api, analyst):
    client = with_token(api, login(api, analyst).json()["token"])
    child = with_token(api, client.post(TOKENS, {"name": "Child"}).json()["token"])
    grandchild = with_token(api, child.post(TOKENS, {"name": "Grandchild"}).json()["token"])
    assert grandchild.get("/api/v1/risks/").status_code == 200
    client.post("/api/v1/auth/logout/")
    for ended in (child, grandchild):
        assert ended.get("/api/v1/risks/").status_code == 401


def test_token_lasts_no_longer_than_the_one_it_is_made_with(api, analyst):
    body = login(api, analyst).json()
    client = with_token(api, body["token"])
    assert client.post(TOKENS, {"name": "Child"}).json()["expires_at"] <= body["expires_at"]
    refused = client.post(TOKENS, {"days": 30})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/days")


def test_token_of_a_network_makes_none_for_others(api, analyst):
    client = api(analyst, allowed_networks=["127.0.0.0/8"])
    assert client.post(TOKENS, {}).json()["allowed_networks"] == ["127.0.0.0/8"]
    refused = client.post(TOKENS, {"allowed_networks": ["10.0.0.0/8"]})
    assert refused.json()["errors"][0]["pointer"] == "/allowed_networks"


def test_session_makes_a_token_without_a_parent(api, analyst):
    client = api()
    client.force_login(analyst)
    assert client.post(TOKENS, {"days": 300}).status_code == 201
    assert ApiToken.objects.get().parent is None
