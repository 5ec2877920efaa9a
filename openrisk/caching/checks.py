"""System checks: a configuration that would not be exact does not start."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import ImproperlyConfigured
from django.urls import get_resolver
from django.utils.module_loading import import_string

from openrisk.caching.decorators import declarations
from openrisk.caching.freshness.registry import tracked_model
from openrisk.caching.inspection.statistics import store_state
from openrisk.caching.storage.shared import ALIAS, BytesSerializer


@register()
def check_serializer(app_configs: Any, **kwargs: Any) -> list[Error]:
    """A store that unpickles runs any code that was put there, before an entry can be checked."""
    options = settings.CACHES.get(ALIAS, {}).get("OPTIONS", {})
    if settings.CACHE_BACKEND != "redis":
        return []
    serializer = options.get("SERIALIZER")
    if serializer and import_string(serializer) is BytesSerializer and "COMPRESSOR" not in options:
        return []
    return [
        Error(
            "The cache's Redis alias must pass bytes through.",
            hint="Set its SERIALIZER to openrisk.caching.storage.shared.BytesSerializer "
            "and remove its COMPRESSOR.",
            id="openrisk.cache.E001",
        )
    ]


@register()
def check_consistency(app_configs: Any, **kwargs: Any) -> list[Error]:
    engine = settings.DATABASES["default"]["ENGINE"]
    if settings.CACHE_CONSISTENCY == "push" and "sqlite" in engine:
        return [
            Error(
                "CACHE_CONSISTENCY=push needs PostgreSQL: SQLite does not report changes.",
                hint="Leave CACHE_CONSISTENCY at strict, or set DATABASE_URL to PostgreSQL.",
                id="openrisk.cache.E002",
            )
        ]
    return []


@register(Tags.urls)  # once they are loaded, every view has declared what it reads
def check_reads(app_configs: Any, **kwargs: Any) -> list[Error]:
    """A view that reads a model without cache tags would fail at its first request."""
    get_resolver().url_patterns  # noqa: B018  imports the views
    problems = {}
    for name, declared in declarations.items():
        for read in declared.reads:
            try:
                tracked_model(read)
            except ImproperlyConfigured as error:
                problems[f"{name} reads a model that the cache does not track. {error}"] = name
    return [Error(problem, id="openrisk.cache.E003") for problem in problems]


@register(Tags.database)  # with the checks of servers
def check_store(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    if not databases or (state := store_state()).reachable is not False:
        return []
    return [
        CheckWarning(
            f"The cache server cannot be used: {state.detail}",
            hint="Start it, or correct REDIS_URL. Until then each process keeps its own "
            "entries: as exact, but slower.",
            id="openrisk.cache.W001",
        )
    ]
