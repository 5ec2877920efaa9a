"""Assets, categories, frameworks, controls and the matrix over the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from risks.services.risks import create_risk
from tests.risks.factories import make_attachment, make_control, make_framework, make_risk


@pytest.fixture
def client(api, manager):
    return api(manager)


def made(client, resource, **body):
    response = client.post(f"/api/v1/{resource}/", body)
    assert response.status_code == 201, response.content
    return response.json()


def test_asset_dependencies_are_added_and_removed(client):
    web, database = (made(client, "assets", name=name) for name in ("Web", "Database"))
    url = f"/api/v1/assets/{web['id']}/"
    body = {"target": database["id"], "kind": "runs_on"}
    added = client.post(url + "dependencies/", body).json()["dependencies"]
    assert [(row["target"], row["kind"]) for row in added] == [(database["id"], "runs_on")]
    assert client.delete(f"{url}dependencies/{added[0]['id']}/").status_code == 204
    assert client.get(url).json()["dependencies"] == []


def test_asset_cannot_depend_on_itself_or_twice(client):
    web, database = (made(client, "assets", name=name) for name in ("Web", "Database"))
    url = f"/api/v1/assets/{web['id']}/dependencies/"
    assert client.post(url, {"target": web["id"]}).status_code == 400
    assert client.post(url, {"target": database["id"]}).status_code == 201
    assert client.post(url, {"target": database["id"]}).status_code == 400


def test_more_critical_asset_raises_the_priority_of_its_risks(client, organization, manager):
    asset = made(client, "assets", name="ERP", criticality="low")
    risk = made(
        client, "risks", title="X", inherent_likelihood=2, inherent_impact=5, assets=[asset["id"]]
    )
    client.patch(f"/api/v1/assets/{asset['id']}/", {"criticality": "critical"})
    assert risk["priority"] == "8.00"
    assert client.get(f"/api/v1/risks/{risk['id']}/").json()["priority"] == "15.00"


@pytest.mark.parametrize(
    ("resource", "body"),
    [
        ("categories", {"name": "IT"}),
        ("assets", {"name": "Web"}),
        ("assets", {"name": "Web 2", "external_id": "A1"}),
        ("frameworks", {"name": "ISO", "edition": "2022"}),
    ],
)
def test_duplicates_are_refused_by_name(client, resource, body):
    made(client, resource, **body)
    again = {**body, "name": body["name"] + " again"} if "external_id" in body else body
    response = client.post(f"/api/v1/{resource}/", again)
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] in ("/name", "/external_id", "/edition")


def test_framework_progress_ignores_what_does_not_apply(client):
    framework = made(client, "frameworks", name="ISO")
    url = f"/api/v1/frameworks/{framework['id']}/"
    assert client.get(url).json()["progress"] is None
    for number, status in enumerate(("implemented", "in_progress", "not_applicable")):
        made(
            client,
            "controls",
            framework=framework["id"],
            identifier=f"A.{number}",
            title="Policy",
            status=status,
        )
    assert client.get(url).json()["progress"] == 50


def test_control_above_itself_is_refused(client):
    framework = made(client, "frameworks", name="ISO")
    parent = made(client, "controls", framework=framework["id"], identifier="A", title="A")
    child = made(
        client,
        "controls",
        framework=framework["id"],
        identifier="A.1",
        title="A.1",
        parent=parent["id"],
    )
    response = client.patch(f"/api/v1/controls/{parent['id']}/", {"parent": child["id"]})
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "/parent"


def test_matrix_is_previewed_then_re_bands_the_register(api, admin, organization):
    risk = create_risk(
        actor=admin,
        organization=organization,
        title="X",
        inherent_likelihood=4,
        inherent_impact=4,
    )
    client = api(admin)
    matrix = client.get("/api/v1/matrix/")
    levels = matrix.json()["levels"]
    levels[3][3] = "critical"
    levels[4][3] = levels[3][4] = "critical"
    preview = client.post("/api/v1/matrix/preview/", {"levels": levels}).json()
    assert preview == {"changed": 1, "moves": [{"from": "high", "to": "critical", "count": 1}]}
    changed = client.patch("/api/v1/matrix/", {"levels": levels}, HTTP_IF_MATCH=matrix["ETag"])
    risk.refresh_from_db()
    assert changed.status_code == 200
    assert risk.current_level == "critical"


def test_only_admins_change_the_matrix(client):
    assert client.get("/api/v1/matrix/").status_code == 200
    assert client.patch("/api/v1/matrix/", {"impact_labels": list("abcde")}).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"levels": []},
        {"levels": [["low"] * 5] * 4},
        {"levels": [["low"] * 5] * 4 + [["none"] * 5]},
        {"levels": [["critical"] * 5] + [["low"] * 5] * 4},
        {"impact_labels": ["one"]},
        {"colours": {"low": "#ffffff"}},
        {"colours": {"low": "red"}},
    ],
    ids=["empty", "four-rows", "unknown-level", "falls", "labels", "colours", "no-colour"],
)
def test_malformed_matrix_is_400_and_stays(api, admin, body):
    client = api(admin)
    before = client.get("/api/v1/matrix/").json()
    assert client.patch("/api/v1/matrix/", body).status_code == 400
    assert client.get("/api/v1/matrix/").json() == before


def test_controls_are_found_by_owner_evidence_and_risks(client, organization, manager):
    framework = make_framework(organization)
    covered = make_control(framework, "A.5.1", owner=manager)
    bare = make_control(framework, "A.5.2")
    make_risk(organization, controls=[covered])
    yesterday = timezone.now().date() - timedelta(days=1)
    make_attachment(organization, valid_until=yesterday, target=covered)

    def found(**query):
        rows = client.get("/api/v1/controls/", query).json()["results"]
        return [row["identifier"] for row in rows]

    assert found(owner=str(manager.pk)) == [covered.identifier]
    assert found(has_risks="false") == found(evidence="none") == [bare.identifier]
    assert found(evidence="expired") == [covered.identifier]
    assert found(evidence="soon") == []
    assert found(section="A.5", ordering="-sort_key") == [bare.identifier, covered.identifier]
