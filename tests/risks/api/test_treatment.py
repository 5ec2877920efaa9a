"""Mitigations, actions and acceptances over the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from risks.services.risks import create_risk
from tests.risks.factories import make_assessed_risk


@pytest.fixture
def risk(organization, manager):
    return create_risk(
        actor=manager,
        organization=organization,
        title="Ransomware",
        inherent_likelihood=4,
        inherent_impact=5,
    )


@pytest.fixture
def mitigation(api, analyst, risk):
    return api(analyst).post("/api/v1/mitigations/", {"risk": str(risk.pk), "title": "Back up"})


def add_action(client, mitigation, title, **fields):
    body = {"mitigation": mitigation.json()["id"], "title": title, **fields}
    return client.post("/api/v1/actions/", body)


def test_progress_is_computed_from_the_actions(api, analyst, mitigation):
    client = api(analyst)
    ids = [add_action(client, mitigation, title).json()["id"] for title in "abc"]
    client.patch(f"/api/v1/actions/{ids[0]}/", {"done": True})
    body = client.get(mitigation["Location"]).json()
    assert (body["progress"], body["actions_done"], body["actions_total"]) == (33, 1, 3)
    assert [action["title"] for action in body["actions"]] == ["a", "b", "c"]


def test_progress_without_actions_is_not_measured(api, analyst, mitigation):
    client = api(analyst)
    client.post(f"{mitigation['Location']}transitions/", {"to": "in_progress"})
    assert client.get(mitigation["Location"]).json()["progress"] is None


def test_action_waits_for_what_it_depends_on(api, analyst, mitigation):
    client = api(analyst)
    first = add_action(client, mitigation, "first").json()
    second = add_action(client, mitigation, "second", depends_on=[first["id"]]).json()
    response = client.patch(f"/api/v1/actions/{second['id']}/", {"done": True})
    assert response.status_code == 409
    assert '"first" is open' in response.json()["detail"]


def test_cycle_of_actions_is_400(api, analyst, mitigation):
    client = api(analyst)
    first = add_action(client, mitigation, "first").json()
    second = add_action(client, mitigation, "second", depends_on=[first["id"]]).json()
    response = client.patch(f"/api/v1/actions/{first['id']}/", {"depends_on": [second["id"]]})
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "/depends_on"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"cost": "10"}, "/currency"),
        ({"cost": "-1", "currency": "EUR"}, "/cost"),
        ({"cost": "10", "currency": "euro"}, "/currency"),
        ({"effectiveness": "1.5"}, "/effectiveness"),
        ({"status": "done"}, "/status"),
        ({"due_date": "soon"}, "/due_date"),
        ({"priority": "urgent"}, "/priority"),
    ],
)
def test_bad_mitigation_fields_are_pointed_at(api, analyst, mitigation, body, pointer):
    response = api(analyst).patch(mitigation["Location"], body)
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == pointer


def test_mitigation_cannot_jump_to_done(api, analyst, mitigation):
    response = api(analyst).post(mitigation["Location"] + "transitions/", {"to": "done"})
    assert response.status_code == 409
    assert "Allowed: in_progress, cancelled" in response.json()["detail"]


def test_list_of_mitigations_filters_what_is_overdue(api, analyst, mitigation):
    client = api(analyst)
    yesterday = timezone.now().date() - timedelta(days=1)
    client.patch(mitigation["Location"], {"due_date": str(yesterday)})
    assert client.get("/api/v1/mitigations/?overdue=true").json()["count"] == 1
    assert client.get("/api/v1/mitigations/?overdue=false").json()["count"] == 0


def request_acceptance(client, risk, **fields):
    body = {
        "risk": str(risk.pk),
        "justification": "Replaced in spring",
        "expires_at": (timezone.now() + timedelta(days=90)).isoformat(),
        **fields,
    }
    return client.post("/api/v1/acceptances/", body)


def test_approval_by_another_person_accepts_the_risk(api, analyst, manager, risk):
    api(analyst).post(f"/api/v1/risks/{risk.pk}/transitions/", {"to": "assessed"})
    asked = request_acceptance(api(analyst), risk)
    decided = api(manager).post(
        asked["Location"] + "approve/",
        {"comment": "Agreed", "risk_version": asked.json()["risk_version"]},
        HTTP_IF_MATCH=asked["ETag"],
    )
    risk.refresh_from_db()
    assert decided.json()["status"] == "approved"
    assert risk.status == "accepted"


@pytest.mark.parametrize("body", [{}, {"version": 1}, {"risk_version": 1}])
def test_approval_needs_both_versions(api, analyst, manager, risk, body):
    asked = request_acceptance(api(analyst), risk)
    assert api(manager).post(asked["Location"] + "approve/", body).status_code == 428


def test_approval_of_a_risk_that_was_rated_again_is_refused_until_it_is_seen(
    api, analyst, manager, organization
):
    risk = make_assessed_risk(organization, inherent_likelihood=3, inherent_impact=3)
    asked = request_acceptance(api(analyst), risk)
    place, client = asked["Location"], api(manager)
    seen = {"version": 1, "risk_version": asked.json()["risk_version"]}
    worse = {"inherent_likelihood": 5, "inherent_impact": 5}
    api(analyst).patch(f"/api/v1/risks/{risk.pk}/", worse)
    assert client.post(f"{place}approve/", seen).status_code == 412
    now = client.get(place).json()
    assert (now["requested_score"], now["risk_score"], now["status"]) == (9, 25, "requested")
    seen["risk_version"] = now["risk_version"]
    assert client.post(f"{place}approve/", seen).json()["status"] == "approved"


def test_nobody_approves_their_own_request(api, manager, risk):
    asked = request_acceptance(api(manager), risk)
    response = api(manager).post(asked["Location"] + "approve/", {"version": 1, "risk_version": 1})
    assert response.status_code == 409
    assert "Four eyes" in response.json()["detail"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"justification": " "}, "/justification"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"expires_at": "2099-01-01T00:00:00Z"}, "/expires_at"),
    ],
)
def test_bad_requests_for_acceptance_are_pointed_at(api, analyst, risk, fields, pointer):
    response = request_acceptance(api(analyst), risk, **fields)
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == pointer


def test_second_live_acceptance_is_409(api, analyst, risk):
    assert request_acceptance(api(analyst), risk).status_code == 201
    assert request_acceptance(api(analyst), risk).status_code == 409
