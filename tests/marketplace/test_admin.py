"""The marketplace in the administration."""

from marketplace.models import App


def test_a_new_app_is_of_a_connector_that_exists(client, admin):
    client.force_login(admin)
    page = client.get("/admin/marketplace/app/add/").content.decode()
    assert '<option value="trivy">Trivy</option>' in page
    answer = client.post("/admin/marketplace/app/add/", {"connector": "none", "name": "New"})
    assert b"none is not one of the available choices" in answer.content
    assert not App._meta.get_field("connector").choices  # the API says it in words of its own


def test_it_is_installed(client, admin):
    client.force_login(admin)
    client.post("/admin/marketplace/app/add/", {"connector": "trivy", "name": "New"})
    assert App.objects.get().state == "configured"  # it needs no more than that
