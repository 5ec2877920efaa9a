"""Null characters, which PostgreSQL cannot store, are refused wherever they come in."""

import pytest

from tests.risks.factories import make_risk

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "url",
    [
        "/api/v1/risks/?search=a%00b",
        "/api/v1/risks/?status=%00",
        "/api/v1/dashboards/stats/?tag=%00",
        "/api/v1/%00/",
        "/risks/?search=%00",
        "/risks/%00/",
        "/login/?next=%00",
        "/admin/risks/risk/?q=%00",
    ],
)
def test_an_address_with_one_is_refused(client, manager, url):
    client.force_login(manager)
    assert client.get(url).status_code == 400


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"title": "a\0b"}, "/title"),
        ({"title": "x", "tags": ["a", "\0"]}, "/tags/1"),
        ({"title": "x", "extra": {"a\0": "b"}}, "/extra/a"),
    ],
)
def test_a_body_with_one_is_refused_where_it_is(api, manager, body, pointer):
    response = api(manager).post("/api/v1/risks/", body)
    assert response.status_code == 400
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


def test_an_escaped_backslash_is_no_null_character(api, manager):
    response = api(manager).post("/api/v1/risks/", {"title": r"\u0000"})
    assert (response.status_code, response.json()["title"]) == (201, r"\u0000")


def test_a_form_with_one_is_refused(client, manager, organization):
    risk = make_risk(organization)
    client.force_login(manager)
    response = client.post(f"/admin/risks/risk/{risk.pk}/change/", {"title": "a\0b"})
    assert response.status_code == 400
