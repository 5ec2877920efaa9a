"""A configuration that would not be exact does not start."""

from dataclasses import replace

import pytest
from django.contrib.contenttypes.models import ContentType

from deployment.local.servers import free_port
from openrisk.caching import checks
from openrisk.caching.checks import check_consistency, check_serializer, check_store
from openrisk.caching.decorators import declarations
from tests.openrisk.caching import stores
from tests.openrisk.caching.samples import caches_with

URL = "redis://127.0.0.1:1/0"


def identifiers(errors):
    return [error.id for error in errors]


def test_the_projects_own_store_is_accepted(settings):
    settings.CACHE_BACKEND, settings.CACHES = "redis", caches_with("responses", URL)
    assert check_serializer(None) == []


@pytest.mark.parametrize(
    "options",
    [
        {"SERIALIZER": "django_redis.serializers.pickle.PickleSerializer"},
        {"SERIALIZER": "django_redis.serializers.json.JSONSerializer"},
        {"SERIALIZER": ""},
        {"COMPRESSOR": "django_redis.compressors.zlib.ZlibCompressor"},
    ],
    ids=str,
)
def test_store_that_does_more_than_pass_bytes_is_refused(settings, options):
    settings.CACHE_BACKEND, settings.CACHES = "redis", caches_with("responses", URL, **options)
    assert identifiers(check_serializer(None)) == ["openrisk.cache.E001"]


def test_memory_needs_no_serializer(settings):
    settings.CACHE_BACKEND = "memory"
    assert check_serializer(None) == []


@pytest.mark.parametrize(
    ("consistency", "engine", "expected"),
    [
        ("strict", "sqlite3", []),
        ("push", "sqlite3", ["openrisk.cache.E002"]),
        ("push", "postgresql", []),
    ],
)
def test_push_needs_postgresql(settings, monkeypatch, consistency, engine, expected):
    settings.CACHE_CONSISTENCY = consistency
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", f"django.db.backends.{engine}")
    assert identifiers(check_consistency(None)) == expected


def test_a_cache_server_that_cannot_be_used_is_a_warning(settings):
    with stores.backend(settings, "redis", f"redis://:secret@127.0.0.1:{free_port()}/0"):
        (warning,) = check_store(None, ["default"])
        assert check_store(None) == []  # nobody asked for checks of servers
    assert (warning.id, "correct REDIS_URL" in warning.hint) == ("openrisk.cache.W001", True)
    assert "secret" not in warning.msg


def test_no_cache_server_is_no_warning(settings):
    with stores.backend(settings, "memory"):
        assert check_store(None, ["default"]) == []


def test_a_view_that_reads_what_is_not_tracked_is_an_error(monkeypatch):
    declared = next(iter(declarations.values()))
    forgotten = replace(declared, view="forgotten-list", reads=(ContentType,))
    assert checks.check_reads(None) == []
    monkeypatch.setitem(declarations, "forgotten-list", forgotten)
    [error] = checks.check_reads(None)
    assert error.id == "openrisk.cache.E003"
    assert error.msg.startswith("forgotten-list reads a model that the cache does not track.")
    assert "cache=CacheTags()" in error.msg
