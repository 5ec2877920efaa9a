"""The front answers only what Django would; on any doubt, Django does."""

from uuid import uuid4

import pytest
from django.conf import settings as django_settings

from openrisk.caching import decorators, fast_path, lookup
from openrisk.caching.fast_path import FastPath, credential_of
from openrisk.caching.freshness import snapshots
from openrisk.caching.freshness.recorder import unrecorded
from openrisk.caching.principals import Principal
from openrisk.request_state import ENTRY_TO_REMEMBER, PRINCIPAL
from risks.models import Risk
from tests.openrisk.caching.calls import (
    FRONT,
    MEMORY,
    MISS,
    RISKS,
    STORE,
    call,
    session,
    token,
    warm,
)
from tests.openrisk.caching.samples import make_entry
from tests.risks.factories import make_risk

committed = pytest.mark.django_db(transaction=True)
COOKIE = django_settings.SESSION_COOKIE_NAME


# --- Credentials ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"HTTP_AUTHORIZATION": ""},
        {"HTTP_COOKIE": "a=b"},
        {"HTTP_COOKIE": f"{COOKIE}="},
        {"HTTP_AUTHORIZATION": "Basic x"},
        {"HTTP_COOKIE": f"{COOKIE}=x; {COOKIE}=y"},
        {"HTTP_COOKIE": f"{COOKIE}=x; {COOKIE} =y"},
        {"HTTP_COOKIE": f"{COOKIE} =x"},
        {"HTTP_COOKIE": f"a=b;{COOKIE}=x"},
        {"HTTP_COOKIE": f"x{COOKIE}=y"},
        {"HTTP_AUTHORIZATION": "Token x", "HTTP_COOKIE": f"{COOKIE}=y"},
        {"HTTP_AUTHORIZATION": "Token x", "HTTP_X_ORGANIZATION": "acme"},
    ],
    ids=str,
)
def test_no_credential_or_two_are_none(environ):
    assert credential_of(environ) is None


def test_credentials_differ_and_are_not_kept_in_clear():
    found = {
        credential_of({"HTTP_AUTHORIZATION": "Token x"}),
        credential_of({"HTTP_AUTHORIZATION": "Token y"}),
        credential_of({"HTTP_AUTHORIZATION": "Token session x"}),
        credential_of({"HTTP_COOKIE": f"{COOKIE}=x"}),
        credential_of({"HTTP_COOKIE": f"a=b; {COOKIE}=y"}),
        credential_of({"HTTP_COOKIE": f"{COOKIE}=x", "HTTP_X_ORGANIZATION": ""}),
        credential_of({"HTTP_COOKIE": f"{COOKIE}=x", "HTTP_X_ORGANIZATION": "acme"}),
        credential_of({"HTTP_COOKIE": f"{COOKIE}=x", "HTTP_X_ORGANIZATION": "globex"}),
        credential_of({"HTTP_COOKIE": f"{COOKIE}=xacme"}),
    }
    assert len(found - {None}) == 9
    assert not any(b"Token" in digest for digest in found if digest)


def test_header_cannot_pass_for_a_session():
    assert credential_of({"HTTP_AUTHORIZATION": "session x"}) is None
    assert fast_path.credential_digest("session x") != credential_of({"HTTP_COOKIE": f"{COOKIE}=x"})


# --- Doubts -----------------------------------------------------------------------------------
@committed
def test_doubts_are_answered_by_django_with_the_same_bytes(organization, viewer):
    make_risk(organization)
    me, cookie = token(viewer, organization), session(viewer)
    answer = warm(RISKS, me)
    warm(RISKS, cookie)
    doubts = {
        "origin": {"HTTP_ORIGIN": "https://evil.example.com"},
        "range": {"HTTP_RANGE": "bytes=0-1"},
        "if-match": {"HTTP_IF_MATCH": '"1"'},
        "two credentials": cookie,
        "two cookies": {"HTTP_COOKIE": f"{COOKIE}=x; {COOKIE}=y"},
        "pragma": {"HTTP_PRAGMA": "no-cache"},
        "body": {"CONTENT_LENGTH": "2"},
        "no-store": {"HTTP_CACHE_CONTROL": "no-store"},
    }
    replies = {name: call(RISKS, {**me, **extra}) for name, extra in doubts.items()}
    by_layer = {name: (reply.status, reply.cache) for name, reply in replies.items()}
    assert by_layer == dict.fromkeys(doubts, (200, MEMORY))
    assert {reply.body for reply in replies.values()} == {answer.body}
    assert call(RISKS, me).cache == FRONT


