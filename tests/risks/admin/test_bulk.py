"""Actions on many rows, and deletion."""

import pytest

from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.models import Role
from risks.admin import bulk
from risks.history.reading import changes_of
from risks.models import BulkChange, Risk
from tests.risks import factories
from tests.risks.admin.forms import act, page, press, said

pytestmark = pytest.mark.both  # many rows in one transaction

RISKS = "/admin/risks/risk/"


def test_bulk_action_asks_first(client, risk):
    response = act(client, "bulk_transition", [risk])
    assert "New status" in response.content.decode()
    assert Risk.objects.get().status == "assessed"


def test_bulk_transition_shows_how_many_and_why_not_others(client, risk, organization):
    unclear = factories.make_risk(organization, title="Unclear")
    response = act(client, "bulk_transition", [risk, unclear], apply="yes", to="treatment_planned")
    assert "Status changed on 1 risk." in said(response)
    assert "1 cannot be changed (R-0002): Cannot move from Identified" in said(response)
    assert set(Risk.objects.values_list("status", flat=True)) == {
        "treatment_planned",
        "identified",
    }


def test_bulk_owner_must_be_member_of_each_organization(
    client, risk, manager, analyst, other_organization
):
    set_role(user=manager, organization=other_organization, role=Role.MANAGER)
    other = factories.make_risk(other_organization, title="Other")
    response = act(client, "bulk_owner", [risk, other], apply="yes", owner=str(analyst.pk))
    assert "Globex: Choose a member of this organization." in said(response)
    assert set(Risk.objects.values_list("owner", flat=True)) == {analyst.pk, None}


def test_bulk_action_says_how_many_and_what(client, risk, organization):
    second = factories.make_risk(organization, title="Second")
    page = act(client, "bulk_owner", [risk, second]).content.decode()
    assert "Set the owner of 2 risks" in page


def test_bulk_change_is_undone_on_its_page(client, risk, analyst):
    act(client, "bulk_owner", [risk], apply="yes", owner=str(analyst.pk))
    change = BulkChange.objects.get()
    press(client, change, "undo")
    assert (Risk.objects.get().owner, BulkChange.objects.get().state) == (None, "undone")


def test_bulk_category_offers_categories_in_sight_only(client, risk, other_organization):
    foreign = factories.make_category(other_organization)
    response = act(client, "bulk_category", [risk], apply="yes", category=str(foreign.pk))
    assert "Select a valid choice" in response.content.decode()
    own = factories.make_category(risk.organization, "Ours")
    act(client, "bulk_category", [risk], apply="yes", category=str(own.pk))
    assert Risk.objects.get().category == own


def test_bulk_review_reaches_all_that_are_filtered(client, risk, organization):
    factories.make_risk(organization, title="Second")
    act(client, "bulk_review", [risk], apply="yes", select_across="1")
    assert not Risk.objects.filter(last_reviewed_at=None).exists()


def test_bulk_action_has_a_limit(client, risk, organization, monkeypatch):
    monkeypatch.setattr(bulk, "MAX_ROWS", 1)
    second = factories.make_risk(organization, title="Second")
    response = act(client, "bulk_review", [risk, second], apply="yes")
    assert "Select at most 1 rows" in said(response)
    assert Risk.objects.filter(last_reviewed_at=None).count() == 2


def test_bulk_delete_shows_what_goes_and_records_who(client, risk, manager):
    factories.make_action(factories.make_mitigation(risk))
    asked = act(client, "delete_selected", [risk]).content.decode()
    assert "1 mitigations" in asked
    assert "1 mitigation actions" in asked
    act(client, "delete_selected", [risk], apply="yes")
    assert not Risk.objects.exists()
    assert changes_of(risk.pk).first().actor == manager


def test_single_delete_shows_what_goes_and_records_who(client, risk, manager):
    factories.make_mitigation(risk)
    assert "mitigations" in client.get(page(risk, "delete")).content.decode().lower()
    client.post(page(risk, "delete"), {"post": "yes"})
    assert changes_of(risk.pk).first().actor == manager
