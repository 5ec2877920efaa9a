"""Deleted items on pages: the message with Undo, the list, the 404 of a deleted risk."""

import re

import pytest

from dashboards.boards.editing import create_board
from dashboards.models import Board
from openrisk.accounts.models import Membership
from risks.models import DeletedItem, Mitigation, MitigationAction, Risk
from risks.services.deletion import deleted_together
from risks.services.rows import delete
from tests.risks.factories import make_action, make_asset, make_mitigation, make_risk

DELETED = "/o/acme/deleted/"
RISK = "/o/acme/risks/R-0001/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def risk(organization):
    risk = make_risk(organization)
    make_mitigation(risk)
    return risk


@pytest.fixture
def browse(client):
    def log_in(user):
        client.force_login(user)
        return client

    return log_in


def text_of(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def undo(client, response):
    """Press the Undo of the message."""
    address = re.search(r'action="(/o/acme/deleted/[^"]+/restore/)"', response.content.decode())[1]
    return client.post(address, follow=True)


def test_a_deleted_risk_comes_back_by_undo(browse, manager, risk):
    client = browse(manager)
    page = client.post(f"{RISK}delete/", {"version": 1, "confirmed": "yes"}, follow=True)
    assert "R-0001 is deleted. It can be restored for 90 days." in text_of(page)
    restored = undo(client, page)
    assert restored.redirect_chain[-1][0] == RISK
    assert "R-0001 Ransomware is restored." in text_of(restored)
    assert Mitigation.objects.count() == 1


def test_a_deleted_action_comes_back_by_undo(browse, analyst, risk):
    action = make_action(risk.mitigations.get())
    client = browse(analyst)
    address = f"/o/acme/treatment/M-0001/actions/{action.pk}/delete/"
    page = client.post(address, {"version": 1, "confirmed": "yes"}, follow=True)
    undo(client, page)
    assert MitigationAction.objects.get() == action


def test_a_board_of_ones_own_comes_back_and_is_seen_by_no_one_else(browse, viewer, manager):
    board = create_board(Membership.objects.get(user=viewer), "Secret plans")
    client = browse(viewer)
    form = {"action": "delete", "confirmed": "yes", "version": 1, "name": "Secret plans"}
    page = client.post(f"/o/acme/dashboards/{board.slug}/edit/", form, follow=True)
    assert "“Secret plans” is deleted." in text_of(page)
    assert "Secret plans" not in text_of(browse(manager).get(DELETED))
    restored = undo(browse(viewer), page)
    assert restored.redirect_chain[-1][0] == f"/o/acme/dashboards/{board.slug}/"
    assert Board.objects.get() == board


def test_the_list_says_what_is_in_it(browse, manager, risk):
    delete(actor=manager, instance=risk)
    page = text_of(browse(manager).get(DELETED))
    assert "R-0001 Ransomware with 1 mitigation Risk manager@acme.example.com" in page
    assert " 89 " in page


def test_the_list_is_filtered_by_kind_and_person(browse, manager, admin, organization, risk):
    delete(actor=manager, instance=risk)
    delete(actor=admin, instance=make_asset(organization, "ERP"))
    client = browse(manager)
    assert "R-0001" not in text_of(client.get(DELETED, {"kind": "risks.asset"}))
    assert "ERP with" not in text_of(client.get(DELETED, {"person": str(manager.pk)}))
    nothing = client.get(DELETED, {"kind": "risks.asset", "person": str(manager.pk)})
    assert "Nothing matches" in text_of(nothing)


def test_an_empty_list_says_what_it_is_for(browse, manager, organization):
    assert "Nothing was deleted" in text_of(browse(manager).get(DELETED))


def test_all_of_a_bulk_change_come_back_together(browse, manager, organization):
    with deleted_together():
        items = [delete(actor=manager, instance=make_risk(organization)) for _ in range(2)]
    client = browse(manager)
    page = client.post(f"{DELETED}{items[0].pk}/restore/", {"together": "yes"}, follow=True)
    assert "2 items are restored." in text_of(page)
    assert Risk.objects.count() == 2


def test_a_refusal_is_said_on_the_list(browse, manager, organization):
    item = delete(actor=manager, instance=make_asset(organization, "ERP"))
    make_asset(organization, "ERP")
    page = browse(manager).post(f"{DELETED}{item.pk}/restore/", follow=True)
    assert "ERP: An asset of this name exists already" in text_of(page)
    assert "Rename or delete that one" in text_of(page)


def test_restored_twice_is_said(browse, manager, risk):
    item = delete(actor=manager, instance=risk)
    client = browse(manager)
    client.post(f"{DELETED}{item.pk}/restore/")
    page = client.post(f"{DELETED}{item.pk}/restore/", follow=True)
    assert "was restored already" in text_of(page)


def test_administrators_delete_for_good_after_a_question(browse, admin, manager, risk):
    item = delete(actor=manager, instance=risk)
    address = f"{DELETED}{item.pk}/delete/"
    assert browse(manager).post(address, {"confirmed": "yes"}).status_code == 403
    client = browse(admin)
    assert "can never be restored" in text_of(client.get(address))
    client.post(address, {"confirmed": "no"})
    assert DeletedItem.objects.exists()
    client.post(address, {"confirmed": "yes"})
    assert not DeletedItem.objects.exists()


def test_the_page_of_a_deleted_risk_says_who_deleted_it(browse, manager, viewer, risk):
    delete(actor=manager, instance=risk)
    page = browse(manager).get(RISK)
    assert page.status_code == 404
    assert f"by {manager}. It had 1 mitigation." in text_of(page)
    other = browse(viewer).get(RISK)
    assert (other.status_code, "was deleted on" in text_of(other)) == (404, False)


def test_items_of_another_organization_do_not_exist(browse, manager, other_organization):
    item = delete(actor=None, instance=make_risk(other_organization))
    client = browse(manager)
    assert client.post(f"{DELETED}{item.pk}/restore/").status_code == 404
    assert "R-0001" not in text_of(client.get(DELETED))
