"""Columns, groups and pages of the list, and the file that has exactly what is shown."""

import csv
import io
import re

import pytest

from risks.pages.register.grouping import GROUPINGS, Group, cut_page
from risks.services.risks import create_risk
from tests.texts import text_of

LIST = "/o/acme/risks/"
pytestmark = [pytest.mark.both, pytest.mark.django_db]


@pytest.fixture
def risks(organization, analyst):
    make = {"actor": None, "organization": organization}
    return [
        create_risk(
            title="Fire",
            tags=["site", "heat"],
            owner=analyst,
            inherent_likelihood=4,
            inherent_impact=5,
            **make,
        ),
        create_risk(title="Flood", tags=["site"], description="Water " * 100, **make),
        create_risk(title="=Theft", status="draft", treatment="avoid", **make),
    ]


def outline_of(response):
    """Headings and titles of the table, in their order."""
    page = response.content.decode()
    pattern = (
        r'<span dir="auto">([^<]*)</span></a> <span class="count">|class="row-link"[^>]*>([^<]*)<'
    )
    return [heading or title for heading, title in re.findall(pattern, page)]


def test_columns_are_shown_in_the_order_of_the_address(browse, viewer, risks):
    page = browse(viewer).get(f"{LIST}?columns=tags,title,treatment,inherent_level,description")
    heads = re.findall(r'<th scope="col"[^>]*>(?:<a[^>]*>)?([^<]*)', page.content.decode())
    assert heads == ["Tags", "Risk", "Treatment", "Inherent level", "Description"]
    assert "Critical 20" in text_of(page)


def test_every_offered_column_can_be_shown(browse, viewer, risks):
    page = browse(viewer).get(f"{LIST}arrange/").content.decode()
    names = re.findall(r'name="columns" value="([a-z_]+)"', page)
    assert len(names) > 25
    assert browse(viewer).get(f"{LIST}?columns={','.join(names)}").status_code == 200


def test_unknown_column_group_and_size_are_explained(browse, viewer, risks):
    client = browse(viewer)
    for query in ("columns=colour", "group=colour", "page_size=7"):
        response = client.get(f"{LIST}?{query}")
        assert response.status_code == 400
        assert "Choose" in text_of(response) or "Group by" in text_of(response)


def test_column_is_moved_by_buttons_without_a_script(browse, viewer):
    page = browse(viewer).get(
        f"{LIST}arrange/?columns=reference&columns=title&columns=status&move=up:status&open=true"
    )
    names = re.findall(r'name="columns" value="([a-z_]+)" checked', page.content.decode())
    assert names == ["reference", "status", "title"]
    assert 'type="hidden" name="open" value="true"' in page.content.decode()


def test_groups_have_counts_and_the_exposure_of_open_risks(browse, viewer, risks):
    response = browse(viewer).get(f"{LIST}?group=status")
    assert outline_of(response) == ["Draft", "=Theft", "Identified", "Fire", "Flood"]
    assert "Identified 2 risks exposure 20" in text_of(response)


def test_risk_is_in_the_group_of_each_of_its_tags(browse, viewer, risks):
    response = browse(viewer).get(f"{LIST}?group=tag&ordering=title")
    assert outline_of(response) == ["heat", "Fire", "site", "Fire", "Flood", "No tag", "=Theft"]


@pytest.mark.parametrize("group", list(GROUPINGS))
def test_pages_of_groups_show_every_row_once(browse, viewer, risks, group, monkeypatch):
    monkeypatch.setattr("risks.pages.register.listing.PAGE_SIZES", (2,))
    monkeypatch.setattr("risks.pages.register.listing.PAGE_SIZE", 2)
    client = browse(viewer)
    whole, page, number = [], "", 0
    while 'rel="next"' in page or number == 0:
        number += 1
        response = client.get(f"{LIST}?group={group}&page={number}")
        page = response.content.decode()
        whole += re.findall(r'class="row-link"[^>]*>([^<]*)<', page)
    assert len(whole) == (4 if group == "tag" else 3)
    assert set(whole) == {"Fire", "Flood", "=Theft"}


def test_folded_group_is_a_heading_alone(browse, viewer, risks):
    client = browse(viewer)
    response = client.get(f"{LIST}?group=status&fold=identified")
    assert outline_of(response) == ["Draft", "=Theft", "Identified"]
    assert f'href="{LIST}?group=status" hx-boost' in response.content.decode()
    all_folded = client.get(f"{LIST}?group=status&fold=identified,draft")
    assert outline_of(all_folded) == ["Draft", "Identified"]


def test_parts_of_a_page_are_cut_from_the_groups():
    groups = [Group(key, key, count, 0) for key, count in (("a", 3), ("b", 5), ("c", 2), ("d", 4))]
    groups[1].is_folded = True
    parts = [
        [(part.group.key, part.start, part.stop) for part in cut_page(groups, start, 4)]
        for start in (0, 4, 8)
    ]
    assert parts[0] == [("a", 0, 3), ("b", 0, 0), ("c", 0, 1)]
    assert parts[1] == [("c", 1, 2), ("d", 0, 3)]
    assert parts[2] == [("d", 3, 4)]


def read_csv(response):
    text = b"".join(response.streaming_content).decode().removeprefix("\ufeff")
    return list(csv.reader(io.StringIO(text)))


def test_file_has_what_is_shown(browse, viewer, risks):
    query = "columns=title,current_level,owner&ordering=title&group=status&fold=draft"
    client = browse(viewer)
    page = client.get(f"{LIST}?{query}").content.decode()
    link = re.search(r'href="([^"]+)">CSV as shown', page)[1].replace("&amp;", "&")
    assert read_csv(client.get(link)) == [
        ["Status", "Risk", "Level", "Level: score", "Owner"],
        ["Draft", "'=Theft", "", "", ""],
        ["Identified", "Fire", "Critical", "20", "analyst@acme.example.com"],
        ["Identified", "Flood", "", "", ""],
    ]
    xlsx = link.replace("file_format=csv", "file_format=xlsx")
    assert b"".join(client.get(xlsx).streaming_content).startswith(b"PK")


def test_file_of_a_query_with_problems_is_refused(browse, viewer, risks):
    response = browse(viewer).get(f"{LIST}export/shown/?status=colour&file_format=csv")
    assert response.status_code == 400
    assert browse(viewer).get(f"{LIST}export/shown/?file_format=pdf").status_code == 400


def test_page_needs_few_queries(browse, analyst, risks, django_assert_max_num_queries):
    client = browse(analyst)
    for query in ("", "?group=tag&columns=title,tags,assets,controls,owner&tag=site"):
        with django_assert_max_num_queries(12):
            client.get(LIST + query)
