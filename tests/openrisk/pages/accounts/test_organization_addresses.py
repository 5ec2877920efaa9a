"""The organization in the address decides what a page reads and writes, and nothing else does."""

import re

import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from rest_framework.test import APIClient

from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.models import Membership, Organization, Role
from openrisk.urls import pages_of_an_organization
from risks.models import Risk
from tests.risks.factories import make_risk

FLOOD = {"title": "Flood", "status": "draft"}


@pytest.fixture
def both(organization, other_organization, analyst):
    """A client of an analyst of both organizations, each with a risk R-0001."""
    set_role(user=analyst, organization=other_organization, role=Role.ANALYST)
    make_risk(organization, title="Ours")
    make_risk(other_organization, title="Theirs")
    client = Client()
    client.force_login(analyst)
    return client


def titles(organization):
    return set(Risk.objects.for_organization(organization).values_list("title", flat=True))


# --- Writing ------------------------------------------------------------------------------------
def test_page_left_open_writes_into_its_own_organization(both, organization, other_organization):
    both.get("/o/acme/risks/R-0001/")
    both.get("/o/globex/")  # in another tab
    both.post("/o/acme/risks/R-0001/review/", {"version": 1, "comment": "Still so"})
    both.post("/o/acme/risks/new/", FLOOD)
    assert titles(organization) == {"Ours", "Flood"}
    assert titles(other_organization) == {"Theirs"}
    reviewed = Risk.objects.exclude(last_reviewed_at=None)
    assert [risk.organization for risk in reviewed] == [organization]


def test_membership_lost_while_writing_leads_nowhere_else(both, organization, other_organization):
    both.get("/o/acme/risks/new/")
    Membership.objects.filter(organization=organization).delete()
    response = both.post("/o/acme/risks/new/", FLOOD)
    assert response.status_code == 404
    assert "Nothing was saved." in response.content.decode()
    assert titles(organization) | titles(other_organization) == {"Ours", "Theirs"}


def test_write_by_api_needs_the_organization_to_be_named(both, analyst, other_organization):
    api = APIClient()
    api.force_login(analyst)
    response = api.post("/api/v1/risks/", {"title": "Flood"})
    assert (response.status_code, "X-Organization" in response.json()["detail"]) == (400, True)
    headers = {"X-Organization": "globex"}
    assert api.post("/api/v1/risks/", {"title": "Flood"}, headers=headers).status_code == 201
    assert titles(other_organization) == {"Theirs", "Flood"}


# --- Reading ------------------------------------------------------------------------------------
def test_foreign_organization_looks_like_none_at_all(client, analyst, other_organization):
    client.force_login(analyst)
    foreign, unknown = (
        re.sub('name="csrf[^>]+', "", client.get(f"/o/{slug}/risks/").content.decode())
        for slug in ("globex", "no-such")
    )
    assert foreign == unknown
    assert "Globex" not in foreign
    assert 'href="/o/acme/"' in foreign


