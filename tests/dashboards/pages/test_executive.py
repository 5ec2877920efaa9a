"""The overview: a past day, refusals, and the age of its figures."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from openrisk.accounts.models import User
from tests.dashboards.page_text import text_of
from tests.risks.factories import make_risk

pytestmark = pytest.mark.usefixtures("seeded")
TODAY = timezone.now().date()


def test_overview_shows_a_past_day(browse, demo):
    client = browse(User.objects.get(email="analyst@example.org"))
    day = TODAY - timedelta(days=100)
    response = client.get(f"/o/demo/?as_of={day}&period=90d")
    assert response.status_code == 200
    assert f"on {day.day} {day:%b %Y}" in text_of(response)
    assert "as they are today" in text_of(response)
    assert "/o/demo/risks/?" not in response.content.decode()


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("as_of=2001-01-01", "begins on"),
        ("as_of=tomorrow", "YYYY-MM-DD"),
        (f"as_of={TODAY + timedelta(days=3)}", "in the future"),
        ("period=8d", "not a valid choice"),
        ("category=01900000-0000-7000-8000-000000000000", "no such category"),
        ("colour=red", "Known ones"),
    ],
)
def test_overview_explains_what_it_refuses(browse, viewer, organization, query, says):
    make_risk(organization)
    response = browse(viewer).get(f"/o/acme/?{query}")
    assert response.status_code == 400
    assert says in text_of(response)


def test_overview_shows_when_its_figures_were_computed(browse, viewer, organization):
    make_risk(organization, inherent_likelihood=4, inherent_impact=5)
    text = text_of(browse(viewer).get("/o/acme/"))
    assert "1 risk is open, 1 of them high or critical" in text
    assert re.search(r"Updated \d\d:\d\d UTC", text)
