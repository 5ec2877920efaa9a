"""An alert in the inbox, and the browser of an operator."""

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from monitoring.models import Alert
from openrisk.accounts.models import Organization, User
from tests.monitoring.messages import TOKEN, alert, message, post


@pytest.fixture
def alerts_token(settings: Settings) -> None:
    settings.ALERTS_TOKEN = TOKEN


@pytest.fixture
def stored_alert(alerts_token: None, db: None, api: Callable[..., APIClient]) -> Alert:
    post(api, message(alert()))
    return Alert.objects.get()


@pytest.fixture
def operator(superuser: User, organization: Organization) -> Client:
    client = Client()
    client.force_login(superuser)
    return client
