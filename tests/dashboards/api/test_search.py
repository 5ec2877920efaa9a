"""The search of the API."""

import pytest

from tests.risks.factories import make_risk


def test_rows_are_found(api, viewer, organization):
    risk = make_risk(organization, title="Fire in the archive")
    [group] = api(viewer).get("/api/v1/search/", {"q": "fire"}).json()["groups"]
    assert (group["kind"], group["total"]) == ("risks", 1)
    assert group["hits"] == [
        {
            "id": str(risk.pk),
            "title": "Fire in the archive",
            "reference": "R-0001",
            "detail": "Not assessed · Identified",
            "url": "/o/acme/risks/R-0001/",
        }
    ]


def test_one_kind_has_more_hits(api, viewer, organization):
    for number in range(7):
        make_risk(organization, title=f"Fire {number}")
    response = api(viewer).get("/api/v1/search/", {"q": "fire", "kind": "risks"})
    assert len(response.json()["groups"][0]["hits"]) == 7


@pytest.mark.parametrize("query", [{}, {"q": " "}, {"q": "x", "kind": "moon"}, {"q": "x", "a": 1}])
def test_bad_parameters_are_refused(api, viewer, query):
    assert api(viewer).get("/api/v1/search/", query).status_code == 400


def test_long_text_is_cut_and_said(api, viewer, organization):
    answer = api(viewer).get("/api/v1/search/", {"q": "x" * 300}).json()
    assert answer == {"is_cut": True, "groups": []}


def test_a_token_is_needed(api):
    assert api().get("/api/v1/search/", {"q": "x"}).status_code == 401
