"""A manager who is logged in, and an assessed risk."""

import pytest

from tests.risks import factories


@pytest.fixture
def risk(organization):
    return factories.make_assessed_risk(organization, tags=["it"])


@pytest.fixture
def client(client, manager):
    client.force_login(manager)
    return client
