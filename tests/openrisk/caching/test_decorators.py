"""Cached reads: exact after every write, nobody else's bytes, whatever is asked."""

import threading
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.exceptions import NotFound

from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.models import Role
from openrisk.caching import lookup
from openrisk.caching.decorators import get_or_compute
from openrisk.caching.freshness import snapshots
from openrisk.caching.freshness.recorder import unrecorded
from risks.models import Asset, Risk
from tests.conftest import member
from tests.openrisk.caching.calls import (
    ASSETS,
    BYPASS,
    FRONT,
    MEMORY,
    MISS,
    RISKS,
    call,
    counted,
    token,
    warm,
)
from tests.openrisk.caching.sample_urls import OWN, SHARED, SampleViewSet
from tests.openrisk.caching.stores import forget
from tests.risks.factories import make_asset, make_mitigation, make_risk
from tests.risks.threads import in_threads

committed = pytest.mark.django_db(transaction=True)
samples = pytest.mark.urls("tests.openrisk.caching.sample_urls")


@pytest.fixture
def behave(monkeypatch):
    return lambda behaviour: monkeypatch.setattr(
        SampleViewSet, "behaviour", staticmethod(behaviour)
    )


# --- Layers -----------------------------------------------------------------------------------
@committed
def test_each_layer_gives_the_same_answer(organization, viewer, analyst):
    make_risk(organization)
    me, other = token(viewer, organization), token(viewer, organization)
    labels = {"view": "risks-list", "layer": "front", "result": "hit"}
    before = counted("requests_total", **labels)
    replies = [call(RISKS, me), call(RISKS, other), call(RISKS, me), call(RISKS, other)]
    assert [reply.cache for reply in replies] == [MISS, MEMORY, FRONT, FRONT]
    assert counted("requests_total", **labels) == before + 2
    for name in ("ETag", "Vary", "Cache-Control", "Content-Type", "Content-Length", "Allow"):
        assert len({reply.headers[name] for reply in replies}) == 1, name
    assert len({reply.body for reply in replies}) == 1
    assert len({reply.headers["X-Request-ID"] for reply in replies}) == 4
    assert replies[0].headers["Cache-Control"] == "private, no-cache"
    assert {"Authorization", "Cookie"} <= set(replies[2].headers["Vary"].split(", "))
    assert replies[2].headers.keys() == replies[1].headers.keys()


@committed
def test_write_is_seen_by_the_next_read(organization, other_organization, manager, outsider):
    risk = make_risk(organization, title="Flood")
    make_risk(other_organization, title="Foreign")
    me, foreign = token(manager, organization), token(outsider, other_organization)
    url = f"{RISKS}{risk.pk}/"
    for target in (RISKS, url):
        warm(target, me)
    warm(RISKS, foreign)
    assert call(url, me, "PATCH", body={"title": "Drought"}).status == 200
    assert (call(RISKS, me).titles, call(url, me).json()["title"]) == (["Drought"], "Drought")
    Risk.objects.filter(pk=risk.pk).update(title="Fire")
    assert (call(RISKS, me).titles, call(url, me).json()["title"]) == (["Fire"], "Fire")
    assert call(RISKS, foreign).cache == FRONT
    assert call(url, me, "DELETE").status == 204
    assert (call(RISKS, me).titles, call(url, me).status) == ([], 404)


@committed
def test_detail_stays_while_another_row_changes(organization, viewer):
    mine, other = make_asset(organization, "Mail"), make_asset(organization, "ERP")
    me = token(viewer, organization)
    url = f"{ASSETS}{mine.pk}/"
    warm(url, me)
    Asset.objects.filter(pk=other.pk).update(name="SAP")
    assert call(url, me).cache == FRONT
    Asset.objects.filter(pk=mine.pk).update(name="Post")
    assert call(url, me).json()["name"] == "Post"


