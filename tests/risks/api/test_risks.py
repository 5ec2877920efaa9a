"""The risk resource: transitions, review, bulk, history, and what lists cost."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from risks.api.serializers.risks import RiskSerializer
from risks.models import Asset, Risk
from risks.services.risks import create_risk
from risks.services.rows import create

URL = "/api/v1/risks/"


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
def client(api, manager):
    return api(manager)


def test_created_risk_has_reference_scores_levels_and_priority(client, organization, manager):
    asset = create(
        Asset, actor=manager, organization=organization, name="ERP", criticality="critical"
    )
    body = client.post(
        URL,
        {
            "title": "Ransomware",
            "inherent_likelihood": 4,
            "inherent_impact": 5,
            "residual_likelihood": 2,
            "residual_impact": 5,
            "assets": [str(asset.pk)],
            "tags": ["it", "it", " backup "],
        },
    ).json()
    assert (body["reference"], body["status"]) == ("R-0001", "identified")
    assert (body["inherent_score"], body["inherent_level"]) == (20, "critical")
    assert (body["current_score"], body["current_level"]) == (10, "medium")
    assert body["priority"] == "15.00"
    assert body["tags"] == ["backup", "it"]


def test_lists_and_details_show_the_same_fields(client, risk):
    detail = client.get(f"{URL}{risk.pk}/").json()
    [row] = client.get(URL).json()["results"]
    assert row == detail
    assert list(row) == [name for name in RiskSerializer.Meta.fields if name != "comment"]


def entries(client, risk):
    return [
        (entry["action"], entry["comment"], entry["changes"])
        for entry in client.get(f"{URL}{risk.pk}/history/").json()["results"]
    ]


def test_comment_alone_is_posted(client, risk):
    before = entries(client, risk)
    response = client.patch(f"{URL}{risk.pk}/", {"comment": "Asked the supplier"})
    assert (response.status_code, response.json()["version"]) == (200, 2)
    [comment] = client.get("/api/v1/comments/", {"risk": str(risk.pk)}).json()["results"]
    assert (comment["text"], entries(client, risk)) == ("Asked the supplier", before)


def test_comment_with_a_change_is_one_entry(client, risk):
    before = entries(client, risk)
    client.patch(f"{URL}{risk.pk}/", {"comment": "Agreed", "tags": ["audit"]})
    [entry, *others] = entries(client, risk)
    assert (entry, others) == (("updated", "Agreed", {"tags": [None, "audit"]}), before)


def test_no_comment_and_no_change_is_no_entry(client, risk):
    before = entries(client, risk)
    client.patch(f"{URL}{risk.pk}/", {"title": risk.title, "comment": ""})
    assert entries(client, risk) == before


def test_transitions_tell_every_edge_and_its_reason(client, risk):
    client.post(f"{URL}{risk.pk}/transitions/", {"to": "assessed"})
    edges = client.get(f"{URL}{risk.pk}/transitions/").json()
    assert {edge["to"]: edge["open"] for edge in edges} == {
        "treatment_planned": True,
        "accepted": False,
        "closed": True,
    }
    assert edges[1]["reasons"] == ["Needs an approved acceptance"]


def test_shut_transition_is_409_with_its_reasons(client, organization, manager):
    bare = create_risk(actor=manager, organization=organization, title="Unclear")
    response = client.post(f"{URL}{bare.pk}/transitions/", {"to": "assessed"})
    assert response.status_code == 409
    assert response.json()["reasons"] == ["Inherent likelihood and impact not assessed"]


def test_edge_that_does_not_exist_is_409(client, risk):
    response = client.post(f"{URL}{risk.pk}/transitions/", {"to": "mitigated"})
    assert response.status_code == 409
    assert "Allowed: assessed, closed" in response.json()["detail"]


def test_closing_needs_a_version(client, risk):
    url = f"{URL}{risk.pk}/transitions/"
    assert client.post(url, {"to": "closed"}).status_code == 428
    assert client.post(url, {"to": "closed", "version": 1}).json()["status"] == "closed"


def test_analyst_may_assess_but_not_close(api, analyst, risk):
    url = f"{URL}{risk.pk}/transitions/"
    assert api(analyst).post(url, {"to": "closed", "version": 1}).status_code == 403
    assert api(analyst).post(url, {"to": "assessed"}).status_code == 200


def test_review_plans_the_next_one(client, risk):
    client.patch(f"{URL}{risk.pk}/", {"review_interval_days": 90})
    body = client.post(f"{URL}{risk.pk}/review/", {"comment": "Still true"}).json()
    assert body["last_reviewed_at"] < body["next_review_at"]
    assert client.get(f"{URL}?review_overdue=true").json()["count"] == 0


def test_history_tells_who_changed_what_and_why(client, risk, manager):
    client.post(f"{URL}{risk.pk}/transitions/", {"to": "assessed", "comment": "Workshop"})
    latest = client.get(f"{URL}{risk.pk}/history/").json()["results"][0]
    assert latest["changes"] == {"status": ["identified", "assessed"]}
    assert (latest["actor_email"], latest["comment"]) == (manager.email, "Workshop")


def bulk(client, mode, *operations):
    return client.post(f"{URL}bulk/", {"mode": mode, "operations": operations})


def test_atomic_bulk_is_all_or_nothing(client, risk):
    response = bulk(
        client,
        "atomic",
        {"op": "create", "data": {"title": "New"}},
        {"op": "update", "id": str(risk.pk), "version": 7, "data": {"title": "Late"}},
    )
    assert response.status_code == 409
    assert [result["status"] for result in response.json()["results"]] == [424, 412]
    assert Risk.objects.count() == 1


def test_partial_bulk_carries_out_what_it_can(client, risk):
    response = bulk(
        client,
        "partial",
        {"op": "create", "data": {"title": "New"}},
        {"op": "create", "data": {"title": ""}},
        {"op": "update", "id": str(risk.pk), "version": 1, "data": {"treatment": "avoid"}},
        {"op": "transition", "id": str(risk.pk), "version": 2, "data": {"to": "mitigated"}},
        {"op": "update", "id": str(risk.pk), "data": {"title": "Blind"}},
        {"op": "burn"},
    )
    assert [r["status"] for r in response.json()["results"]] == [201, 400, 200, 409, 428, 400]
    assert (response.json()["applied"], response.json()["failed"]) == (2, 4)
    assert Risk.objects.get(pk=risk.pk).treatment == "avoid"


def test_bulk_cannot_go_round_the_states(client, risk):
    response = bulk(
        client,
        "partial",
        {"op": "update", "id": str(risk.pk), "version": 1, "data": {"status": "accepted"}},
    )
    assert response.json()["results"][0]["status"] == 400
    assert Risk.objects.get().status == "identified"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"operations": []},
        {"operations": [{}] * 1001},
        {"operations": "all"},
        {"mode": "fast", "operations": [{}]},
        [],
    ],
    ids=["nothing", "empty", "too-many", "no-list", "mode", "list"],
)
def test_malformed_bulk_is_400(client, db, body):
    response = client.post(f"{URL}bulk/", body)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("count", [5, 60])
def test_list_costs_six_queries_whatever_its_size(client, organization, manager, count):
    for number in range(count):
        create_risk(actor=manager, organization=organization, title=f"Risk {number}", tags=["t"])
    client.get(URL)  # the first use of a token a day is recorded
    with CaptureQueriesContext(connection) as queries:
        rows = client.get(f"{URL}?page_size=200").json()["results"]
    assert len(rows) == count
    assert len(queries) <= 7


def test_detail_costs_at_most_eight_queries(client, risk):
    client.get(URL)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"{URL}{risk.pk}/").status_code == 200
    assert len(queries) <= 8


@pytest.mark.parametrize("extra", [{"a": "\0"}, {"\0": "a"}], ids=["value", "name"])
def test_null_characters_in_extra_are_400(client, extra):
    response = client.post(URL, {"title": "Flood", "extra": extra})
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"].startswith("/extra")
