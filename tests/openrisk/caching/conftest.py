from collections.abc import Iterator

import pytest
from pytest_django import Settings

from deployment.local.servers import valkey
from tests.openrisk.caching import stores


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with valkey() as server:
        yield server.url


@pytest.fixture
def redis_store(settings: Settings, redis_url: str) -> Iterator[None]:
    with stores.backend(settings, "redis", redis_url):
        yield


@pytest.fixture
def no_store(settings: Settings) -> Iterator[None]:
    with stores.backend(settings, "memory"):
        yield