@committed
def test_entry_ends_with_its_ttl_and_with_the_bucket_of_its_clock(
    organization, viewer, time_machine, settings
):
    time_machine.move_to("2030-01-01 12:00:10Z", tick=False)
    make_mitigation(make_risk(organization), due_date="2030-01-01")
    risk = make_risk(organization, title="Late", next_review_at=timezone.now())
    Risk.objects.filter(pk=risk.pk).update(
        next_review_at=timezone.now() + timedelta(seconds=60), status="assessed"
    )
    me = token(viewer, organization)
    overdue, due = f"{RISKS}?review_overdue=true", "/api/v1/mitigations/?overdue=true"
    warm(RISKS, me)
    assert (warm(overdue, me).json()["count"], warm(due, me).json()["count"]) == (0, 0)
    time_machine.move_to("2030-01-01 12:01:11Z", tick=False)
    assert call(overdue, me).titles == ["Late"]
    assert [call(url, me).cache for url in (RISKS, due)] == [FRONT, FRONT]
    time_machine.move_to("2030-01-01 12:06:00Z", tick=False)
    assert call(RISKS, me).cache == MISS
    time_machine.move_to("2030-01-02 00:00:00Z", tick=False)
    assert call(due, me).json()["count"] == 1


# --- Whose bytes ------------------------------------------------------------------------------
@committed
def test_organizations_share_nothing_and_roles_all(organization, other_organization, outsider):
    risk = make_risk(organization, title="Ours")
    make_risk(other_organization, title="Foreign secret")
    both = member(Role.ADMIN, organization, "both")
    set_role(user=both, organization=other_organization, role=Role.ADMIN)
    people = {
        "admin": token(both, organization),
        "same person elsewhere": token(both, other_organization),
        "outsider": token(outsider, other_organization),
        "viewer": token(member(Role.VIEWER, organization), organization),
    }
    manager = token(member(Role.MANAGER, organization), organization)
    found = {name: warm(RISKS, who) for name, who in people.items()}
    assert {name: reply.titles for name, reply in found.items()} == {
        "admin": ["Ours"],
        "same person elsewhere": ["Foreign secret"],
        "outsider": ["Foreign secret"],
        "viewer": ["Ours"],
    }
    assert len(lookup.local_entries) == 2
    assert [call(RISKS, manager).cache for _ in range(2)] == [MEMORY, FRONT]  # Django first
    warm(f"{RISKS}{risk.pk}/", people["admin"])
    assert call(f"{RISKS}{risk.pk}/", people["outsider"]).status == 404
    assert call(RISKS).status == 401


@samples
@committed
def test_view_that_depends_on_the_user_is_kept_for_each(organization, viewer, behave):
    other = member(Role.VIEWER, organization, "other")
    me, them = token(viewer, organization), token(other, organization)
    behave(lambda request: {"email": request.user.email})
    assert [warm(OWN, who).json()["email"] for who in (me, them)] == [viewer.email, other.email]
    assert [call(OWN, who).cache for who in (me, them)] == [FRONT, FRONT]
    assert call(SHARED, me).json() == call(SHARED, them).json()  # what such a view must not do


@samples
@committed
def test_view_that_asks_the_role_is_kept_for_each_or_not_at_all(organization, viewer, behave):
    manager = member(Role.MANAGER, organization)
    both = [token(person, organization) for person in (viewer, manager)]
    behave(lambda request: {"may": request.membership.has_role(Role.MANAGER)})
    shared = [call(SHARED, who) for who in (*both, *both)]
    assert [reply.json()["may"] for reply in shared] == [False, True] * 2
    assert {reply.cache for reply in shared} == {"BYPASS view"}
    assert [warm(OWN, who).json()["may"] for who in both] == [False, True]


