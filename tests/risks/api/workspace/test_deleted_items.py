"""Deleted items in the API: who sees them, restoring them, deleting them for good."""

import pytest

from risks.models import DeletedItem, Mitigation, Risk
from risks.services.deletion import deleted_together
from risks.services.rows import delete
from tests.risks.factories import make_action, make_asset, make_category, make_mitigation, make_risk

URL = "/api/v1/deleted-items/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def item(organization, manager):
    risk = make_risk(organization)
    make_mitigation(risk)
    return delete(actor=manager, instance=risk)


def url_of(item, action=""):
    return f"{URL}{item.pk}/{action}"


def test_a_deletion_of_the_api_is_listed(api, manager, organization):
    risk = make_risk(organization)
    make_mitigation(risk)
    client = api(manager)
    assert client.delete(f"/api/v1/risks/{risk.pk}/").status_code == 204
    [row] = client.get(URL).json()["results"]
    assert (row["label"], row["reference"], row["kind"]) == (str(risk), "R-0001", "risks.risk")
    assert row["counts"] == {"risks.mitigation": 1}
    assert row["deleted_by_email"] == manager.email


def test_a_bulk_request_makes_one_batch(api, manager, organization):
    risks = [make_risk(organization) for _ in range(2)]
    operations = [{"op": "delete", "id": str(risk.pk), "version": 1} for risk in risks]
    api(manager).post(
        "/api/v1/risks/bulk/", {"mode": "atomic", "operations": operations}, format="json"
    )
    batch = DeletedItem.objects.values_list("batch", flat=True).distinct().get()
    assert batch
    assert api(manager).get(URL, {"batch": str(batch)}).json()["count"] == 2


def test_it_is_restored_with_what_hung_on_it(api, manager, item):
    response = api(manager).post(url_of(item, "restore/"), {}, format="json")
    [restored] = response.json()["restored"]
    assert (restored["object_id"], response.json()["notes"]) == (str(item.object_id), [])
    assert Mitigation.objects.get().risk_id == item.object_id


def test_restored_twice_is_a_conflict_that_says_by_whom(api, manager, item):
    client = api(manager)
    client.post(url_of(item, "restore/"), {}, format="json")
    response = client.post(url_of(item, "restore/"), {}, format="json")
    assert response.status_code == 409
    assert f"by {manager}" in response.json()["detail"]
    assert client.get(URL).json()["count"] == 0


def test_the_same_key_restores_once(api, manager, item):
    answers = [
        api(manager)
        .post(url_of(item, "restore/"), {}, format="json", headers={"Idempotency-Key": "1"})
        .status_code
        for _ in range(2)
    ]
    assert answers == [200, 200]


def test_all_of_a_bulk_change_come_back_together(api, manager, organization):
    with deleted_together():
        items = [delete(actor=manager, instance=make_risk(organization)) for _ in range(3)]
    body = {"together": True}
    response = api(manager).post(url_of(items[0], "restore/"), body, format="json")
    assert len(response.json()["restored"]) == Risk.objects.count() == 3


def test_a_name_that_is_taken_is_a_conflict(api, manager, organization):
    item = delete(actor=manager, instance=make_asset(organization, "ERP"))
    make_asset(organization, "ERP")
    response = api(manager).post(url_of(item, "restore/"), {}, format="json")
    assert response.status_code == 409
    assert "Rename or delete that one" in response.json()["detail"]


def test_analysts_see_and_restore_their_own_only(api, analyst, manager, item, organization):
    action = make_action(make_mitigation(make_risk(organization)))
    client = api(analyst)
    client.delete(f"/api/v1/actions/{action.pk}/")
    [row] = client.get(URL).json()["results"]
    assert row["kind"] == "risks.mitigationaction"
    assert client.post(f"{URL}{row['id']}/restore/", {}, format="json").status_code == 200
    assert client.post(url_of(item, "restore/"), {}, format="json").status_code == 404


def test_a_viewer_may_not_restore_what_they_deleted_as_an_analyst(api, viewer, organization):
    item = delete(actor=viewer, instance=make_risk(organization))
    response = api(viewer).post(url_of(item, "restore/"), {}, format="json")
    assert response.status_code == 403
    assert "Managers restore" in response.json()["detail"]


@pytest.mark.parametrize(("role", "expected"), [("manager", 403), ("admin", 204)])
def test_only_administrators_delete_for_good(request, api, item, role, expected):
    client = api(request.getfixturevalue(role))
    assert client.delete(url_of(item)).status_code == expected
    assert DeletedItem.objects.exists() is (expected == 403)


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"kind": "risks.category"}, 1),
        ({"reference": "R-0001"}, 1),
        ({"deleted_by__isnull": "true"}, 1),
        ({"deleted_at__gte": "2099-01-01T00:00:00Z"}, 0),
    ],
    ids=str,
)
def test_filters(api, manager, item, organization, filters, count):
    delete(actor=None, instance=make_category(organization))
    assert api(manager).get(URL, filters).json()["count"] == count


def test_an_etag_is_honoured(api, manager, item):
    client = api(manager)
    etag = client.get(url_of(item))["ETag"]
    assert client.get(url_of(item), headers={"If-None-Match": etag}).status_code == 304
