"""Where a server leaves bodies to Django: large ones, files and chunks are refused unread."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from openrisk.server.limits import LOGIN_BODY, REGISTER_FILE
from tests.openrisk.caching.calls import call, token
from tests.risks.factories import make_risk

pytestmark = pytest.mark.django_db


class Unread:
    """A body that fails the test when it is read."""

    def read(self, *size):
        pytest.fail("The body was read.")

    readline = read


def test_a_body_that_is_too_large_for_its_address_is_refused(client):
    response = client.post("/login/", "x" * (LOGIN_BODY + 1), content_type="text/plain")
    assert response.status_code == 413
    assert b"at most 64 kB" in response.content


def test_the_api_says_it_as_a_problem(api):
    response = api().post("/api/v1/auth/login/", {"email": "x" * LOGIN_BODY})
    assert (response.status_code, response["Content-Type"]) == (413, "application/problem+json")


def test_a_large_file_where_none_is_expected_is_not_read(client):
    extra = {"CONTENT_LENGTH": REGISTER_FILE, "wsgi.input": Unread(), "HTTP_EXPECT": "100-continue"}
    assert client.generic("POST", "/login/", b"x", **extra).status_code == 413


def test_a_small_file_where_none_is_expected_is_refused(client):
    file = SimpleUploadedFile("file.txt", b"x")
    response = client.post("/login/", {"email": "a@example.com", "password": "b", "file": file})
    assert response.status_code in (400, 413)


@pytest.mark.parametrize("method", ["PATCH", "DELETE", "POST"])
def test_a_body_without_a_length_is_not_taken_for_none(organization, analyst, method):
    """It would be read as empty: nothing changed, or deleted whatever version was sent."""
    risk = make_risk(organization)
    url = f"/api/v1/risks/{risk.pk}/"
    reply = call(url, token(analyst, organization), method, HTTP_TRANSFER_ENCODING="chunked")
    assert reply.status in (411, 405)