@committed
def test_rights_that_change_after_authentication_are_not_kept(organization, viewer, monkeypatch):
    me = token(viewer, organization)
    call(f"{RISKS}?page=1", me)
    snapshot = lookup.take_lookup_snapshot

    def late(lookup):
        with unrecorded():  # it is somebody else who writes
            set_role(user=viewer, organization=organization, role=Role.MANAGER)
        return snapshot(lookup)

    monkeypatch.setattr(lookup, "take_lookup_snapshot", late)
    reply = call(RISKS, me)
    assert (reply.status, reply.cache) == (200, "BYPASS view")
    assert not any(entry.request["path"] == RISKS for entry in lookup.local_entries.values())


@committed
def test_superuser_at_large_is_not_cached_by_session(organization, superuser):
    from tests.openrisk.caching.calls import session  # noqa: PLC0415

    make_risk(organization)
    replies = [call(RISKS, session(superuser)) for _ in range(2)]
    assert [(reply.status, reply.cache) for reply in replies] == [(200, BYPASS)] * 2
    assert len(lookup.local_entries) == 0


# --- What is asked ----------------------------------------------------------------------------
@committed
def test_refused_requests_are_refused_however_warm(organization, viewer):
    make_risk(organization, status="draft")
    me = token(viewer, organization)
    for url in (RISKS, f"{RISKS}?status=closed", f"{RISKS}?page=1"):
        warm(url, me)
    entries = len(lookup.local_entries)
    refused = [
        "stauts=draft", "status=draft&status=closed", "status=closed&status=closed", "status=x",
        "page=1&page=1", "page=x", "page=2", "page_size=0", "cursor=x", "ordering=x", "format=json",
        "status=closed&x", "_=1",
    ]  # fmt: skip
    for query in refused:
        for _ in range(2):
            reply = call(f"{RISKS}?{query}", me)
            assert (reply.status, reply.cache) == (400, ""), query
    assert len(lookup.local_entries) == entries
    assert call(f"{RISKS}?status=closed", me).cache == FRONT


@committed
def test_order_and_spelling_of_parameters_share_an_entry(organization, viewer):
    make_risk(organization, title="ä b")
    me = token(viewer, organization)
    spellings = ["page=1&search=%C3%A4+b", "search=%C3%A4%20b&page=1", "&&search=%c3%a4+b&page=%31"]
    replies = [call(f"{RISKS}?{query}", me) for query in spellings]
    assert [reply.cache for reply in replies] == [MISS, MEMORY, MEMORY]
    assert {reply.titles[0] for reply in replies} == {"ä b"}


@committed
def test_links_to_other_pages_are_those_of_the_request(organization, viewer):
    for _ in range(3):
        make_risk(organization)
    me = token(viewer, organization)
    query = f"{RISKS}?page_size=1&page=2"
    one, other = warm(query, me), warm(query, me, HTTP_HOST="localhost:8000")
    secure = warm(query, me, **{"wsgi.url_scheme": "https"})
    prefixes = [reply.json()["next"].partition("/api")[0] for reply in (one, other, secure)]
    assert prefixes == ["http://testserver", "http://localhost:8000", "https://testserver"]


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
@committed
def test_other_safe_methods_are_not_cached(organization, viewer, method):
    me = token(viewer, organization)
    call(RISKS, me)
    entries = len(lookup.local_entries)
    replies = [call(RISKS, me, method) for _ in range(2)]
    assert [reply.status for reply in replies] == [200, 200]
    assert not any("HIT" in reply.cache for reply in replies)
    assert len(lookup.local_entries) == entries


@committed
def test_no_cache_computes_again_and_stores_it(organization, viewer):
    me = token(viewer, organization)
    warm(RISKS, me)
    forced = [call(RISKS, me, HTTP_CACHE_CONTROL="no-cache") for _ in range(2)]
    assert [reply.cache for reply in forced] == [MISS, MISS]
    assert call(RISKS, me).cache == FRONT


