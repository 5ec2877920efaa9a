"""The shell around pages: the side bar, the look that a person chose, and the components."""

import pytest
from django.template import Context, Template
from django.urls import reverse

from openrisk.templatetags.components import avatar, breadcrumbs, icon, initials


def links(html):
    return [part.partition('"')[0] for part in html.split('<li><a href="')[1:]]


def test_side_bar_leads_where_the_role_may_go(client, organization, analyst, manager):
    home, settings, risks = (
        reverse(name, args=[organization.slug]) for name in ("home", "settings", "risk-list")
    )
    client.force_login(analyst)
    assert {risks, settings} <= set(links(client.get(home).content.decode()))
    assert reverse("admin:index") not in links(client.get(settings).content.decode())
    client.force_login(manager)
    assert reverse("admin:index") in links(client.get(settings).content.decode())


def test_page_below_a_link_of_the_side_bar_marks_that_link(client, organization, analyst):
    client.force_login(analyst)
    risks = reverse("risk-list", args=[organization.slug])
    html = client.get(reverse("risk-new", args=[organization.slug])).content.decode()
    assert html.count(f'href="{risks}" aria-current="page"') == 1
    assert f'href="{reverse("home", args=[organization.slug])}" aria-current' not in html


def test_page_without_a_link_of_its_own_marks_none(client, organization, analyst):
    client.force_login(analyst)
    html = client.get(reverse("search", args=[organization.slug])).content.decode()
    side_bar = html[html.index('<nav aria-label="Main"') : html.index("</nav>")]
    assert "aria-current" not in side_bar


def test_look_is_kept_in_a_cookie_and_written_into_the_page(client, organization, analyst):
    client.force_login(analyst)
    address = reverse("home", args=[organization.slug])
    origin = {"HTTP_REFERER": f"http://testserver{address}"}
    response = client.post(reverse("display"), {"theme": "dark"}, **origin)
    assert (response.status_code, response.url) == (302, f"http://testserver{address}")
    assert 'data-theme="dark"' in client.get(address).content.decode()


@pytest.mark.parametrize("chosen", [{"theme": '"><script>'}, {"colour": "red"}, {}])
def test_look_that_does_not_exist_is_ignored(client, organization, analyst, chosen):
    client.force_login(analyst)
    response = client.post(reverse("display"), chosen, HTTP_REFERER="https://elsewhere.example/")
    assert (response.url, response.cookies) == ("/", {})


def test_cookie_with_nonsense_is_not_written_into_the_page(client, organization, analyst):
    client.force_login(analyst)
    client.cookies["openrisk_theme"] = "x onload=alert(1)"
    html = client.get(reverse("home", args=[organization.slug])).content.decode()
    assert "onload" not in html


def test_component_wraps_its_block_and_escapes_values():
    source = (
        '{% load components %}{% component "bar" label=label %}<b>{{ name }}</b>{% endcomponent %}'
    )
    html = Template(source).render(Context({"label": '"<x>', "name": "<y>"}))
    assert "<b>&lt;y&gt;</b>" in html
    assert 'aria-label="&quot;&lt;x&gt;"' in html


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Ada Lovelace", "AL"), ("ada.lovelace@example.com", "AL"), ("Demo", "DE"), ("", "")],
)
def test_initials(name, letters):
    assert initials(name) == letters


def test_avatar_keeps_its_colour_and_breadcrumbs_and_icons_escape():
    assert avatar("Ada Lovelace") == avatar("Ada Lovelace")
    assert "&lt;b&gt;" in breadcrumbs("Risks", "/risks/", "<b>")
    assert "&lt;b&gt;" in icon("bug", "<b>")


def test_style_guide_is_for_superusers(client, organization, analyst, django_user_model):
    client.force_login(analyst)
    assert client.get(reverse("styleguide")).status_code == 403
    client.force_login(django_user_model.objects.create_superuser("root@example.com", "x"))
    assert "Every component" in client.get(reverse("styleguide")).content.decode()
