"""The coverage of risks by controls, as a page and as a file."""

import pytest

from tests.risks.factories import make_control, make_framework, make_risk
from tests.texts import text_of

PAGE = "/o/acme/controls/coverage/"


@pytest.fixture
def gap(organization):
    return make_risk(organization, title="Flood")


def test_cells_say_the_status_of_the_controls_that_act(
    browse, viewer, covered, bare, gap, django_assert_max_num_queries
):
    client = browse(viewer)
    with django_assert_max_num_queries(12):
        text = text_of(client.get(PAGE))
    assert "Lost laptops Not assessed 1 ● Implemented" in text
    assert "Flood Not assessed 0" in text
    assert "1 open risk without controls · 1 control without risks" in text


@pytest.mark.parametrize(
    ("query", "shown"),
    [("search=flood", [False, True]), ("control__isnull=false", [True, False])],
)
def test_risks_are_filtered(browse, viewer, covered, gap, query, shown):
    text = text_of(browse(viewer).get(f"{PAGE}?{query}"))
    assert [title in text for title in ("Lost laptops", "Flood")] == shown


@pytest.mark.parametrize("query", ["colour=red", "section=Z", "framework=none"])
def test_what_cannot_be_used_is_said(browse, viewer, covered, query):
    client = browse(viewer)
    assert client.get(f"{PAGE}?{query}").status_code == 400
    assert client.get(f"{PAGE}export/?{query}").status_code == 400


def test_columns_are_those_of_one_section(browse, viewer, covered, framework):
    make_control(framework, "A.6.1", title="Screening")
    page = browse(viewer).get(f"{PAGE}?section=A.6").content.decode()
    assert "A.6.1" in page
    assert "A.5.9" not in page


def test_export_has_all_risks(browse, viewer, covered, bare, gap):
    response = browse(viewer).get(f"{PAGE}export/")
    lines = b"".join(response.streaming_content).decode().splitlines()
    assert lines[0].endswith("A.5.9 Inventory,A.5.10 Acceptable use")
    assert sorted(lines[1:]) == ["R-0001,Lost laptops,,,Implemented,", "R-0002,Flood,,,,"]


def test_rows_of_other_organizations_are_not_shown(browse, viewer, covered, other_organization):
    foreign = make_control(make_framework(other_organization, "Secret rules"), title="Foreign")
    make_risk(other_organization, title="Foreign risk", controls=[foreign])
    assert "Foreign" not in text_of(browse(viewer).get(PAGE))
    response = browse(viewer).get(f"{PAGE}?framework={foreign.framework_id}")
    assert response.status_code == 400
