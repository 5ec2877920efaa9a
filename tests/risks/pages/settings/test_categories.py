"""Categories in the settings: who may change them, merging, deleting with a way back."""

import re

import pytest

from openrisk.accounts.models import Role
from risks.models import Category, Risk
from tests.conftest import member
from tests.risks.factories import make_risk

CATEGORIES = "/o/acme/settings/categories/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def suppliers(organization):
    return Category.objects.create(organization=organization, name="Suppliers")


def test_category_gets_appetite_and_owner(client, organization, manager, suppliers):
    client.force_login(manager)
    fields = {"name": "Suppliers", "appetite": "9", "owner": manager.pk, "version": "1"}
    assert client.post(f"{CATEGORIES}{suppliers.pk}/", fields).status_code == 302
    suppliers.refresh_from_db()
    assert (suppliers.appetite, suppliers.owner) == (9, manager)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"name": "Finance", "version": "1"}, 302),
        ({"name": "suppliers", "version": "1"}, 400),
        ({"name": "Finance", "appetite": "26"}, 400),
    ],
)
def test_new_category_needs_a_name_of_its_own(client, manager, suppliers, fields, status):
    client.force_login(manager)
    assert client.post(f"{CATEGORIES}new/", fields).status_code == status


def test_owner_is_a_member(client, manager, suppliers, other_organization):
    client.force_login(manager)
    stranger = member(Role.ANALYST, other_organization)
    fields = {"name": "Suppliers", "owner": stranger.pk, "version": "1"}
    assert client.post(f"{CATEGORIES}{suppliers.pk}/", fields).status_code == 400


def test_change_by_someone_else_is_compared(client, manager, suppliers):
    client.force_login(manager)
    Category.objects.update(version=2, appetite=4)
    fields = {"name": "Vendors", "appetite": "9", "version": "1"}
    response = client.post(f"{CATEGORIES}{suppliers.pk}/", fields)
    assert response.status_code == 409
    assert Category.objects.get().name == "Suppliers"


def test_merge_is_previewed_applied_and_undone(client, organization, manager, suppliers):
    risk = make_risk(organization, category=suppliers)
    finance = Category.objects.create(organization=organization, name="Finance")
    client.force_login(manager)
    preview = client.post(f"{CATEGORIES}{suppliers.pk}/merge/", {"target": finance.pk}, follow=True)
    assert Risk.objects.get().category == suppliers
    digest = re.search(r'name="digest" value="(\w+)"', preview.content.decode())[1]
    address = preview.redirect_chain[-1][0]
    client.post(f"{address}apply/", {"digest": digest})
    risk.refresh_from_db()
    assert risk.category == finance
    client.post(f"{address}undo/")
    risk.refresh_from_db()
    assert risk.category == suppliers


def test_deleted_category_comes_back_with_its_risks(client, organization, manager, suppliers):
    make_risk(organization, category=suppliers)
    client.force_login(manager)
    fields = {"version": "1", "confirmed": "yes"}
    page = client.post(f"{CATEGORIES}{suppliers.pk}/delete/", fields, follow=True)
    assert Risk.objects.get().category is None
    client.post(re.search(r'action="([^"]+/restore/)"', page.content.decode())[1])
    assert Risk.objects.get().category == suppliers


def test_analysts_look_and_others_do_not_see_them(client, analyst, suppliers, outsider):
    client.force_login(analyst)
    assert "Suppliers" in client.get(CATEGORIES).content.decode()
    assert client.post(f"{CATEGORIES}new/", {"name": "Mine"}).status_code == 403
    client.force_login(outsider)
    assert client.get(f"{CATEGORIES}{suppliers.pk}/").status_code == 404
