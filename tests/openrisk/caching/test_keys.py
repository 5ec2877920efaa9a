"""Two requests share a key exactly if their bytes may be the same."""

import pytest
from django.test import RequestFactory, override_settings
from django.utils import timezone, translation
from hypothesis import given, settings
from hypothesis import strategies as st

from openrisk.caching import keys
from openrisk.caching.keys import digest, key_parts

FACTORY = RequestFactory()


def key(path="/api/v1/risks/", method="get", **changes):
    extra = changes.pop("extra", {})
    arguments = {"view": "risks-list", "scope": ("org", "viewer"), "parameters": {}, "moment": ""}
    request = getattr(FACTORY, method)(path, **extra)
    return digest(*key_parts(request, **arguments | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"path": "/api/v1/assets/"},
        {"method": "head"},
        {"view": "risks-search"},
        {"scope": ("org", "admin")},
        {"scope": ("org", "viewer", "user")},
        {"scope": ("orgviewer",)},
        {"parameters": {"page": "2"}},
        {"parameters": {"page": ""}},
        {"moment": "2030-01-01"},
        {"extra": {"secure": True}},
        {"extra": {"HTTP_HOST": "localhost"}},
        {"extra": {"SCRIPT_NAME": "/prefix"}},
    ],
    ids=str,
)
def test_what_bytes_depend_on_changes_the_key(changes):
    assert key(**changes) != key()
    assert key(**changes) == key(**changes)


@pytest.mark.parametrize(
    "extra",
    [
        {"HTTP_USER_AGENT": "x"},
        {"HTTP_AUTHORIZATION": "Token x"},
        {"HTTP_COOKIE": "a=b"},
        {"REMOTE_ADDR": "192.0.2.1"},
        {"HTTP_X_FORWARDED_HOST": "evil.example.com"},
    ],
    ids=lambda extra: next(iter(extra)),
)
def test_what_bytes_do_not_depend_on_changes_nothing(extra):
    assert key(extra=extra) == key()


def test_order_of_parameters_changes_nothing():
    assert key(parameters={"a": "1", "b": "2"}) == key(parameters={"b": "2", "a": "1"})
    assert key(parameters={"a": "1", "b": "2"}) != key(parameters={"a": "2", "b": "1"})


def test_language_and_time_zone_change_the_key():
    with translation.override("de"):
        german = key()
    with timezone.override("Asia/Tokyo"):
        tokyo = key()
    assert len({key(), german, tokyo}) == 3


def test_other_code_shares_no_entries(monkeypatch):
    before = key()
    monkeypatch.setattr(keys, "code_version", lambda: "another")
    assert key() != before


@pytest.mark.parametrize("changed", ["views.py", "page.html"])
def test_build_names_the_code_and_the_templates(tmp_path, changed):
    before = keys.code_version()
    (tmp_path / "risks").mkdir()
    (tmp_path / "risks" / changed).write_text("changed")
    keys.code_version.cache_clear()
    with override_settings(BASE_DIR=tmp_path):
        other = keys.code_version()
    keys.code_version.cache_clear()
    with override_settings(BASE_DIR=tmp_path / "empty"):
        assert keys.code_version() != other
    keys.code_version.cache_clear()
    assert keys.code_version() == before


texts = st.lists(st.text(max_size=5), max_size=4)


@settings(max_examples=50)
@given(texts, texts)
def test_different_lists_never_look_the_same(one, other):
    assert (digest(*one) == digest(*other)) == (one == other)


def test_surrogates_have_a_digest():
    assert digest("\udcff") != digest("?")
