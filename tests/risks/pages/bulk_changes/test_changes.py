"""Changing many risks in pages: from the selection to the preview, the result and the undo."""

import re

import pytest

from risks.models import BulkChange, BulkState, Risk
from risks.services.risks import update_risk
from tests.risks import factories
from tests.texts import text_of

BULK = "/o/acme/risks/bulk/"


@pytest.fixture
def risks(organization):
    return [factories.make_risk(organization, title=title) for title in ("One", "Two", "Three")]


@pytest.fixture
def client(browse, analyst):
    return browse(analyst)


def preview(client, kind="treatment", **fields):
    body = {"references": "R-0001 R-0002", "value": "avoid", "comment": "", **fields}
    return client.post(f"{BULK}?kind={kind}", body)


def consent(client, response, **fields):
    change = BulkChange.objects.latest("created_at")
    body = {"digest": change.digest, **fields}
    return client.post(f"{response['Location']}apply/", body, follow=True)


def test_the_selection_of_the_list_is_asked_for_its_value(client, risks):
    page = client.post(BULK, {"kind": "owner", "risk": ["R-0001", "R-0003"]})
    assert "Set the owner of 2 risks" in text_of(page)
    assert 'value="R-0001 R-0003"' in page.content.decode()


def test_all_that_match_are_counted(client, risks):
    page = client.post(BULK, {"kind": "owner", "all": "yes", "query": "search=two"})
    assert "Set the owner of 1 risk" in text_of(page)


def test_me_in_a_query_is_who_asks(client, risks, analyst):
    update_risk(actor=None, instance=risks[0], owner=analyst)
    consent(client, preview(client, references="", all="on", query="owner=me"))
    assert Risk.objects.get(treatment="avoid").number == 1


@pytest.mark.parametrize("body", [{"kind": "owner"}, {"kind": "nonsense", "risk": "R-0001"}, {}])
def test_nothing_selected_leads_back_to_the_list(client, risks, body):
    assert client.post(BULK, body)["Location"] == "/o/acme/risks/"


def test_preview_apply_and_undo(client, risks):
    response = preview(client)
    shown = text_of(client.get(response["Location"]))
    assert "Set the treatment of 2 risks" in shown
    assert not Risk.objects.exclude(treatment="").exists()
    done = consent(client, response)
    assert "Treatment changed on 2 risks." in text_of(done)
    undone = client.post(f"{response['Location']}undo/", follow=True)
    assert "Undone: 2 risks have their former values again." in text_of(undone)
    assert not Risk.objects.exclude(treatment="").exists()


def test_a_value_or_none_has_to_be_chosen(client, risks):
    page = preview(client, "owner", value="")
    assert page.status_code == 400
    assert "Choose a value, or tick “No owner”." in text_of(page)


def test_none_empties_the_field(client, risks, analyst):
    update_risk(actor=None, instance=risks[0], owner=analyst)
    consent(client, preview(client, "owner", value="", empty="on"))
    assert Risk.objects.get(number=1).owner is None


def test_references_of_another_organization_are_left_out_and_named(
    client, risks, other_organization
):
    for number in range(4):
        factories.make_risk(other_organization, title=str(number))
    shown = client.get(preview(client, references="R-0001 R-0004")["Location"])
    assert "left out: R-0004" in text_of(shown)


def test_an_outdated_preview_is_said_and_made_again(client, risks):
    response = preview(client)
    update_risk(actor=None, instance=risks[1], title="Other")
    assert "Changed since this preview: R-0002" in text_of(client.get(response["Location"]))
    assert consent(client, response).status_code == 409
    client.post(f"{response['Location']}preview/")
    assert "Treatment changed on 2 risks." in text_of(consent(client, response))


def test_refused_risks_are_grouped_and_left_out_by_consent(client, risks, organization):
    factories.make_assessed_risk(organization)
    response = preview(client, "status", value="treatment_planned", references="R-0001 R-0004")
    shown = text_of(client.get(response["Location"]))
    assert "1 cannot be changed" in shown
    assert "Cannot move from Identified to Treatment planned" in shown
    assert consent(client, response).status_code == 409
    done = consent(client, response, leave_out_refused="on")
    assert "Status changed on 1 risk." in text_of(done)


def test_a_form_that_is_sent_twice_changes_once(client, risks):
    page = client.get(preview(client)["Location"])
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.content.decode())[1]
    change = BulkChange.objects.get()
    body = {"digest": change.digest, "csrfmiddlewaretoken": token}
    address = f"/o/acme/risks/changes/{change.pk}/apply/"
    assert client.post(address, body)["Location"] == client.post(address, body)["Location"]
    assert Risk.objects.get(number=1).version == 2


def test_many_risks_show_their_progress(client, risks, monkeypatch):
    monkeypatch.setattr("risks.tasks.AT_ONCE", 1)
    shown = consent(client, preview(client))
    assert BulkChange.objects.get().state == BulkState.APPLYING
    assert "0 of 2" in text_of(shown)
    assert 'http-equiv="refresh"' in shown.content.decode()


def test_an_analyst_may_not_delete(client, browse, manager, risks):
    refused = client.post(BULK, {"kind": "delete", "risk": "R-0001"})
    assert refused.status_code == 403
    assert "needs the role" in text_of(refused)
    manages = browse(manager)
    assert "1 risk deleted." in text_of(
        consent(manages, preview(manages, "delete", references="R-0001"))
    )


def test_an_analyst_may_not_close(client, risks):
    page = preview(client, "status", value="closed")
    assert page.status_code == 403
    assert not BulkChange.objects.exists()


def test_a_viewer_sees_neither_the_bar_nor_the_pages(browse, viewer, risks):
    client = browse(viewer)
    assert "data-bulk-bar" not in client.get("/o/acme/risks/").content.decode()
    assert client.post(BULK, {"kind": "owner", "risk": "R-0001"}).status_code == 403


def test_the_list_has_the_bar(client, risks):
    page = client.get("/o/acme/risks/").content.decode()
    assert "data-bulk-bar" in page
    assert 'form="selection" name="kind" value="owner"' in page


def test_the_bar_deletes_for_managers_only(client, browse, manager, risks):
    button = 'name="kind" value="delete"'
    assert button not in client.get("/o/acme/risks/").content.decode()
    assert button in browse(manager).get("/o/acme/risks/").content.decode()


def test_changes_are_listed_for_their_author_and_for_managers(client, browse, manager, risks):
    response = preview(client)
    assert "No bulk changes yet" in text_of(client.get("/o/acme/risks/changes/"))
    consent(client, response)
    assert "Treatment: Avoid" in text_of(client.get("/o/acme/risks/changes/"))
    other = browse(manager)
    assert "Treatment: Avoid" not in text_of(other.get("/o/acme/risks/changes/"))
    assert "Treatment: Avoid" in text_of(other.get("/o/acme/risks/changes/?of=all"))


def test_a_change_of_another_organization_does_not_exist(client, other_organization, risks):
    change = factories.make_bulk_change(factories.make_risk(other_organization))
    for page in ("", "apply/", "undo/", "preview/"):
        address = f"/o/acme/risks/changes/{change.pk}/{page}"
        response = client.post(address) if page else client.get(address)
        assert response.status_code == 404, page
