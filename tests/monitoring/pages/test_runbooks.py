"""Runbooks open without a login and without the database."""

import pytest

pytestmark = pytest.mark.once


def test_runbook_needs_no_login(client):
    response = client.get("/monitoring/runbooks/HighRedisMemory/")
    assert response.status_code == 200
    for heading in ("Meaning", "Impact", "Diagnosis", "Mitigation"):
        assert f"<h2>{heading}</h2>" in response.content.decode()


def test_all_runbooks_are_listed(client):
    assert (
        'href="/monitoring/runbooks/Watchdog/"'
        in client.get("/monitoring/runbooks/").content.decode()
    )


@pytest.mark.parametrize("name", ["Nothing", "..", "%2e%2e%2fREADME", "README"])
@pytest.mark.django_db  # the page of the 404 asks who is there
def test_unknown_runbook_is_not_found(client, name):
    assert client.get(f"/monitoring/runbooks/{name}/").status_code == 404