@committed
def test_host_that_is_not_allowed_is_400_however_warm(organization, viewer):
    me = token(viewer, organization)
    warm(RISKS, me)
    for host in ("evil.example.com", "testserver.evil.example.com", "testserver@evil", "te st", ""):
        for _ in range(2):
            assert call(RISKS, me, HTTP_HOST=host).status == 400, host
    forwarded = call(RISKS, me, HTTP_X_FORWARDED_HOST="evil.example.com")
    assert (forwarded.status, b"evil" in forwarded.body) == (200, False)


@committed
def test_paths_mean_what_they_mean_to_django(organization, viewer):
    risk = make_risk(organization)
    me = token(viewer, organization)
    warm(RISKS, me)
    url = f"{RISKS}{risk.pk}/"
    warm(url, me)
    others = {
        f"{RISKS[:-1]}%2F": 404,
        f"{RISKS}/": 404,
        f"{RISKS}{risk.pk}": 404,
        f"{RISKS}{str(risk.pk).upper()}/": 404,
        f"{RISKS}../risks/": 404,
        f"/{RISKS}": 404,
        f"{RISKS}\u00e4/": 404,
        f"{url}\0": 400,
    }
    found = {path: call(path, me).status for path in others for _ in range(2)}
    assert found == others
    assert call(url, me).cache == FRONT


@committed
def test_headers_of_the_request_are_not_put_into_the_answer(organization, viewer):
    me = token(viewer, organization)
    warm(RISKS, me)
    evil = "x\r\nSet-Cookie: a=b"
    for name in ("HTTP_X_REQUEST_ID", "HTTP_ACCEPT", "HTTP_ACCEPT_LANGUAGE", "HTTP_IF_NONE_MATCH"):
        for _ in range(2):
            reply = call(RISKS, me, **{name: evil})
            assert not any("a=b" in value for value in reply.headers.values())
            assert "Set-Cookie" not in reply.headers
    assert call(RISKS, me, HTTP_X_REQUEST_ID="abc-1").headers["X-Request-ID"] == "abc-1"
    for given in ("", "x" * 129, "a b"):
        assert call(RISKS, me, HTTP_X_REQUEST_ID=given).headers["X-Request-ID"] not in ("", given)


@committed
def test_accept_decides_as_without_a_cache(organization, viewer):
    me = token(viewer, organization)
    warm(RISKS, me)
    seen = {}
    for accept in ("text/html", "application/json; a=b", "*/*", "application/*;q=0.5", "nonsense"):
        replies = [call(RISKS, me, HTTP_ACCEPT=accept) for _ in range(3)]
        seen[accept] = {(reply.status, reply.headers["Content-Type"]) for reply in replies}
    fine = {(200, "application/json")}
    assert seen.pop("text/html") == {(406, "application/problem+json")}
    assert seen.pop("nonsense") <= {(406, "application/problem+json")} | fine
    assert seen == dict.fromkeys(seen, fine)


@committed
def test_proxy_is_believed_only_where_it_is_one(organization, viewer, settings):
    """What a stranger says about the scheme must not reach those who come through the proxy."""
    from tests.openrisk.caching.calls import application  # noqa: PLC0415

    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    application.cache_clear()
    try:
        for _ in range(2):
            make_risk(organization)
        me = token(viewer, organization)
        query, https = f"{RISKS}?page_size=1", {"HTTP_X_FORWARDED_PROTO": "https"}
        found = []
        for address in ("192.0.2.1", "10.0.0.1", "192.0.2.1", "10.0.0.1"):
            for _ in range(2):
                reply = call(query, me, REMOTE_ADDR=address, **https)
                found.append(reply.json()["next"].partition(":")[0])
    finally:
        application.cache_clear()
    assert found == ["http", "http", "https", "https"] * 2


# --- Bounds -----------------------------------------------------------------------------------
@committed
def test_enormous_headers_are_answered_and_not_remembered(organization, viewer):
    me = token(viewer, organization)
    call(RISKS, me)
    routes = len(fast_path.known_routes)
    for name in ("HTTP_ACCEPT", "HTTP_ACCEPT_LANGUAGE", "HTTP_X_FORWARDED_HOST"):
        value = "application/json, " + "x/y, " * 20_000
        assert [call(RISKS, me, **{name: value}).status for _ in range(2)] == [200, 200]
    assert len(fast_path.known_routes) == routes
    assert call(RISKS, {"HTTP_AUTHORIZATION": "Token " + "x" * 100_000}).status == 401


