"""Errors are problem details everywhere under /api/."""

import errno

import pytest
from django.test import Client

from openrisk.api.problems import problem_for


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/api/v1/nothing/", 404),
        ("get", "/api/", 404),
        ("get", "/api/v1/risks/not-a-uuid/", 404),
        ("post", "/api/v1/risks", 404),
        ("get", "/api/v1/risks/00000000-0000-7000-8000-000000000000/", 404),
        ("put", "/api/v1/risks/00000000-0000-7000-8000-000000000000/", 405),
        ("delete", "/api/v1/risks/", 405),
    ],
)
def test_what_is_not_there_is_a_problem(api, manager, method, path, status):
    response = getattr(api(manager), method)(path)
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == status


def test_nobody_gets_in_without_credentials(api, db):
    response = api().get("/api/v1/risks/")
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Token"
    assert response["Content-Type"] == "application/problem+json"


def test_failure_tells_a_request_id_and_no_more(api, manager, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr("risks.api.views.risks.RiskViewSet.get_queryset", fail)
    client = api(manager)
    client.raise_request_exception = False
    response = client.get("/api/v1/risks/", HTTP_X_REQUEST_ID="trace-1")
    assert response.status_code == 500
    assert "trace-1" in response.json()["detail"]
    assert b"swordfish" not in response.content


def test_host_that_is_not_allowed_is_400(settings, db):
    settings.ALLOWED_HOSTS = ["openrisk.example"]
    response = Client().get("/api/v1/risks/", HTTP_HOST="evil.example")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"


def test_unsupported_body_is_415(api, manager):
    response = api(manager).post("/api/v1/risks/", "title=x", content_type="text/plain")
    assert response.status_code == 415
    assert response["Content-Type"] == "application/problem+json"


def test_post_to_a_mistyped_address_is_404_in_a_browser_too(db):
    """The check against forged forms comes before the view that says so."""
    response = Client(enforce_csrf_checks=True).post("/api/v1/risks", {})
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


def test_a_full_disk_is_told_as_one():
    body = problem_for(OSError(errno.ENOSPC, "No space left on device"))
    assert (body["status"], body["code"]) == (507, "storage_full")
    assert problem_for(OSError(errno.EACCES, "Permission denied"))["status"] == 500
