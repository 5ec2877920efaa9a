"""The settings: sections by role, the name of the organization, members, service accounts."""

import re

import pytest

from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.members.service_accounts import create_service_account
from openrisk.accounts.models import ApiToken, Membership, Organization, Role

SETTINGS = "/o/acme/settings/"
TOKENS = f"{SETTINGS}service-accounts/"
TOKEN = {"name": "nightly", "days": "30", "read_only": "on", "allowed_networks": "192.0.2.0/24"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client, organization, manager):
    set_role(user=manager, organization=organization, role=Role.ADMIN)
    client.force_login(manager)
    return manager


@pytest.fixture
def scanner(organization):
    create_service_account(name="Scanner", organization=organization, role=Role.ANALYST)
    return Membership.objects.get(user__is_service=True)


def test_each_role_sees_the_sections_it_may_open(client, organization, viewer, manager):
    seen = {}
    for person in (viewer, manager):
        client.force_login(person)
        html = client.get(SETTINGS).content.decode()
        menu = html[html.index("settings-menu") : html.index("settings-content")]
        seen[person] = set(re.findall(r'<a href="([^"]+)"', menu))
        own = (url for url in seen[person] if url.startswith(SETTINGS))
        assert {client.get(url).status_code for url in own} == {200}
    assert seen[manager] - seen[viewer] == {"/admin/"}
    assert TOKENS not in seen[manager]


def test_administrator_renames_the_organization(client, organization, administrator):
    client.post(f"{SETTINGS}general/", {"name": "Acme Tools"})
    organization.refresh_from_db()
    assert (organization.name, organization.slug) == ("Acme Tools", "acme")


def test_others_may_not_rename_it(client, organization, manager):
    client.force_login(manager)
    assert client.post(f"{SETTINGS}general/", {"name": "Mine"}).status_code == 403
    assert Organization.objects.get().name == "Acme"


def test_members_of_other_organizations_are_not_listed(
    client, organization, other_organization, viewer, outsider
):
    client.force_login(viewer)
    html = client.get(f"{SETTINGS}members/").content.decode()
    assert (viewer.email in html, outsider.email in html) == (True, False)


def test_token_is_made_with_its_limits_and_shown_once(client, administrator, scanner):
    page = client.post(TOKENS, {"account": scanner.pk, **TOKEN})
    token = ApiToken.objects.get()
    assert (token.user, token.read_only, token.allowed_networks) == (
        scanner.user,
        True,
        ["192.0.2.0/24"],
    )
    secret = re.search(r'id="secret">([^<]+)<', page.content.decode())[1]
    assert secret not in client.get(TOKENS).content.decode()


def test_token_is_made_for_service_accounts_of_the_organization_only(
    client, administrator, other_organization
):
    create_service_account(name="Theirs", organization=other_organization, role=Role.VIEWER)
    foreign = Membership.objects.get(organization=other_organization)
    for membership in (foreign, administrator.memberships.get()):
        assert client.post(TOKENS, {"account": membership.pk, **TOKEN}).status_code == 400
    assert client.post(f"{TOKENS}{foreign.pk}/remove/", {"confirmed": "yes"}).status_code == 404
    assert not ApiToken.objects.exists()


def test_service_account_never_administers(client, administrator, scanner):
    client.post(f"{TOKENS}{scanner.pk}/role/", {"role": "admin"})
    refused = client.post(f"{TOKENS}new/", {"name": "Root", "role": "admin"})
    scanner.refresh_from_db()
    assert (scanner.role, refused.status_code) == (Role.ANALYST, 400)


def test_removal_is_confirmed_and_ends_the_tokens(client, administrator, scanner):
    client.post(TOKENS, {"account": scanner.pk, **TOKEN})
    address = f"{TOKENS}{scanner.pk}/remove/"
    assert "All its tokens end at once." in client.post(address).content.decode()
    client.post(address, {"confirmed": "yes"})
    assert not ApiToken.objects.exists()


def test_revoked_token_is_gone(client, administrator, scanner):
    client.post(TOKENS, {"account": scanner.pk, **TOKEN})
    address = f"{TOKENS}tokens/{ApiToken.objects.get().uid}/revoke/"
    client.post(address, {"confirmed": "yes"})
    assert not ApiToken.objects.exists()


def test_managers_do_not_see_tokens(client, organization, manager):
    client.force_login(manager)
    assert client.get(TOKENS).status_code == 403
