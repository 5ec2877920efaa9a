"""A register with a past, and its figures by the API."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from openrisk.accounts.models import Organization, User
from risks.demo import seeding


@pytest.fixture
def browse() -> Callable[[User], Client]:
    """`browse(user)` is a browser in which they have logged in."""

    def log_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return log_in


@pytest.fixture(scope="module")
def seeded(standing: Callable[[], AbstractContextManager[None]]) -> None:
    """The rows of `told`, which take a second to make.

    A module where a test is told them has them behind all its tests, whichever runs first.
    """
    with standing():
        seeding.seed_organizations(risks=120, organizations=1, seed=3, progress=lambda done: None)


@pytest.fixture
def told(seeded: None, db: None) -> Organization:
    """The demo organization: 120 risks, a year of work on them, scans, controls."""
    return Organization.objects.get(slug="demo")


@pytest.fixture
def reader(told: Organization, api: Callable[..., APIClient]) -> APIClient:
    """Reads that register."""
    return api(User.objects.get(email="analyst@example.org"), told)


@pytest.fixture
def ask(reader: APIClient) -> Callable[..., Any]:
    """`ask("stats", period="7d")` is the answer, which must be a 200."""

    def answer(figure: str, **parameters: Any) -> Any:
        response = reader.get(f"/api/v1/dashboards/{figure}/", parameters)
        assert response.status_code == 200, response.content
        return response.json()

    return answer
