"""Who calls the API: tokens, where and how long they are good, and what they may do."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from openrisk.accounts.credentials.tokens import create_token
from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.models import ApiToken, Membership, Role, User
from risks.models import Risk

URL = "/api/v1/risks/"


def _client(secret, prefix="Token", **extra):
    client = APIClient(**extra)
    client.credentials(HTTP_AUTHORIZATION=f"{prefix} {secret}")
    return client


def _detail(response):
    assert response["Content-Type"] == "application/problem+json"
    return response.status_code, response.json()["detail"]


@pytest.fixture
def secret(analyst, organization):
    return create_token(user=analyst, organization=organization)[1]


# --- Which credentials ------------------------------------------------------------------------
def test_token_opens_the_api(secret):
    assert _client(secret).get(URL).status_code == 200


@pytest.mark.parametrize("prefix", ["token", "TOKEN"])
def test_scheme_has_no_case(secret, prefix):
    assert _client(secret, prefix).get(URL).status_code == 200


@pytest.mark.parametrize("prefix", ["Bearer", "Basic", "Tokens", ""])
def test_other_schemes_are_no_credentials(secret, prefix):
    assert _client(secret, prefix).get(URL).status_code == 401


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Token",
        "Token ",
        "Token a b",
        "Token x",
        "Token or_",
        "Token " + "x" * 10_000,
        "Token or_\xe9",
        "Token or_\x00",
        "Token ' OR 1=1 --",
        "Token None",
    ],
    ids=ascii,
)
def test_malformed_credentials_are_401(secret, header):
    response = APIClient().get(URL, HTTP_AUTHORIZATION=header)
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Token")


def test_beginning_of_a_token_is_not_enough(secret):
    for part in (secret[:15], secret[:-1], secret + "0", secret.upper()):
        assert _client(part).get(URL).status_code == 401


def test_hash_of_a_token_is_no_token(secret):
    assert _client(ApiToken.objects.get().digest).get(URL).status_code == 401


def test_two_tokens_of_one_beginning_are_told_apart(secret, viewer, organization):
    _, other = create_token(user=viewer, organization=organization)
    ApiToken.objects.update(token_key=secret[:15])
    assert _client(secret).get(URL).status_code == 200
    assert _client(other).get(URL).status_code == 401


# --- How long ---------------------------------------------------------------------------------
def test_expired_token_is_refused(secret, time_machine):
    expiry = ApiToken.objects.get().expiry
    time_machine.move_to(expiry - timedelta(seconds=5))
    assert _client(secret).get(URL).status_code == 200
    time_machine.move_to(expiry)
    assert _detail(_client(secret).get(URL)) == (
        401,
        "The token is unknown, expired or revoked. Log in or create a new one.",
    )


def test_token_without_an_end_stays(secret, time_machine):
    ApiToken.objects.update(expiry=None)
    time_machine.move_to(timezone.now() + timedelta(days=5000))
    assert _client(secret).get(URL).status_code == 200


def test_revoked_token_is_refused_at_once(secret):
    client = _client(secret)
    assert client.get(URL).status_code == 200
    ApiToken.objects.all().delete()
    assert client.get(URL).status_code == 401


def test_inactive_person_is_refused_at_once(secret):
    client = _client(secret)
    User.objects.update(is_active=False)
    assert client.get(URL).status_code == 401


# --- In which organization and role -----------------------------------------------------------
def test_person_who_left_is_refused_at_once(secret):
    client = _client(secret)
    Membership.objects.all().delete()
    status, detail = _detail(client.get(URL))
    assert status == 401
    assert "revoked" in detail


def test_person_whose_role_another_program_deleted_is_refused_at_once(secret):
    Membership.objects.all()._raw_delete("default")
    status, detail = _detail(_client(secret).get(URL))
    assert status == 401
    assert "no longer a member" in detail


def test_membership_elsewhere_does_not_help(secret, analyst, other_organization):
    Membership.objects.all().delete()
    set_role(user=analyst, organization=other_organization, role=Role.ADMIN)
    assert _client(secret).get(URL).status_code == 401


def test_role_counts_as_it_is_now(secret, analyst, organization):
    client = _client(secret)
    assert client.post(URL, {"title": "Flood"}).status_code == 201
    set_role(user=analyst, organization=organization, role=Role.VIEWER)
    assert client.post(URL, {"title": "Drought"}).status_code == 403
    assert Risk.objects.count() == 1


def test_token_sees_its_own_organization_only(analyst, organization, other_organization):
    set_role(user=analyst, organization=other_organization, role=Role.ANALYST)
    secrets = [
        create_token(user=analyst, organization=owner)[1]
        for owner in (organization, other_organization)
    ]
    _client(secrets[0]).post(URL, {"title": "Flood"})
    counts = [_client(secret).get(URL).json()["count"] for secret in secrets]
    assert counts == [1, 0]


def test_superuser_acts_as_administrator(superuser, organization):
    _, secret = create_token(user=superuser, organization=organization)
    created = _client(secret).post(URL, {"title": "Flood"}).json()
    assert _client(secret).delete(f"{URL}{created['id']}/").status_code == 204


def test_superuser_who_is_one_no_longer_is_refused(superuser, organization):
    _, secret = create_token(user=superuser, organization=organization)
    User.objects.update(is_superuser=False)
    assert _client(secret).get(URL).status_code == 401


def test_read_only_token_reads(manager, organization):
    _, secret = create_token(user=manager, organization=organization, read_only=True)
    client = _client(secret)
    assert client.get(URL).status_code == 200
    status, detail = _detail(client.post(URL, {"title": "Flood"}))
    assert (status, detail) == (403, "This token is read-only. Use one that may write.")


# --- From where -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("192.0.2.77", 200),
        ("::ffff:192.0.2.77", 200),
        ("2001:db8::1", 200),
        ("192.0.3.1", 401),
        ("2001:db9::1", 401),
        ("127.0.0.1", 401),
        ("", 401),
    ],
)
def test_token_is_good_from_its_networks_only(analyst, organization, address, status):
    _, secret = create_token(
        user=analyst,
        organization=organization,
        allowed_networks=["192.0.2.0/24", "2001:db8::/32"],
    )
    assert _client(secret, REMOTE_ADDR=address).get(URL).status_code == status


def test_forwarded_address_of_a_stranger_does_not_count(analyst, organization):
    _, secret = create_token(
        user=analyst, organization=organization, allowed_networks=["192.0.2.0/24"]
    )
    client = _client(secret, REMOTE_ADDR="198.51.100.1")
    assert client.get(URL, HTTP_X_FORWARDED_FOR="192.0.2.1").status_code == 401


# --- Traces and costs -------------------------------------------------------------------------
def test_last_use_is_kept_to_the_day(secret, time_machine):
    time_machine.move_to("2030-05-31 23:59:00Z")
    ApiToken.objects.update(expiry=None)
    assert ApiToken.objects.get().last_used_on is None
    _client(secret).get(URL)
    assert str(ApiToken.objects.get().last_used_on) == "2030-05-31"
    time_machine.move_to("2030-06-01 00:01:00Z")
    _client(secret).get(URL)
    assert str(ApiToken.objects.get().last_used_on) == "2030-06-01"


def test_refused_use_leaves_no_trace(secret):
    ApiToken.objects.update(expiry=timezone.now())
    _client(secret).get(URL)
    assert ApiToken.objects.get().last_used_on is None


def test_tokens_of_a_person_cost_nothing_more(
    secret, analyst, organization, django_assert_max_num_queries
):
    for _ in range(5):
        create_token(user=analyst, organization=organization)
    client = _client(secret)
    client.get(URL)  # writes the day
    with django_assert_max_num_queries(4):  # the token, and the list with its count
        client.get(URL)


def test_session_needs_a_membership(analyst):
    client = APIClient()
    client.force_login(analyst)
    assert client.get(URL).status_code == 200
    Membership.objects.all().delete()
    status, detail = _detail(client.get(URL))
    assert status in (401, 403)
    assert "You do not belong to an organization yet" in detail


def test_session_writes_need_the_csrf_token(analyst):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(analyst)
    assert client.post(URL, {"title": "Flood"}).status_code == 403
    assert not Risk.objects.exists()