def _learning(environ, start_response):
    """Stands in for Django, where it would take minutes: every query has an entry of its own."""
    key = f"{environ.get('QUERY_STRING', ''):0>64}"
    entry = make_entry(key, body=b"x" * 5000)
    lookup.local_entries.put(key, entry, entry.size)
    environ[PRINCIPAL] = Principal(
        organization_id=uuid4(),
        user_id=uuid4(),
        rights=("viewer",),
        tables=frozenset(),
        snapshot={},
        expires=0,
        credential=credential_of(environ) or b"",
    )
    environ[ENTRY_TO_REMEMBER] = (key, False)
    start_response("200 OK", [("Content-Type", "application/json"), ("X-Other", "dropped")])
    return [b""]


def test_ten_thousand_queries_and_principals_stay_within_the_budget(monkeypatch):
    budgets = {
        lookup.local_entries: 4_000_000,
        fast_path.known_routes: 500_000,
        fast_path.known_principals: 200_000,
    }
    for kept, budget in budgets.items():
        monkeypatch.setattr(kept, "budget", budget)
    under_test = FastPath(_learning)
    for number in range(10_000):
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": RISKS,
            "QUERY_STRING": str(number),
            "HTTP_AUTHORIZATION": f"Token {number}",
        }
        under_test(environ, lambda *started: None)
    for kept, budget in budgets.items():
        assert 0 < len(kept) < 1000
        assert budget / 2 < kept.size <= budget


def test_only_stable_headers_are_remembered():
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": RISKS, "HTTP_AUTHORIZATION": "Token x"}
    FastPath(_learning)(environ, lambda *started: None)
    [route] = fast_path.known_routes.values()
    assert route.headers == (("Content-Type", "application/json"),)


@pytest.mark.parametrize(
    ("change", "status", "header"),
    [
        pytest.param({"REQUEST_METHOD": "POST"}, "200 OK", "X", id="method"),
        pytest.param({"PATH_INFO": "/risks/"}, "200 OK", "X", id="path"),
        pytest.param({}, "404 Not Found", "X", id="status"),
        pytest.param({}, "200 OK", "Set-Cookie", id="cookie"),
        pytest.param({"HTTP_AUTHORIZATION": ""}, "200 OK", "X", id="anonymous"),
    ],
)
def test_nothing_is_learned_from_other_answers(change, status, header):
    def answer(environ, start_response):
        _learning(environ, lambda *started: None)
        start_response(status, [(header, "x")])
        return [b""]

    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": RISKS, "HTTP_AUTHORIZATION": "Token x"}
    FastPath(answer)(environ | change, lambda *started: None)
    assert (len(fast_path.known_routes), len(fast_path.known_principals)) == (0, 0)


@committed
def test_lost_entry_is_computed_again(organization, viewer):
    me = token(viewer, organization)
    warm(RISKS, me)
    lookup.local_entries.clear()
    again = [call(RISKS, me).cache for _ in range(2)]
    assert again[0] in (MISS, STORE)  # the shared store has it, where there is one
    assert again[1] == FRONT


@committed
def test_snapshot_that_finds_an_entry_stale_is_the_one_it_is_computed_by(
    organization, viewer, monkeypatch
):
    risk = make_risk(organization)
    me = token(viewer, organization)
    warm(RISKS, me)
    risk.title = "Changed"
    risk.save()
    asked = []
    fresh = snapshots.read_versions
    monkeypatch.setattr(
        snapshots, "read_versions", lambda *tags: asked.append(tags) or fresh(*tags)
    )
    reply = call(RISKS, me)
    assert (reply.cache, reply.titles, len(asked)) == (MISS, ["Changed"], 1)
    assert call(RISKS, me).cache == FRONT


@committed
def test_snapshot_of_the_fast_path_says_nothing_of_later_writes(organization, viewer, monkeypatch):
    """Somebody writes between the front's look and the view's: what is kept is stale already."""
    risk = make_risk(organization)
    me = token(viewer, organization)
    warm(RISKS, me)
    place = decorators.build_lookup

    def late(*given):
        with unrecorded():
            Risk.objects.filter(pk=risk.pk).update(title="Second")
        return place(*given)

    Risk.objects.filter(pk=risk.pk).update(title="First")
    monkeypatch.setattr(decorators, "build_lookup", late)
    assert call(RISKS, me).titles == ["Second"]
    monkeypatch.setattr(decorators, "build_lookup", place)
    replies = [call(RISKS, me) for _ in range(2)]
    assert [(reply.cache, reply.titles) for reply in replies] == [
        (MISS, ["Second"]),
        (FRONT, ["Second"]),
    ]
