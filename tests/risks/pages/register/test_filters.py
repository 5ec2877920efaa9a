"""Filters of the list: offered values with counts, chips, "me", days, and removing one of them."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from risks.api.filters import RiskFilterSet
from risks.models import Category
from risks.pages.register.filters.fields import filter_fields
from risks.pages.register.filters.words import resolve_words
from risks.services import rows
from risks.services.risks import create_risk
from tests.texts import text_of

LIST = "/o/acme/risks/"
pytestmark = [pytest.mark.both, pytest.mark.django_db]


@pytest.fixture
def risks(organization, analyst, viewer):
    """Three risks: two identified, of which the analyst owns one with a tag; one draft."""
    make = {"actor": None, "organization": organization}
    category = rows.create(Category, name="Fire safety", **make)
    soon = timezone.now() + timedelta(days=10)
    return [
        create_risk(title="Fire", owner=analyst, category=category, tags=["site"], **make),
        create_risk(title="Flood", next_review_at=soon, **make),
        create_risk(title="Theft", status="draft", owner=viewer, **make),
    ]


def values_of(response):
    """(label, count) of each value that the page offers."""
    items = re.findall(r"<li>(.*?)</li>", response.content.decode().split("value-list")[1], re.S)
    texts = [" ".join(re.sub("<[^>]*>", " ", item).split()) for item in items]
    return dict(re.fullmatch(r"(.*?)(?: (\d+))?", text).groups() for text in texts)


def titles_of(response):
    return set(re.findall(r'class="row-link"[^>]*>([^<]*)<', response.content.decode()))


def test_every_filter_of_the_api_is_reachable():
    parameters = {name for field in filter_fields().values() for name in field.parameters}
    assert parameters == set(RiskFilterSet.base_filters)


@pytest.mark.parametrize("name", list(filter_fields()))
def test_page_of_every_filter_opens_and_leads_to_a_list(browse, viewer, risks, name):
    client = browse(viewer)
    page = client.get(f"{LIST}filters/{name}/?open=true")
    assert page.status_code == 200
    for url in re.findall(r'<li><a href="([^"]+)"', page.content.decode().split("<form")[-1]):
        assert client.get(url.replace("&amp;", "&")).status_code == 200


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("status", {"Identified": "2", "Draft": "1", "Closed": "0"}),
        ("category", {"Fire safety": "1"}),
        ("tag", {"site": "1", "None": None}),
        ("owner", {"Me": None, "analyst@acme.example.com": "1", "None": "1"}),
        ("current_level", {"Not assessed": "3", "High": "0"}),
        ("next_review_at", {"Within 30 days, or past": "1", "No date": "2"}),
        ("open", {"Open": "2", "Not: Open": "1"}),
    ],
)
def test_values_are_offered_with_their_counts(browse, viewer, risks, name, expected):
    values = values_of(browse(viewer).get(f"{LIST}filters/{name}/"))
    assert {label: values[label] for label in expected} == expected


def test_counts_are_of_what_the_other_filters_leave(browse, viewer, risks):
    values = values_of(browse(viewer).get(f"{LIST}filters/status/?search=fire&status=draft"))
    assert (values["Identified"], values["Draft"]) == ("1", "0")


def test_values_are_found_by_a_part_of_their_name(browse, viewer, risks):
    client = browse(viewer)
    assert "viewer@acme" in text_of(client.get(f"{LIST}filters/owner/?q=view"))
    assert "analyst@acme" not in text_of(client.get(f"{LIST}filters/owner/?q=view"))


def test_values_of_another_organization_are_not_offered(browse, viewer, outsider, risks):
    create_risk(
        actor=outsider,
        organization=outsider.memberships.get().organization,
        title="Foreign",
        tags=["foreign"],
        owner=outsider,
    )
    client = browse(viewer)
    for name in ("tag", "owner"):
        text = text_of(client.get(f"{LIST}filters/{name}/")).lower()
        assert "foreign" not in text
        assert "globex" not in text


def test_several_boxes_are_one_filter(browse, viewer, risks):
    response = browse(viewer).get(f"{LIST}?status__in=draft&status__in=closed")
    assert titles_of(response) == {"Theft"}
    assert "Status: Draft, Closed" in text_of(response)


def test_me_is_the_person_who_asks(browse, viewer, analyst, risks):
    assert titles_of(browse(analyst).get(f"{LIST}?owner=me")) == {"Fire"}
    assert titles_of(browse(viewer).get(f"{LIST}?owner__in=me,{analyst.pk}")) == {"Fire", "Theft"}


def test_days_are_counted_from_today(browse, viewer, risks):
    client = browse(viewer)
    assert titles_of(client.get(f"{LIST}?next_review_at__lte=in-30-days")) == {"Flood"}
    assert titles_of(client.get(f"{LIST}?next_review_at__lte=in-7-days")) == set()
    assert "Next review up to: in 7 days" in text_of(
        client.get(f"{LIST}?next_review_at__lte=in-7-days")
    )


def test_day_ends_with_its_last_moment(analyst):
    day = timezone.now().date()
    words = resolve_words({"created_at__gte": "today", "created_at__lte": "today"}, analyst, day)
    assert words["created_at__gte"].startswith(f"{day}T00:00:00")
    assert words["created_at__lte"].startswith(f"{day}T23:59:59")


def test_removing_a_chip_keeps_the_rest(browse, viewer, risks):
    page = browse(viewer).get(f"{LIST}?open=true&status=draft&ordering=title&group=status")
    link = re.search(r'class="chip-remove" href="([^"]*)"', page.content.decode())[1]
    assert link == f"{LIST}?status=draft&amp;ordering=title&amp;group=status"


def test_nonsense_in_filter_pages_is_not_found_or_explained(browse, viewer, risks):
    client = browse(viewer)
    assert client.get(f"{LIST}filters/colour/").status_code == 404
    assert client.get(f"{LIST}filters/status/?owner=banana&q={'x' * 500}").status_code == 200
    many = ",".join(["draft"] * 1001)
    assert client.get(f"{LIST}?status__in={many}").status_code == 400


def test_quick_filter_is_set_and_removed(browse, viewer, risks):
    client = browse(viewer)
    page = client.get(f"{LIST}?search=f").content.decode()
    assert f'href="{LIST}?search=f&amp;owner=me">Mine' in page
    page = client.get(f"{LIST}?owner=me").content.decode()
    assert f'href="{LIST}" class="is-set"' in page
