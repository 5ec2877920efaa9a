"""A logged-in client, and a risk to look at with it."""

import pytest
from django.test import Client

from risks.services.risks import create_risk

PASSWORD = "a long enough password"


@pytest.fixture
def browse():
    """`browse(user)` is a client that has logged in by the form."""

    def log_in(user):
        client = Client()
        client.post("/login/", {"email": user.email, "password": PASSWORD})
        return client

    return log_in


@pytest.fixture
def risk(organization, analyst):
    return create_risk(
        actor=analyst,
        organization=organization,
        title="Ransomware on the file server",
        inherent_likelihood=4,
        inherent_impact=5,
        tags=["backup"],
        extra={"Cost centre": "4711"},
    )