VALUES = {
    "number": "R-0001",
    "kind": "assets",
    "dependency": "01890000-0000-7000-8000-000000000000",
    "name": "owner",
    "part": "owner",
    "uid": "01890000-0000-7000-8000-000000000000",
    "pk": "01890000-0000-7000-8000-000000000000",
    "risk": "01890000-0000-7000-8000-000000000000",
    "link": "01890000-0000-7000-8000-000000000000",
    "slug": "json-feed",
    "pack": "openrisk.starter-risks",
}
PAGES = [
    pattern
    for part in pages_of_an_organization
    for pattern in getattr(part, "url_patterns", [part])
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_page_of_a_foreign_organization_is_not_found(client, analyst, outsider, page):
    make_risk(outsider.memberships.get().organization)
    client.force_login(analyst)
    names = page.pattern.regex.groupindex
    values = {name: VALUES[name] for name in names}
    if "M-[0-9]" in page.pattern.regex.pattern:
        values["number"] = "M-0001"
    address = reverse(page.name, kwargs={"organization": "globex", **values})
    answers = [client.get(address), client.post(address, {"title": "Mine", "name": "Mine"})]
    statuses = {answer.status_code for answer in answers}
    assert 404 in statuses <= {404, 405}  # 405 where the page is only read, or only sent
    assert Risk.objects.filter(title="Mine").count() == 0


def test_no_page_of_an_organization_has_an_address_without_one():
    """Beside those of a person and of the installation."""
    outside = {"start", "login", "logout", "organization", "schema", "docs", "health-detail"}
    named = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    pages = {page.name for page in PAGES}
    assert all(reverse_needs_organization(name) for name in named & pages)
    assert outside <= named


def reverse_needs_organization(name):
    [(_, parameters), *_] = get_resolver().reverse_dict.getlist(name)[0][0]
    return "organization" in parameters


def test_file_is_opened_at_an_address_that_names_the_organization(both):
    response = both.get("/o/globex/risks/export/?file_format=csv")
    content = b"".join(response.streaming_content)
    assert (b"Theirs" in content, b"Ours" in content) == (True, False)


# --- Addresses without an organization -----------------------------------------------------------
@pytest.mark.parametrize("path", ["/", "/risks/?status=draft", "/dashboards/analyst/"])
def test_old_address_leads_to_the_only_organization(client, analyst, path):
    client.force_login(analyst)
    response = client.get(path)
    assert (response.status_code, response["Location"]) == (302, f"/o/acme{path}")


def test_old_address_leads_to_the_organization_that_was_opened_last(both):
    both.get("/o/globex/risks/")
    assert both.get("/risks/R-0001/")["Location"] == "/o/globex/risks/R-0001/"
    both.get("/o/acme/risks/")
    assert both.get("/")["Location"] == "/o/acme/"


def test_old_address_lets_choose_where_several_may_be_meant(both, organization, analyst):
    chooser = both.get("/risks/R-0001/?before=5", follow=True)
    assert chooser.redirect_chain == [
        ("/organization/?path=%2Frisks%2FR-0001%2F%3Fbefore%3D5", 302)
    ]
    assert 'href="/o/globex/risks/R-0001/?before=5"' in chooser.content.decode()
    both.get("/o/acme/")
    Membership.objects.filter(organization=organization).delete()
    assert both.get("/")["Location"] == "/o/globex/"


@pytest.mark.parametrize(
    "path", ["//evil.example/", "https://evil.example/", "javascript:alert(1)"]
)
def test_choice_never_leads_to_another_site(both, path):
    page = both.get("/organization/", {"path": path}).content.decode()
    assert 'href="//' not in page
    assert 'href="http' not in page
    assert 'href="javascript' not in page


def test_old_address_asks_for_a_login_first(client, organization):
    assert client.get("/risks/R-0001/")["Location"] == "/login/?next=/risks/R-0001/"


@pytest.mark.parametrize("path", ["/risks/new/", "/risks/R-0001/review/", "/marketplace/"])
def test_form_is_refused_at_an_old_address(both, organization, path):
    both.get("/o/acme/")
    response = both.post(path, {"title": "Flood", "version": 1})
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
    assert "Nothing was saved" in response.content.decode()
    assert titles(organization) == {"Ours"}


def test_organization_opened_last_is_forgotten_with_the_login(both):
    both.get("/o/acme/")
    assert both.cookies["openrisk_organization"].value == "acme"
    both.post("/logout/")
    assert both.cookies["openrisk_organization"].value == ""


def test_superuser_opens_any_organization_and_none_that_does_not_exist(client, superuser):
    client.force_login(superuser)
    assert client.get("/").status_code == 403
    Organization.objects.create(name="Acme", slug="acme")
    assert client.get("/")["Location"] == "/o/acme/"
    assert client.get("/o/acme/").status_code == 200
    assert client.get("/o/globex/").status_code == 404
