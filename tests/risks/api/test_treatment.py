"""Mitigations, actions and acceptances over the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from openrisk.accounts.models import Organization, Role
from risks.services.risks import create_risk
from tests.conftest import member
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


def test_mitigation_is_validated_by_another_person(api, analyst, manager, mitigation):
    place = mitigation["Location"]
    for to in ("in_progress", "review"):
        api(analyst).post(f"{place}transitions/", {"to": to})
    assert api(analyst).post(f"{place}validation/", {"effective": True}).status_code == 409
    found = api(manager).post(f"{place}validation/", {"effective": False, "comment": "Empty tapes"})
    assert (found.json()["status"], found.json()["validation"]) == ("in_progress", "not_effective")


def test_not_effective_without_a_reason_is_pointed_at(api, analyst, manager, mitigation):
    for to in ("in_progress", "review"):
        api(analyst).post(f"{mitigation['Location']}transitions/", {"to": to})
    refused = api(manager).post(f"{mitigation['Location']}validation/", {"effective": False})
    assert refused.json()["errors"][0]["pointer"] == "/comment"


def test_assignee_of_an_action_is_a_member(api, analyst, mitigation):
    client = api(analyst)
    action = add_action(client, mitigation, "a", assignee=str(analyst.pk)).json()
    assert action["assignee"] == str(analyst.pk)
    outsider = member(Role.ANALYST, Organization.objects.create(name="Globex", slug="globex"))
    body = {"assignee": str(outsider.pk)}
    assert client.patch(f"/api/v1/actions/{action['id']}/", body).status_code == 400


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("overdue=true", ["a"]),
        ("overdue=false", ["b", "c"]),
        ("waiting=true", ["b"]),
        ("pending=true&ordering=due_date", ["a", "b", "c"]),
        ("pending=true&ordering=-due_date", ["c", "b", "a"]),
    ],
)
def test_actions_are_filtered_and_ordered(api, analyst, mitigation, query, titles):
    client, today = api(analyst), timezone.now().date()
    first = add_action(client, mitigation, "a", due_date=str(today - timedelta(days=1))).json()
    add_action(client, mitigation, "b", due_date=str(today), depends_on=[first["id"]])
    add_action(client, mitigation, "c")
    listed = client.get(f"/api/v1/actions/?{query}").json()["results"]
    assert [action["title"] for action in listed] == titles


def test_actions_of_a_person_are_those_they_are_responsible_for(api, analyst, manager, mitigation):
    client = api(analyst)
    client.patch(mitigation["Location"], {"owner": str(manager.pk)})
    add_action(client, mitigation, "a", assignee=str(analyst.pk))
    add_action(client, mitigation, "b")
    for person, title in ((analyst, "a"), (manager, "b")):
        [action] = client.get(f"/api/v1/actions/?responsible={person.pk}").json()["results"]
        assert action["title"] == title


def test_requester_corrects_and_withdraws_a_request(api, analyst, risk):
    client = api(analyst)
    asked = request_acceptance(client, risk)
    changed = client.patch(asked["Location"], {"justification": "Sold in May", "version": 1})
    assert changed.json()["justification"] == "Sold in May"
    assert client.patch(asked["Location"], {"conditions": "", "version": 1}).status_code == 412
    withdrawn = client.post(f"{asked['Location']}withdraw/", {"comment": "Fixed instead"})
    assert withdrawn.json()["status"] == "withdrawn"


def test_request_stays_with_its_risk(api, analyst, risk):
    asked = request_acceptance(api(analyst), risk)
    refused = api(analyst).patch(asked["Location"], {"risk": str(risk.pk)})
    assert refused.json()["errors"][0]["pointer"] == "/risk"


def test_only_the_requester_withdraws(api, analyst, manager, risk):
    asked = request_acceptance(api(analyst), risk)
    assert api(manager).post(f"{asked['Location']}withdraw/", {}).status_code == 409


def test_review_is_postponed(api, analyst, risk):
    until = (timezone.now() + timedelta(days=20)).replace(microsecond=0)
    body = {"until": until.isoformat(), "comment": "Waiting for the audit"}
    answer = api(analyst).post(f"/api/v1/risks/{risk.pk}/postpone-review/", body)
    assert answer.json()["next_review_at"].startswith(until.strftime("%Y-%m-%dT%H:%M:%S"))
