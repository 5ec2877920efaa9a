"""Deleted items in the admin: managers restore, administrators delete for good."""

import pytest

from risks.models import Category, DeletedItem, Risk
from risks.services.rows import delete
from tests.risks.admin.forms import url
from tests.risks.factories import make_category, make_mitigation, make_risk

pytestmark = pytest.mark.django_db


@pytest.fixture
def item(organization, manager):
    risk = make_risk(organization)
    make_mitigation(risk)
    return delete(actor=manager, instance=risk)


def run(client, user, action, *items, **answers):
    client.force_login(user)
    data = {"action": action, "_selected_action": [item.pk for item in items], **answers}
    return client.post(url(DeletedItem, "changelist"), data, follow=True)


def test_what_the_admin_deletes_can_be_restored_there(client, manager, organization):
    category = make_category(organization)
    client.force_login(manager)
    client.post(url(Category, "delete", category.pk), {"post": "yes"})
    page = run(client, manager, "restore_selected", DeletedItem.objects.get())
    assert "Restored 1 item." in page.content.decode()
    assert Category.objects.get() == category


def test_the_list_says_what_was_deleted_with_it(client, manager, item):
    client.force_login(manager)
    page = client.get(url(DeletedItem, "changelist")).content.decode()
    assert "R-0001 Ransomware" in page
    assert "1 mitigation" in page


def test_one_that_cannot_be_restored_does_not_keep_the_others(client, manager, organization, item):
    gone = delete(actor=manager, instance=make_category(organization, "Cyber"))
    make_category(organization, "Cyber")
    page = run(client, manager, "restore_selected", item, gone).content.decode()
    assert "Cyber: A category of this name exists already" in page
    assert Risk.objects.count() == 1


def test_administrators_confirm_and_delete_for_good(client, admin, item):
    page = run(client, admin, "delete_selected_for_good", item)
    assert "this cannot be undone" in page.content.decode()
    run(client, admin, "delete_selected_for_good", item, apply="1")
    assert not DeletedItem.objects.exists()


def test_managers_do_not_delete_for_good(client, manager, item):
    run(client, manager, "delete_selected_for_good", item, apply="1")
    assert DeletedItem.objects.exists()
