"""Logging in and out, and pages without an organization."""

import pytest
from django.test import Client

from tests.texts import text_of

PASSWORD = "a long enough password"


@pytest.fixture
def browse():
    """`browse(user)` is a client that has logged in by the form."""

    def log_in(user):
        client = Client()
        client.post("/login/", {"email": user.email, "password": PASSWORD})
        return client

    return log_in


def test_pages_need_a_login_and_lead_back(client, db):
    response = client.get("/o/acme/risks/?status=draft")
    assert response.status_code == 302
    assert response["Location"] == "/login/?next=%2Fo%2Facme%2Frisks%2F%3Fstatus%3Ddraft"


def test_login_does_not_lead_to_another_site(client, analyst):
    response = client.post(
        "/login/?next=https://evil.example/",
        {"email": analyst.email, "password": PASSWORD, "next": "https://evil.example/"},
    )
    assert response.status_code == 302
    assert response["Location"] == "/"


def test_wrong_password_is_explained(client, analyst):
    response = client.post("/login/", {"email": analyst.email, "password": "wrong"})
    assert "do not match" in text_of(response)
    assert "_auth_user_id" not in client.session


def test_logging_out_needs_a_post(browse, analyst):
    client = browse(analyst)
    assert client.get("/logout/").status_code == 405
    client.post("/logout/")
    assert client.get("/o/acme/").status_code == 302


def test_person_without_organization_learns_what_to_do(browse, analyst):
    client = browse(analyst)
    analyst.memberships.all().delete()
    assert "Ask an administrator" in text_of(client.get("/"))
    response = client.get("/o/acme/")
    assert (response.status_code, "not a member" in text_of(response)) == (404, True)
