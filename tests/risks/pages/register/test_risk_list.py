"""The list of risks: filters, htmx, files, and one computation for all members."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from risks.fields import field_names
from risks.pages.register.columns import DEFAULT_COLUMNS, offered_columns
from risks.pages.register.listing import Listing
from risks.services.risks import create_risk, update_risk
from tests.texts import text_of

pytestmark = pytest.mark.both  # filters and search of its own


def test_empty_register_says_what_to_do(browse, analyst):
    response = browse(analyst).get("/o/acme/")
    assert "The register is empty" in text_of(response)
    assert 'href="/o/acme/risks/new/"' in response.content.decode()


def test_analyst_of_an_empty_register_finds_the_upload(browse, viewer, analyst):
    upload = 'href="/o/acme/imports/'
    main = [
        browse(person).get("/o/acme/").content.decode().partition("<main")[2]
        for person in (analyst, viewer)
    ]
    assert [upload in page for page in main] == [True, False]


def test_every_figure_on_the_front_page_equals_the_list_it_opens(browse, organization, analyst):
    for likelihood, impact, status in (
        (4, 5, None),
        (4, 5, None),
        (1, 2, None),
        (None, None, None),
        (3, 3, "draft"),
    ):
        create_risk(
            actor=analyst,
            organization=organization,
            title=f"Risk {likelihood} {impact}",
            inherent_likelihood=likelihood,
            inherent_impact=impact,
            **({"status": status} if status else {}),
        )
    client = browse(analyst)
    page = client.get("/o/acme/").content.decode()
    figures = re.findall(
        r'href="(/o/acme/risks/\?[^"]+)"[^>]*>\s*<span class="count">(\d+)</span>', page
    )
    assert len(figures) == 7 + 25
    for url, count in figures:
        listed = re.search(r"(\d+) risks?", text_of(client.get(url.replace("&amp;", "&"))))
        assert listed[1] == count, url


def test_list_filters_and_keeps_the_filter_in_the_page(browse, viewer, risk, organization):
    create_risk(actor=None, organization=organization, title="Fire")
    response = browse(viewer).get("/o/acme/risks/?current_level=critical&ordering=-title")
    assert "Ransomware" in text_of(response)
    assert "Fire" not in text_of(response)


@pytest.mark.parametrize(
    "query", ["current_level=red", "status=x", "ordering=colour", "page=99", "page=x", "category=1"]
)
def test_nonsense_in_the_address_is_explained_and_never_fails(browse, viewer, risk, query):
    response = browse(viewer).get(f"/o/acme/risks/?{query}")
    assert response.status_code == 400
    assert 'role="alert"' in response.content.decode()


def test_htmx_gets_the_table_alone(browse, viewer, risk):
    response = browse(viewer).get(
        "/o/acme/risks/?search=ransom", headers={"hx-request": "true", "hx-target": "register"}
    )
    assert b"<html" not in response.content
    assert response["HX-Push-Url"] == "/o/acme/risks/?search=ransom"


def test_list_is_exported_as_it_is_filtered(browse, viewer, risk, organization, analyst):
    create_risk(actor=analyst, organization=organization, title="Fire in the archive")
    client = browse(viewer)
    page = client.get(
        "/o/acme/risks/?search=ransomware&open=true&ordering=title&page=1"
    ).content.decode()
    links = re.findall(r'href="(/o/acme/risks/export/\?[^"]+)"', page)
    assert len(links) == 2
    csv, xlsx = (client.get(link.replace("&amp;", "&")) for link in links)
    text = b"".join(csv.streaming_content).decode()
    assert ("Ransomware" in text, "Fire" in text) == (True, False)
    assert b"".join(xlsx.streaming_content).startswith(b"PK")
    assert "/export/" not in client.get("/o/acme/risks/?search=nowhere").content.decode()


def count_risk_queries(client, path):
    """The answer, and how many statements about risks it took."""
    with CaptureQueriesContext(connection) as asked:
        response = client.get(path)
    return response, sum("risks_risk" in one["sql"] for one in asked.captured_queries)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/o/acme/risks/?ordering=title", "/o/acme/"])
def test_page_is_computed_once_until_a_risk_changes(browse, analyst, risk, path):
    client = browse(analyst)
    made = count_risk_queries(client, path)[1]
    response, again = count_risk_queries(client, path)
    assert (made > 0, again) == (True, 0)
    assert risk.title in response.content.decode()
    update_risk(actor=analyst, instance=risk, title="Fire in the server room")
    assert "Fire in the server room" in client.get(path).content.decode()


@pytest.mark.django_db(transaction=True)
def test_cached_list_offers_each_role_its_own(browse, analyst, viewer, risk):
    assert "Add a risk" in text_of(browse(analyst).get("/o/acme/risks/"))
    assert "Add a risk" not in text_of(browse(viewer).get("/o/acme/risks/"))


@pytest.mark.django_db(transaction=True)
def test_cached_list_with_problems_is_a_400_each_time(browse, analyst):
    client = browse(analyst)
    assert [client.get("/o/acme/risks/?nonsense=1").status_code for _ in range(2)] == [400, 400]


def test_list_has_the_columns_of_the_table_of_fields():
    offered = offered_columns()
    assert offered.keys() == set(field_names(in_list=True))
    labels = [offered[name].label for name in DEFAULT_COLUMNS]
    assert labels[:4] == ["Reference", "Risk", "Level", "Priority"]


def test_rows_can_be_selected_by_those_who_may_change_them(browse, analyst, viewer, risk):
    box = 'form="selection" name="risk" value="R-0001"'
    assert box in browse(analyst).get("/o/acme/risks/").content.decode()
    assert box not in browse(viewer).get("/o/acme/risks/").content.decode()


def test_all_that_match_are_selected_by_an_address(browse, analyst, risk):
    page = browse(analyst).get("/o/acme/risks/?open=true&select=all").content.decode()
    assert 'form="selection" name="all" value="yes"' in page
    assert 'form="selection" name="query" value="open=true"' in page


@pytest.mark.parametrize("ordering", ["title", "-reference", "current_score"])
def test_late_pages_go_on_where_the_one_before_ended(organization, analyst, ordering):
    for number in range(60):
        create_risk(actor=analyst, organization=organization, title=f"Outage {number % 7}")
    listing = Listing(organization, {"ordering": ordering})
    expected = [row["id"] for row in listing.load_rows(listing.risks, 0, None)]
    pages = [
        Listing(organization, {"ordering": ordering, "page": str(page)}).load().rows
        for page in (1, 2, 3)
    ]
    assert [len(rows) for rows in pages] == [25, 25, 10]
    assert [row["id"] for rows in pages for row in rows] == expected
