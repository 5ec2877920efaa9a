"""The shared store holds bytes and is never believed; when it fails, it is soon left alone."""

import pickle
import socket
import time
from contextlib import contextmanager

import pytest
from django.core.cache import caches
from django.test import override_settings

from openrisk.caching import lookup
from openrisk.caching.storage.entry import pack_entry
from openrisk.caching.storage.shared import SharedStore, shared_store
from tests.openrisk.caching.calls import (
    FRONT,
    MISS,
    RISKS,
    STORE,
    call,
    counted,
    token,
)
from tests.openrisk.caching.samples import LOCAL, STORES, caches_with, make_entry
from tests.openrisk.caching.stores import forget
from tests.risks.factories import make_risk

pytestmark = pytest.mark.database  # Redis is there in the run on PostgreSQL only
ALIAS = "sample"


@contextmanager
def backend(url="", **options):
    with override_settings(CACHES=caches_with(ALIAS, url, **options)):
        yield SharedStore(ALIAS)


@pytest.fixture
def key(request):
    """A key of one's own: all tests share a server."""
    return f"{request.node.name}-{time.time_ns()}"


# --- The contract of a backend ----------------------------------------------------------------
@pytest.mark.parametrize("url", STORES)
@pytest.mark.parametrize(
    "value", [b"", b"1", b"-7", b"\x00\xff\x80" * 100, b"x" * 100_000, b"\x80\x04N."], ids=len
)
def test_bytes_in_bytes_out(url, key, value):
    """Digits alone come back as a number from django-redis: an entry never consists of them."""
    with backend(url):
        caches[ALIAS].set(key, value, 60)
        found = caches[ALIAS].get(key)
    assert found == (int(value) if url and value.lstrip(b"-").isdigit() else value)


@pytest.mark.parametrize("url", STORES)
def test_entries_come_back_until_they_expire(url, key):
    with backend(url) as store:
        entry = make_entry(key)
        store.put(entry)
        assert store.get(key) == entry
        store.put(make_entry(key, expires=time.time() - 1, body=b"old"))
        assert store.get(key) == entry
        assert store.get(key + "-other") is None


@pytest.mark.parametrize("url", STORES)
def test_one_holds_a_lock(url, key):
    with backend(url) as store:
        assert (store.lock(key, 10), store.lock(key, 10)) == (True, False)
        store.unlock(key)
        assert store.lock(key, 10)


@pytest.mark.parametrize("url", STORES)
@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        pytest.param(lambda data: data[:-1], "mac", id="truncated"),
        pytest.param(lambda data: data.replace(b"count", b"cOunt"), "mac", id="poisoned"),
        pytest.param(lambda data: pickle.dumps(ValueError("x")), "foreign", id="pickled"),
        pytest.param(lambda data: b"{}", "foreign", id="foreign"),
        pytest.param(lambda data: b"12", "foreign", id="number"),
    ],
)
def test_spoilt_values_are_misses_and_counted(url, key, spoil, reason):
    with backend(url) as store:
        store.put(make_entry(key))
        caches[ALIAS].set(key, spoil(caches[ALIAS].get(key)), 60)
        before = counted("rejected_entries_total", reason=reason)
        assert store.get(key) is None
        assert counted("rejected_entries_total", reason=reason) == before + 1


@pytest.mark.parametrize("url", STORES)
def test_entry_copied_to_another_key_is_a_miss(url, key):
    with backend(url) as store:
        store.put(make_entry(key))
        caches[ALIAS].set(f"{key}-victim", caches[ALIAS].get(key), 60)
        assert store.get(f"{key}-victim") is None
        assert store.get(key) is not None


# --- A store that fails ------------------------------------------------------------------------
@pytest.fixture
def hanging_server():
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


@pytest.mark.parametrize("kind", ["hanging", "refused"])
def test_dead_server_is_a_miss_and_gives_all_the_lock(hanging_server, kind):
    url = hanging_server if kind == "hanging" else "redis://127.0.0.1:1/0"
    with backend(url, SOCKET_TIMEOUT=0.01) as dead:
        assert dead.get("key") is None
        assert dead.lock("key", 10) is True
        dead.put(make_entry("key"))
        dead.unlock("key")
        assert not dead.breaker.is_open
        assert dead.get("key") is None
        assert dead.breaker.is_open


# --- With requests ----------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["hanging", "refused"])
def test_failing_store_changes_no_status(organization, viewer, hanging_server, kind):
    url = hanging_server if kind == "hanging" else "redis://127.0.0.1:1/0"
    make_risk(organization)
    me = token(viewer, organization)
    with override_settings(CACHES=caches_with("responses", url, SOCKET_TIMEOUT=0.01)):
        shared_store.cache_clear()
        replies = [call(f"{RISKS}?page={page}", me) for page in (1, 1, 2, "x")]
        replies += [call(f"{RISKS}?page_size={size}", me) for size in range(1, 6)]
        assert [reply.status for reply in replies] == [200, 200, 400, 400, *[200] * 5]
        assert [reply.cache for reply in replies[:2]] == [MISS, FRONT]
        assert shared_store().breaker.is_open


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("url", STORES)
def test_processes_share_entries_and_trust_none(organization, viewer, url):
    risk = make_risk(organization, title="Flood")
    me = token(viewer, organization)
    alias = caches_with("responses", url) if url else {"responses": LOCAL}
    with override_settings(CACHES={**caches_with("x"), **alias}):
        shared_store.cache_clear()
        first = call(RISKS, me)
        forget()
        second = call(RISKS, me)
        assert (first.cache, second.cache) == (MISS, STORE)
        assert first.body == second.body
        [entry] = lookup.local_entries.values()
        forged = pack_entry(entry).replace(b'"count":1', b'"count":9')
        caches["responses"].set(entry.key, forged, 60)
        forget()
        assert (call(RISKS, me).cache, call(RISKS, me).body) == (MISS, first.body)
        type(risk).objects.update(title="Drought")
        forget()
        assert call(RISKS, me).titles == ["Drought"]
