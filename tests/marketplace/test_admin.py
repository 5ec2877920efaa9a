"""The marketplace in the administration."""

from marketplace.models import InstalledApp


def test_a_new_app_is_of_a_connector_that_exists(client, admin):
    client.force_login(admin)
    page = client.get("/admin/marketplace/installedapp/add/").content.decode()
    assert '<option value="trivy">Trivy</option>' in page
    answer = client.post(
        "/admin/marketplace/installedapp/add/", {"connector": "none", "name": "New"}
    )
    assert b"none is not one of the available choices" in answer.content
    assert not InstalledApp._meta.get_field(
        "connector"
    ).choices  # the API says it in words of its own


def test_it_is_installed(client, admin):
    client.force_login(admin)
    client.post("/admin/marketplace/installedapp/add/", {"connector": "trivy", "name": "New"})
    assert InstalledApp.objects.get().state == "configured"  # it needs no more than that
