"""A register with a past, its figures by the API, and a mail server that fails."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client
from pytest_django import Settings
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
    """The rows of `demo`, which take a second to make.

    A module where a test is demo them has them behind all its tests, whichever runs first.
    """
    with standing():
        seeding.seed_organizations(risks=120, organizations=1, seed=3, progress=lambda done: None)


@pytest.fixture
def demo(seeded: None, db: None) -> Organization:
    """The demo organization: 120 risks, a year of work on them, scans, controls."""
    return Organization.objects.get(slug="demo")


@pytest.fixture
def reader(demo: Organization, api: Callable[..., APIClient]) -> APIClient:
    """Reads that register."""
    return api(User.objects.get(email="analyst@example.org"), demo)


@pytest.fixture
def ask(reader: APIClient) -> Callable[..., Any]:
    """`ask("stats", period="7d")` is the answer, which must be a 200."""

    def answer(figure: str, **parameters: Any) -> Any:
        response = reader.get(f"/api/v1/dashboards/{figure}/", parameters)
        assert response.status_code == 200, response.content
        return response.json()

    return answer


class FailingMailServer(BaseEmailBackend):
    def send_messages(self, email_messages: Any) -> int:
        raise SMTPServerDisconnected("Connection unexpectedly closed")


@pytest.fixture
def down(settings: Settings) -> None:
    """The mail server fails."""
    settings.EMAIL_BACKEND = f"{__name__}.FailingMailServer"
