"""The page of a control, and the forms on it."""

import pytest

from risks.models import Control, Risk
from risks.services.catalogue import update_control
from tests.risks.factories import make_control, make_framework, make_risk
from tests.texts import text_of


def address_of(control, part=""):
    return f"/o/acme/controls/{control.pk}/{part}"


def test_page_has_evidence_risks_and_activity(
    browse, viewer, covered, django_assert_max_num_queries
):
    client = browse(viewer)
    with django_assert_max_num_queries(12):
        text = text_of(client.get(address_of(covered)))
    assert "1 file has expired" in text
    assert "R-0001 Lost laptops" in text
    assert "created the control" in text
    assert "Save" not in text


def test_status_and_owner_are_changed_with_a_reason(browse, analyst, bare):
    body = {"status": "in_progress", "owner": analyst.email, "comment": "Begun", "version": 1}
    page = browse(analyst).post(address_of(bare, "status/"), body, follow=True)
    bare.refresh_from_db()
    assert (bare.status, bare.owner) == ("in_progress", analyst)
    assert "moved the control from Not implemented to In progress" in text_of(page)
    assert "Begun" in text_of(page)


def test_a_status_set_meanwhile_is_not_overwritten(browse, analyst, bare):
    update_control(actor=None, instance=bare, status="implemented")
    body = {"status": "in_progress", "owner": "", "comment": "Begun", "version": 1}
    page = browse(analyst).post(address_of(bare, "status/"), body)
    assert page.status_code == 412
    assert "Someone else changed this" in text_of(page)
    assert Control.objects.get(pk=bare.pk).status == "implemented"


def test_risks_are_added_and_removed(browse, analyst, bare, covered):
    new = make_risk(bare.organization, title="Theft")
    client = browse(analyst)
    client.post(address_of(covered, "risks/"), {"risks": new.reference})
    assert covered.risks.count() == 2
    client.post(address_of(covered, f"risks/{new.pk}/remove/"))
    assert [risk.title for risk in covered.risks.all()] == ["Lost laptops"]


def test_risks_keep_their_other_controls(browse, analyst, bare, covered):
    risk = Risk.objects.get()
    browse(analyst).post(address_of(bare, "risks/"), {"risks": risk.reference})
    assert set(risk.controls.all()) == {bare, covered}


def test_viewers_change_nothing(browse, viewer, bare):
    client = browse(viewer)
    body = {"status": "implemented", "version": 1}
    assert client.post(address_of(bare, "status/"), body).status_code == 403
    assert client.post(address_of(bare, "risks/"), {"risks": "R-0001"}).status_code == 403


@pytest.mark.parametrize("part", ["", "edit/", "delete/"])
def test_controls_of_other_organizations_are_not_found(browse, manager, other_organization, part):
    foreign = make_control(make_framework(other_organization))
    assert browse(manager).get(address_of(foreign, part)).status_code == 404
