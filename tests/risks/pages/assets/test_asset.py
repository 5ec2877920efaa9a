"""The page of an asset: its risks, findings and dependencies, and how it is changed."""

import pytest

from risks.models import Asset, AssetDependency
from risks.services.catalogue import add_dependency
from tests.risks import factories
from tests.texts import text_of

ASSETS = "/o/acme/assets/"


@pytest.fixture
def mail(organization):
    return factories.make_asset(organization, name="Mail")


@pytest.fixture
def server(organization):
    return factories.make_asset(organization, name="Server 1", criticality="critical")


@pytest.fixture
def client(browse, analyst):
    return browse(analyst)


def page_of(asset, tab=""):
    return f"{ASSETS}{asset.pk}/" + (f"?tab={tab}" if tab else "")


def test_its_risks_and_findings_are_shown(organization, client, mail):
    factories.make_assessed_risk(organization, title="Spoofed mail", assets=[mail])
    factories.make_finding(organization, asset=mail, title="Old TLS", severity="high")
    page = text_of(client.get(page_of(mail)))
    assert "Spoofed mail" in page
    assert "Old TLS" in page


def test_one_of_another_organization_is_not_found(client, other_organization):
    asset = factories.make_asset(other_organization)
    assert client.get(page_of(asset)).status_code == 404


def test_a_new_asset(client, analyst):
    fields = {"name": "Payroll", "type": "application", "criticality": "high"}
    answer = client.post(
        f"{ASSETS}new/",
        {**fields, "owner": analyst.email, "hostnames": "pay.example\npay2.example"},
    )
    asset = Asset.objects.get()
    assert answer["Location"] == page_of(asset)
    assert (asset.owner, asset.hostnames) == (analyst, ["pay.example", "pay2.example"])


def test_a_name_that_is_taken_is_said_beside_its_field(client, mail):
    answer = client.post(
        f"{ASSETS}new/", {"name": "MAIL", "type": "other", "criticality": "medium"}
    )
    assert answer.status_code == 400
    assert "An asset of this name exists already: Mail." in text_of(answer)


def test_one_field_is_changed_alone(client, mail):
    body = {"criticality": "low", "version": mail.version, "name": "Ignored"}
    client.post(f"{ASSETS}{mail.pk}/edit/criticality/", body)
    mail.refresh_from_db()
    assert (mail.criticality, mail.name) == ("low", "Mail")
    assert client.get(f"{ASSETS}{mail.pk}/edit/organization/").status_code == 404


def test_a_change_by_someone_else_is_compared(client, mail):
    answer = client.post(
        f"{ASSETS}{mail.pk}/edit/external_id/", {"external_id": "mine", "version": 7, "seen": "{}"}
    )
    assert answer.status_code == 409
    assert "mine" in answer.content.decode()


def test_a_manager_deletes_it_and_takes_that_back(client, browse, manager, mail):
    assert client.post(f"{ASSETS}{mail.pk}/delete/").status_code == 403
    manages = browse(manager)
    manages.post(f"{ASSETS}{mail.pk}/delete/", {"confirmed": "yes", "version": mail.version})
    assert not Asset.objects.exists()
    restore = manages.get(ASSETS).content.decode().split('action="')[1:]
    address = next(part.split('"')[0] for part in restore if "/deleted/" in part)
    assert manages.post(address)["Location"] == page_of(mail)


def test_dependencies_are_added_drawn_and_removed(client, mail, server):
    client.post(f"{ASSETS}{mail.pk}/dependencies/", {"direction": "runs_on", "other": "server 1"})
    page = client.get(page_of(server, "dependencies"))
    assert "Mail runs on Server 1" in text_of(page)
    link = AssetDependency.objects.get()
    client.post(f"{ASSETS}{server.pk}/dependencies/{link.pk}/remove/")
    assert not AssetDependency.objects.exists()


def test_a_dependency_is_entered_from_the_other_side(client, mail, server):
    body = {"direction": "inverse-depends_on", "other": "Mail"}
    client.post(f"{ASSETS}{server.pk}/dependencies/", body)
    assert (link := AssetDependency.objects.get()).asset == mail
    assert link.target == server


def test_a_refused_dependency_shows_why_on_its_tab(client, mail):
    body = {"direction": "depends_on", "other": "Mail"}
    page = client.post(f"{ASSETS}{mail.pk}/dependencies/", body)
    assert (page.status_code, "An asset cannot depend on itself." in text_of(page)) == (400, True)


def test_a_circle_is_said(client, mail, server):
    add_dependency(actor=None, asset=mail, target=server)
    add_dependency(actor=None, asset=server, target=mail)
    assert "in a circle" in text_of(client.get(page_of(mail, "dependencies")))


def test_activity_is_told_in_sentences(client, mail, server):
    add_dependency(actor=None, asset=mail, target=server)
    page = text_of(client.get(page_of(mail, "activity")))
    assert "Server 1" in page
