"""Sessions are stored under a digest: who reads the database cannot log in with what is there."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from openrisk.accounts.credentials.sessions import SessionStore, digest_key, find_session
from openrisk.caching import fast_path
from tests.openrisk.caching.calls import RISKS, call, session

PAGE = "/o/acme/risks/"


@pytest.fixture
def key(viewer):
    client = Client()
    client.force_login(viewer)
    return client.session.session_key


def test_key_is_stored_as_a_digest_only(key):
    row = Session.objects.get()
    assert row.session_key == digest_key(key)
    assert key not in str(Session.objects.values().get())


def test_stored_key_opens_nothing(organization, key, settings):
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = Session.objects.get().session_key
    assert client.get(PAGE).status_code == 302
    assert client.get(RISKS).status_code in (401, 403)
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    assert client.get(PAGE).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_stored_key_opens_nothing_through_the_cache(organization, viewer, settings):
    browser = session(viewer)
    assert [call(RISKS, browser).status for _ in range(3)] == [200] * 3
    stolen = f"{settings.SESSION_COOKIE_NAME}={Session.objects.get().session_key}"
    assert call(RISKS, {"HTTP_COOKIE": stolen}).status in (401, 403)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("url", [PAGE, RISKS])
def test_another_secret_key_beside_the_old_one_logs_no_one_out(organization, viewer, settings, url):
    settings.SECRET_KEY, client = "old" * 20, Client()
    client.force_login(viewer)
    assert client.get(url).status_code == 200
    fast_path.known_principals.clear()  # the server is started again
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new" * 20, ["old" * 20]
    assert [client.get(url).status_code for _ in range(3)] == [200] * 3
    settings.SECRET_KEY_FALLBACKS = []
    assert client.get(url).status_code == 200


def test_logout_ends_the_one_session(key, viewer):
    other = Client()
    other.force_login(viewer)
    other.post("/logout/")
    assert Session.objects.filter(session_key=digest_key(key)).exists()
    assert find_session(other.session.session_key or "") is None


def test_what_a_session_holds_is_read_back_and_new_keys_differ(db):
    store = SessionStore()
    store["colour"] = "blue"
    store.save()
    first = store.session_key
    assert SessionStore(first)["colour"] == "blue"
    store.cycle_key()
    assert (SessionStore(first).get("colour"), store["colour"]) == (None, "blue")
    assert (store.exists(first), store.exists(store.session_key)) == (False, True)
