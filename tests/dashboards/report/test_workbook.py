"""Workbooks to show: of the overview, and of the list of risks as it is filtered."""

from datetime import datetime, timedelta
from io import BytesIO

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from tests.risks.factories import make_mitigation, make_risk

OVERVIEW = "/o/acme/dashboards/executive.xlsx"
LIST = "/o/acme/risks/export/shown/"


@pytest.fixture
def risk(organization, manager):
    risk = make_risk(
        organization,
        title="=1+1",
        owner=manager,
        inherent_likelihood=5,
        inherent_impact=5,
        next_review_at=timezone.now() + timedelta(days=9),
    )
    make_mitigation(risk, title="Pumps")
    return risk


def read(response):
    assert response.status_code == 200
    return load_workbook(BytesIO(b"".join(response.streaming_content)))


def test_list_is_a_report_with_names_days_and_colours(client, organization, manager, risk):
    manager.name = "Maria Muster"
    manager.save()
    client.force_login(manager)
    query = "?file_format=xlsx&owner=me&columns=title,current_level,owner,next_review_at"
    workbook = read(client.get(LIST + query))
    about = {row[0]: row[1] for row in workbook["About"].iter_rows(values_only=True) if row[0]}
    assert (about["Organization"], about["Prepared by"]) == ("Acme", "Maria Muster")
    assert about["Owner"] == "Maria Muster"
    sheet = workbook["Risks"]
    header, row = sheet.iter_rows()
    assert [cell.value for cell in header][:3] == ["Risk", "Level", "Level: score"]
    assert all(cell.font.bold for cell in header)
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:E2")
    assert sheet.column_dimensions["A"].width > 40
    title, level, score, owner, review = row
    assert (title.value, title.data_type) == ("'=1+1", "s")
    assert (level.value, score.value, owner.value) == ("Critical", 25, "Maria Muster")
    assert level.fill.start_color.rgb.upper().endswith("C62828")
    assert isinstance(review.value, datetime)
    assert review.is_date


def test_overview_is_a_report(client, organization, viewer, risk):
    client.force_login(viewer)
    workbook = read(client.get(OVERVIEW))
    [header, row] = workbook["Top risks"].iter_rows(values_only=True)
    values = dict(zip(header, row, strict=True))
    assert (values["Level"], values["Score"]) == ("Critical", 25)
    assert "Next: Pumps" in values["What is done"]
    corner = workbook["Heat map"]["F2"]
    assert (corner.value, corner.fill.start_color.rgb[-6:].upper()) == (1, "C62828")
    assert client.get(OVERVIEW, {"period": "9d"}).status_code == 400


def test_overview_offers_report_and_data(client, organization, viewer, risk):
    client.force_login(viewer)
    page = client.get("/o/acme/?period=90d").content.decode()
    for address in (OVERVIEW, "/o/acme/dashboards/executive/data/"):
        assert f'href="{address}?period=90d"' in page
        assert client.get(f"{address}?period=90d").status_code == 200


def test_workbooks_are_for_members(client, risk, outsider):
    client.force_login(outsider)
    for address in (OVERVIEW, LIST, "/o/acme/dashboards/executive/data/"):
        assert client.get(address).status_code == 404


def test_long_lists_say_how_many_rows_are_left_out(client, organization, viewer, risk):
    late = timezone.now().date() - timedelta(days=2)
    for number in range(13):
        make_mitigation(risk, title=f"Late {number}", due_date=late)
    client.force_login(viewer)
    _header, *rows = read(client.get(OVERVIEW))["Overdue"].iter_rows(values_only=True)
    assert len(rows) == 13
    assert rows[-1] == ("and 1 more", None, None, None)
