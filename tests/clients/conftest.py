"""A running application with a row behind every route, and a person who may read them all."""

from dataclasses import dataclass

import pytest

from openrisk.accounts.credentials.tokens import create_token
from tests.clients.routes import Route, routes, seed


@dataclass(frozen=True)
class Running:
    """Where the application answers, a token for it, and what there is to read."""

    url: str
    token: str
    routes: list[Route]


@pytest.fixture
def running(live_server, organization, admin):
    """Its caller is a superuser who is a member too: alerts are shown to nobody else."""
    admin.is_superuser = True
    admin.save()
    _, token = create_token(user=admin, organization=organization)
    return Running(live_server.url, token, routes(seed(organization, admin)))
