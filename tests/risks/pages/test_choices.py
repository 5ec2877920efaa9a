"""Rows that people choose by typing, as offered and as read."""

import pytest

from openrisk.accounts.models import Role
from risks.pages.choices import KINDS
from tests.conftest import member
from tests.risks.factories import make_asset, make_control, make_framework, make_risk


def offered(client, kind, query=""):
    response = client.get(f"/o/acme/choices/{kind}/", {"q": query})
    return [row["text"] for row in response.json()["results"]]


@pytest.fixture
def rows(organization, other_organization):
    """A row of each kind in two organizations, with the same words."""
    for owner, name in ((organization, "Ours"), (other_organization, "Theirs")):
        asset = make_asset(owner, f"{name} backup server")
        control = make_control(make_framework(owner), title=f"{name} backups")
        make_risk(
            owner,
            title=f"{name} backup fails",
            tags=[f"{name} backup"],
            assets=[asset],
            controls=[control],
        )
        member(Role.ANALYST, owner, name=f"{name}.backup".lower())


@pytest.mark.parametrize("kind", KINDS)
def test_only_rows_of_the_organization_are_offered(browse, viewer, rows, kind):
    texts = offered(browse(viewer), kind, "BACKUP")
    assert len(texts) == 1
    assert "ours" in texts[0].lower()


@pytest.mark.parametrize("kind", KINDS)
def test_choices_of_another_organization_do_not_exist(browse, outsider, rows, kind):
    assert browse(outsider).get(f"/o/acme/choices/{kind}/").status_code == 404


def test_twenty_are_offered_and_more_is_said(browse, viewer, organization):
    for number in range(21):
        make_asset(organization, f"Server {number:02}")
    answer = browse(viewer).get("/o/acme/choices/assets/", {"q": "server"}).json()
    assert (len(answer["results"]), answer["more"]) == (20, True)


def test_unknown_kind_does_not_exist(browse, viewer):
    assert browse(viewer).get("/o/acme/choices/secrets/").status_code == 404


def resolve(kind, organization, *lines):
    return KINDS[kind].resolve(organization, list(lines))


def test_names_are_read_between_commas_unless_the_name_has_one(organization):
    office = make_asset(organization, "Office, Tartu")
    server = make_asset(organization, "Server")
    resolved = resolve("assets", organization, "office, tartu", "SERVER, Crane")
    assert resolved.rows == [office, server]
    assert resolved.unknown == ["Crane"]


def test_identifier_of_two_frameworks_is_reported_and_not_guessed(organization):
    first = make_control(make_framework(organization))
    make_control(make_framework(organization, "CIS"), title="Restore")
    resolved = resolve("controls", organization, "A.8.13")
    assert resolved.rows == []
    assert "“A.8.13 Backups (ISO 27001)”" in resolved.ambiguous[0]
    assert resolve("controls", organization, "A.8.13 Backups").rows == [first]


def test_name_that_two_members_share_is_reported_and_not_guessed(organization, analyst, manager):
    for user in (analyst, manager):
        user.name = "A. Example"
        user.save()
    assert resolve("people", organization, "A. Example").ambiguous
    assert resolve("people", organization, f"A. Example <{manager.email}>").rows == [manager]


def test_text_that_is_offered_names_its_row(organization, analyst, rows):
    for kind in ("people", "assets", "controls", "risks"):
        row = KINDS[kind].rows(organization).first()
        assert resolve(kind, organization, KINDS[kind].text(row)).rows == [row]


def test_foreign_rows_cannot_be_named(organization, other_organization, outsider):
    asset = make_asset(other_organization, "Theirs")
    resolved = resolve("assets", organization, "Theirs", str(asset.pk))
    assert resolved.rows == []
    assert resolve("people", organization, outsider.email).rows == []
