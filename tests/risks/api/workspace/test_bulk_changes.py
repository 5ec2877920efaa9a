"""Bulk changes over the API: preview, apply, undo, and who may."""

import pytest

from openrisk.accounts.models import Role
from risks.models import BulkState, Risk
from risks.services.risks import update_risk
from risks.tasks import carry_out_bulk_change
from tests.conftest import member
from tests.risks import factories

URL = "/api/v1/risk-changes/"


@pytest.fixture
def risks(organization):
    return [factories.make_risk(organization, title=title) for title in ("One", "Two")]


@pytest.fixture
def client(api, analyst):
    return api(analyst)


def preview(client, **body):
    return client.post(URL, {"kind": "treatment", "value": "avoid", "query": "", **body})


def apply(client, previewed, **body):
    return client.post(
        f"{previewed['Location']}apply/", {"digest": previewed.json()["digest"], **body}
    )


def test_a_change_is_previewed_applied_and_undone(client, risks):
    previewed = preview(client, query="status=identified&search=one")
    assert previewed.status_code == 201
    assert previewed.json()["summary"]["counts"]["changed"] == 1
    assert apply(client, previewed).json()["state"] == "applied"
    assert list(Risk.objects.order_by("number").values_list("treatment", flat=True)) == [
        "avoid",
        "",
    ]
    rows = client.get(f"{previewed['Location']}rows/").json()
    assert [(row["reference"], row["before"]) for row in rows["results"]] == [("R-0001", "")]
    assert client.post(f"{previewed['Location']}undo/").json()["state"] == "undone"
    assert not Risk.objects.exclude(treatment="").exists()


def test_references_of_others_are_listed_as_missing(client, risks, other_organization):
    for title in ("1", "2", "3"):
        factories.make_risk(other_organization, title=title)
    previewed = client.post(
        URL, {"kind": "treatment", "value": "avoid", "references": ["R-0001", "R-0003"]}
    )
    assert previewed.json()["summary"]["missing"] == ["R-0003"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"query": "nonsense=1"}, "nonsense"),
        ({"references": ["R-0001"]}, "/references"),
        ({"value": "ignore"}, "/value"),
        ({"query": None, "references": ["R-0001"] * 100_001}, "/references"),
        ({"kind": "title"}, "/kind"),
        ({"kind": "status", "value": {}}, "/value"),
        ({"kind": "criticality"}, "/kind"),
    ],
)
def test_wrong_bodies_are_refused(client, risks, body, pointer):
    body = {"kind": "treatment", "value": "avoid", "query": "", **body}
    response = client.post(URL, {name: value for name, value in body.items() if value is not None})
    assert response.status_code == 400
    assert pointer in response.content.decode()


def test_an_outdated_preview_is_a_conflict(client, risks):
    previewed = preview(client)
    update_risk(actor=None, instance=risks[0], title="Other")
    response = apply(client, previewed)
    assert (response.status_code, response.json()["code"]) == (409, "preview_outdated")
    again = client.post(f"{previewed['Location']}preview/").json()
    assert apply(client, previewed, digest=again["digest"]).status_code == 200


def test_refused_risks_are_a_conflict_unless_left_out(client, risks, organization):
    factories.make_assessed_risk(organization)
    previewed = preview(client, kind="status", value="treatment_planned")
    refused = apply(client, previewed)
    assert (refused.status_code, refused.json()["code"]) == (409, "risks_refused")
    assert apply(client, previewed, leave_out_refused=True).json()["state"] == "applied"


def test_many_risks_are_left_to_a_worker(client, risks, monkeypatch):
    monkeypatch.setattr("risks.tasks.AT_ONCE", 1)
    previewed = preview(client)
    answer = apply(client, previewed).json()
    assert (answer["state"], answer["done"], answer["total"]) == ("applying", 0, 2)
    carry_out_bulk_change.call(FakeContext(), answer["id"])
    assert client.get(previewed["Location"]).json()["state"] == BulkState.APPLIED


class FakeContext:
    attempt = 1


@pytest.mark.parametrize(("kind", "value"), [("delete", None), ("status", "closed")])
def test_an_analyst_may_not_do_in_bulk_what_needs_a_manager(client, risks, kind, value):
    response = preview(client, kind=kind, value=value)
    assert response.status_code == 403
    assert Risk.objects.count() == 2


def test_a_viewer_may_neither_preview_nor_look(api, viewer, risks):
    assert preview(api(viewer)).status_code == 403
    assert api(viewer).get(URL).status_code == 403


def test_analysts_see_their_own_changes_and_managers_all(api, client, manager, organization, risks):
    previewed = preview(client)
    other = api(member(Role.ANALYST, organization, "other"))
    assert other.get(previewed["Location"]).status_code == 404
    assert api(manager).get(URL).json()["count"] == 1
    assert apply(api(manager), previewed).status_code == 404  # each applies their own previews
    apply(client, previewed)
    assert api(manager).post(f"{previewed['Location']}undo/").json()["undone_by"] == str(manager.pk)