@committed
def test_client_that_has_it_gets_304_from_every_layer(organization, viewer):
    make_risk(organization)
    me = token(viewer, organization)
    etag = call(RISKS, me).headers["ETag"]
    forget()
    seen = []
    for given in (etag, f'"other", W/{etag}', "*"):
        for _ in range(3):
            reply = call(RISKS, me, HTTP_IF_NONE_MATCH=given)
            seen.append((reply.status, reply.body))
            call(RISKS, me)
    assert seen == [(304, b"")] * 9
    assert call(RISKS, me, HTTP_IF_NONE_MATCH='"other"').status == 200
    Risk.objects.update(title="New")
    assert call(RISKS, me, HTTP_IF_NONE_MATCH=etag).status == 200


def test_nothing_is_cached_within_a_transaction(organization, viewer, api):
    make_risk(organization)
    client = api(viewer)  # a server's request would drop a connection that is in a transaction
    assert [client.get(RISKS)["X-Cache"] for _ in range(3)] == [BYPASS] * 3
    assert len(lookup.local_entries) == 0


@committed
def test_nothing_is_cached_where_no_backend_is(organization, viewer, settings):
    settings.CACHE_BACKEND = "none"
    me = token(viewer, organization)
    assert [call(RISKS, me).cache for _ in range(3)] == [BYPASS] * 3


# --- What is answered -------------------------------------------------------------------------
def _missing(request):
    raise NotFound


def _with_cookie(request):
    response = HttpResponse(b"{}", content_type="application/json")
    response.set_cookie("a", "b")
    return response


@samples
@committed
def test_only_plain_successes_are_kept(organization, viewer, behave):
    me = token(viewer, organization)
    call(RISKS, me)
    for behaviour, status in (
        (_missing, 404),
        (lambda request: HttpResponse(status=204), 204),
        (_with_cookie, 200),
    ):
        behave(behaviour)
        replies = [call(SHARED, me) for _ in range(2)]
        assert [reply.status for reply in replies] == [status, status]
        assert not any("HIT" in reply.cache for reply in replies)
    behave(lambda request: {"a": 1})
    assert [call(SHARED, me).cache for _ in range(2)] == [MISS, FRONT]


# --- One compute ------------------------------------------------------------------------------
@pytest.mark.postgres
@samples
@committed
def test_fifty_threads_compute_once_and_an_error_holds_up_none(
    organization, viewer, behave, monkeypatch
):
    monkeypatch.setattr(snapshots, "TIMEOUT", 20)
    monkeypatch.setattr(lookup, "PATIENCE", 60)
    me = token(viewer, organization)
    call(SHARED, me)
    computed = []

    def compute(request):
        computed.append(1)
        threading.Event().wait(0.3)  # long enough for the others to come
        if len(computed) == 1:
            raise NotFound
        return {"n": len(computed)}

    behave(compute)
    replies = in_threads(*[lambda: call(f"{SHARED}?page=1", me)] * 50)
    assert sorted(reply.status for reply in replies) == [200] * 49 + [404]
    assert {reply.json()["n"] for reply in replies if reply.status == 200} == {2}
    assert len(computed) == 2


# --- What is no view --------------------------------------------------------------------------
@committed
def test_values_are_kept_until_what_they_read_changes(organization, other_organization):
    def count(owner):
        def compute():
            return {"count": Asset.objects.filter(organization=owner).count()}

        return get_or_compute("assets", compute, reads=(Asset,), organization_id=owner.pk, ttl=60)

    labels = {"view": "value", "layer": "memory", "result": "hit"}
    before = counted("requests_total", **labels)
    assert [count(organization), count(organization)] == [{"count": 0}] * 2
    assert counted("requests_total", **labels) == before + 1
    make_asset(organization)
    assert (count(organization), count(other_organization)) == ({"count": 1}, {"count": 0})


def test_values_within_a_transaction_are_computed(organization):
    computed = []
    for _ in range(2):
        get_or_compute(
            "a", lambda: computed.append(1), reads=(Asset,), organization_id=organization.pk, ttl=60
        )
    assert len(computed) == 2
