"""Importing assets from a spreadsheet in pages: preview, apply, undo, and what is wrong with it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from risks.models import Asset, AssetDependency, ImportRun
from tests.risks import factories
from tests.texts import text_of

IMPORT = "/o/acme/assets/import/"
FILE = """Asset,Criticality,Owner,IP address,Depends on,Colour
Mail,critical,{owner},10.0.0.1; 10.0.0.2,runs on: server 1;DB,red
Server 1,High,nobody@example.com,,,
"""


@pytest.fixture
def client(browse, analyst):
    return browse(analyst)


def upload(client, text):
    file = SimpleUploadedFile("inventory.csv", text.encode())
    return client.post(IMPORT, {"file": file})


def test_a_file_is_previewed_applied_and_undone(organization, client, analyst):
    factories.make_asset(organization, name="Mail", external_id="CI-1")
    before = list(Asset.objects.values("name", "criticality", "owner", "addresses", "external_id"))
    preview = upload(client, FILE.format(owner=analyst.email))
    shown = text_of(client.get(preview["Location"]))
    assert "Columns that are not read: Colour." in shown
    assert "No member is called nobody@example.com" in shown
    assert Asset.objects.count() == 1

    client.post(f"{preview['Location']}apply/")
    mail = Asset.objects.get(name="Mail")
    assert (mail.criticality, mail.owner, mail.addresses, mail.external_id) == (
        *("critical", analyst),
        *(["10.0.0.1", "10.0.0.2"], "CI-1"),
    )
    links = AssetDependency.objects.values_list("asset__name", "target__name", "kind")
    assert set(links) == {("Mail", "Server 1", "runs_on"), ("Mail", "DB", "depends_on")}

    assert "The import is undone." in text_of(
        client.post(f"{preview['Location']}undo/", follow=True)
    )
    after = list(Asset.objects.values("name", "criticality", "owner", "addresses", "external_id"))
    assert (after, AssetDependency.objects.count()) == (before, 0)


def test_rows_in_error_are_said_and_can_be_left_out(client):
    preview = upload(client, "name,type\nMail,spaceship\nmail,server\nDB,server\n")
    shown = text_of(client.get(preview["Location"]))
    assert "“spaceship” is none of" in shown
    client.post(f"{preview['Location']}apply/")
    assert not Asset.objects.exists()
    client.post(f"{preview['Location']}apply/", {"skip_errors": "yes"})
    assert Asset.objects.get().name == "DB"


def test_an_external_id_that_is_taken_is_refused(organization, client):
    factories.make_asset(organization, name="Mail", external_id="CI-1")
    preview = upload(client, "name,id\nOther,CI-1\n")
    assert "Another asset has this external id." in text_of(client.get(preview["Location"]))


def test_a_file_without_names_is_refused(client):
    page = upload(client, "colour,size\nred,1\n")
    assert (page.status_code, ImportRun.objects.count()) == (400, 0)
    assert "No column is called Name." in text_of(page)


def test_the_page_of_imports_leads_to_it(client):
    preview = upload(client, "name\nMail\n")
    run = ImportRun.objects.get()
    assert client.get(f"/o/acme/imports/{run.pk}/")["Location"] == preview["Location"]
