"""Merging assets in pages: duplicates are found, compared, previewed and merged."""

import pytest

from risks.models import Asset, BulkChange
from tests.risks import factories
from tests.texts import text_of

ASSETS = "/o/acme/assets/"


@pytest.fixture
def pair(organization):
    names = ("Web-Server 1", "web server_1")
    return [factories.make_asset(organization, name=name) for name in names]


def test_duplicates_lead_to_the_merge_and_its_undo(browse, manager, pair):
    client = browse(manager)
    kept, merged = pair
    merge_url = f"{ASSETS}merge/?keep={kept.pk}&merge={merged.pk}"
    page = client.get(f"{ASSETS}duplicates/").content.decode()
    assert merge_url.replace("&", "&amp;") in page
    assert "Where they differ" in text_of(client.get(merge_url))
    preview = client.post(merge_url, {"field-name": "merged", "comment": "Twice"})
    change = BulkChange.objects.get()
    result = client.post(f"{preview['Location']}apply/", {"digest": change.digest}, follow=True)
    assert "1 asset merged." in text_of(result)
    assert list(Asset.objects.values_list("pk", "name")) == [(kept.pk, "web server_1")]
    client.post(f"{preview['Location']}undo/")
    assert Asset.objects.count() == 2


def test_two_of_the_list_are_compared(browse, manager, pair):
    client = browse(manager)
    body = {"asset": [str(asset.pk) for asset in pair]}
    answer = client.post(f"{ASSETS}merge/", body)
    assert answer["Location"] == f"{ASSETS}merge/?keep={pair[0].pk}&merge={pair[1].pk}"
    assert client.post(f"{ASSETS}merge/", {"asset": body["asset"][:1]})["Location"] == ASSETS


def test_the_other_one_is_typed(browse, manager, pair):
    body = {"keep": "web-server 1", "merge": "web server_1"}
    answer = browse(manager).post(f"{ASSETS}merge/", body)
    assert f"merge={pair[1].pk}" in answer["Location"]


def test_analysts_do_not_merge(browse, analyst, pair):
    assert browse(analyst).get(f"{ASSETS}merge/").status_code == 403


def test_one_of_another_organization_is_asked_for_again(browse, manager, pair, other_organization):
    foreign = factories.make_asset(other_organization)
    page = browse(manager).get(f"{ASSETS}merge/?keep={pair[0].pk}&merge={foreign.pk}")
    assert "Is merged into it" in text_of(page)
