"""Saved views of the list of risks, through the API."""

import pytest

from risks.models import SavedView

pytestmark = pytest.mark.django_db

URL = "/api/v1/saved-views/"


@pytest.fixture
def saved(api, analyst):
    body = {"name": "Mine", "query": {"owner": "me"}, "shared": True}
    return api(analyst).post(URL, body).json()


def test_view_is_saved_with_its_address(saved, analyst):
    assert (saved["slug"], saved["query"]) == ("mine", {"owner": "me"})
    assert (saved["owner"], saved["version"]) == (str(analyst.pk), 1)


def test_own_views_are_listed_and_those_of_others_if_shared(api, saved, viewer, analyst):
    api(analyst).post(URL, {"name": "Secret", "query": {}})
    names = [row["name"] for row in api(viewer).get(URL).json()["results"]]
    assert names == ["Mine"]
    assert len(api(analyst).get(URL).json()["results"]) == 2


def test_private_view_of_another_person_does_not_exist(api, viewer, analyst):
    secret = api(analyst).post(URL, {"name": "Secret", "query": {}}).json()
    assert api(viewer).get(f"{URL}{secret['id']}/").status_code == 404
    assert api(viewer).delete(f"{URL}{secret['id']}/").status_code == 404


def test_shared_view_of_another_person_is_not_changed(api, saved, viewer, manager):
    path = f"{URL}{saved['id']}/"
    refused = api(viewer).patch(path, {"name": "Ours"})
    assert refused.status_code == 403
    assert "Save it as a view of your own" in refused.json()["detail"]
    assert api(manager).patch(path, {"name": "Ours"}).json()["name"] == "Ours"


def test_stale_version_is_refused(api, saved, analyst):
    path = f"{URL}{saved['id']}/"
    assert api(analyst).patch(path, {"name": "A", "version": 1}).status_code == 200
    assert api(analyst).patch(path, {"name": "B", "version": 1}).status_code == 412


@pytest.mark.parametrize("body", [{"name": ""}, {"name": "x", "query": ["open"]}, {"slug": "x"}])
def test_bad_view_is_refused(api, analyst, body):
    assert api(analyst).post(URL, body).status_code == 400
    assert not SavedView.objects.exists()


def test_default_for_oneself_is_set_and_cleared(api, saved, viewer):
    client, path = api(viewer), f"{URL}{saved['id']}/"
    assert client.post(f"{path}default/").json()["is_default"] is True
    assert client.post(f"{path}clear-default/").json()["is_default"] is False


def test_default_for_all_needs_a_manager(api, saved, analyst, manager):
    path = f"{URL}{saved['id']}/default/"
    assert api(analyst).post(path, {"for_all": True}).status_code == 403
    assert api(manager).post(path, {"for_all": True}).json()["is_organization_default"] is True
