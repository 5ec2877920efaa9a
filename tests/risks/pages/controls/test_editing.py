"""Controls and frameworks are created, edited, deleted and restored in pages."""

from risks.models import Control, DeletedItem, Framework
from risks.services.catalogue import update_control
from tests.texts import text_of

NEW = "/o/acme/controls/new/"


def test_managers_create_a_framework_and_its_controls(browse, manager):
    client = browse(manager)
    page = client.post("/o/acme/controls/frameworks/new/", {"name": "Our rules"}, follow=True)
    framework = Framework.objects.get()
    assert "“Our rules” created." in text_of(page)
    body = {
        "framework": framework.pk,
        "identifier": "1.2",
        "title": "Locked doors",
        "status": "implemented",
        "owner": manager.email,
    }
    client.post(NEW, body)
    control = Control.objects.get()
    assert (control.title, control.section, control.owner) == ("Locked doors", "1", manager)


def test_the_same_identifier_is_refused_beside_its_field(browse, manager, bare):
    body = {
        "framework": bare.framework_id,
        "identifier": bare.identifier,
        "title": "Again",
        "status": "implemented",
    }
    response = browse(manager).post(NEW, body)
    assert response.status_code == 400
    assert "has a control of this identifier already" in text_of(response)


def test_a_conflict_shows_both_values(browse, analyst, bare):
    update_control(actor=None, instance=bare, title="Theirs")
    body = {
        "framework": bare.framework_id,
        "identifier": bare.identifier,
        "title": "Mine",
        "status": bare.status,
        "version": 1,
    }
    response = browse(analyst).post(f"/o/acme/controls/{bare.pk}/edit/", body)
    text = text_of(response)
    assert response.status_code == 409
    assert "Theirs" in text
    assert "Mine" in text


def test_a_framework_is_deleted_and_restored_with_its_controls(browse, manager, framework, bare):
    client = browse(manager)
    address = f"/o/acme/controls/frameworks/{framework.pk}/delete/"
    assert "Also deleted: 1 control" in text_of(client.post(address))
    client.post(address, {"confirmed": "yes", "version": framework.version})
    assert not Control.objects.exists()
    item = DeletedItem.objects.get()
    page = client.post(f"/o/acme/deleted/{item.pk}/restore/", follow=True)
    assert "Acceptable use" in text_of(page)


def test_analysts_edit_but_do_not_create_or_delete(browse, analyst, bare):
    client = browse(analyst)
    assert client.get(f"/o/acme/controls/{bare.pk}/edit/").status_code == 200
    for part in ("new/", "frameworks/new/", f"{bare.pk}/delete/"):
        assert client.get(f"/o/acme/controls/{part}").status_code == 403
