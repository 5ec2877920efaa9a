"""Paging through the risk list, by number and by cursor."""

from datetime import timedelta

import pytest
from django.utils import timezone

from openrisk.accounts.models import Organization, Role
from risks.models import Risk
from risks.querysets import RISK_ORDERS
from risks.services.risks import create_risk
from tests.conftest import member

pytestmark = pytest.mark.django_db
URL = "/api/v1/risks/"


@pytest.fixture(scope="module")
def organization(standing):
    with standing():
        return Organization.objects.create(name="Acme", slug="acme")


@pytest.fixture(scope="module")
def register(standing, organization):
    """Seven risks with equal and missing values in every order, and a foreign one."""
    with standing():
        fill(organization)


def fill(organization):
    manager = member(Role.MANAGER, organization)
    other_organization = Organization.objects.create(name="Globex", slug="globex")
    for number in range(7):
        create_risk(
            actor=manager,
            organization=organization,
            title=f"Risk {'b' if number % 2 else 'a'}",
            inherent_likelihood=None if number % 3 == 0 else 1 + number % 2,
            inherent_impact=3,
            next_review_at=None if number % 2 else timezone.now() + timedelta(days=number % 3),
        )
    create_risk(actor=None, organization=other_organization, title="Foreign")


def read_by_cursor(client, ordering):
    url, references = f"{URL}?cursor=&page_size=2&ordering={ordering}", []
    while url:
        page = client.get(url).json()
        references += [row["reference"] for row in page["results"]]
        url = page["next"]
    return references


@pytest.mark.parametrize("name", RISK_ORDERS)
@pytest.mark.parametrize("sign", ["", "-"])
def test_cursor_reads_every_row_once_in_the_order_of_pages(api, viewer, register, name, sign):
    client = api(viewer)
    pages = client.get(f"{URL}?page_size=200&ordering={sign}{name}").json()
    assert read_by_cursor(client, sign + name) == [row["reference"] for row in pages["results"]]
    assert pages["count"] == 7


def test_unassessed_risks_come_last_when_the_highest_score_is_asked_for(api, viewer, register):
    rows = api(viewer).get(f"{URL}?ordering=-current_score").json()["results"]
    scores = [row["current_score"] for row in rows]
    assert scores == [6, 6, 3, 3, None, None, None]


def test_cursor_goes_on_where_it_was_when_rows_are_added(api, viewer, register, organization):
    client = api(viewer)
    first = client.get(f"{URL}?cursor=&page_size=3&ordering=-reference").json()
    create_risk(actor=None, organization=organization, title="New on top")
    second = client.get(first["next"]).json()
    seen = {row["reference"] for row in first["results"]}
    assert seen.isdisjoint(row["reference"] for row in second["results"])
    assert first["count"] is None


def test_pages_link_to_each_other(api, viewer, register):
    page = api(viewer).get(f"{URL}?page=2&page_size=3").json()
    assert "page=3" in page["next"]
    assert "page=1" in page["previous"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("page=0", "page"),
        ("page=9", "page"),
        ("page=two", "page"),
        ("page=²", "page"),
        ("page_size=201", "page_size"),
        ("page_size=-1", "page_size"),
        ("cursor=nonsense", "cursor"),
        ("cursor=WyJ0aXRsZSIsImEiLCJ6Il0", "cursor"),
        ("ordering=color", "ordering"),
    ],
)
def test_nonsense_is_refused_by_name(api, viewer, register, query, parameter):
    response = api(viewer).get(f"{URL}?{query}")
    assert response.status_code == 400
    assert [error["parameter"] for error in response.json()["errors"]] == [parameter]


def test_cursor_of_another_order_is_refused(api, viewer, register):
    client = api(viewer)
    first = client.get(f"{URL}?cursor=&page_size=2&ordering=title").json()
    response = client.get(first["next"].replace("ordering=title", "ordering=-title"))
    assert response.status_code == 400
    assert Risk.objects.count() == 8
