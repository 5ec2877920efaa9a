"""Relations of risks in the API."""

import pytest

from tests.risks.factories import make_risk

URL = "/api/v1/risk-relations/"
pytestmark = pytest.mark.django_db


def body(risk, other, kind="causes"):
    return {"risk": str(risk.pk), "other": str(other.pk), "kind": kind}


def test_a_relation_is_added_listed_and_removed(api, analyst, organization):
    risk, other = make_risk(organization), make_risk(organization)
    client = api(analyst)
    added = client.post(URL, body(risk, other), format="json").json()
    assert (added["risk_reference"], added["other_reference"]) == ("R-0001", "R-0002")
    assert client.get(URL, {"of": str(other.pk)}).json()["count"] == 1
    assert client.delete(f"{URL}{added['id']}/").status_code == 204
    assert client.get(URL).json()["count"] == 0


def test_a_circle_is_a_conflict_with_the_path(api, analyst, organization):
    risk, other = make_risk(organization), make_risk(organization)
    client = api(analyst)
    client.post(URL, body(risk, other, "duplicates"), format="json")
    again = client.post(URL, body(other, risk), format="json")
    assert again.status_code == 400
    third = make_risk(organization)
    client.post(URL, body(other, third), format="json")
    client.post(URL, body(third, risk), format="json")
    assert client.get(URL, {"kind": "causes"}).json()["count"] == 2


def test_viewers_may_not_add(api, viewer, organization):
    risk, other = make_risk(organization), make_risk(organization)
    assert api(viewer).post(URL, body(risk, other), format="json").status_code == 403
