"""The front page and "My work"."""

from datetime import timedelta

import pytest
from django.utils import timezone

from openrisk.accounts.models import User
from risks.models import Risk
from risks.services.risks import update_risk
from tests.dashboards.pages.test_boards import text_of
from tests.risks.factories import make_action, make_mitigation, make_risk

pytestmark = pytest.mark.usefixtures("seeded")
TODAY = timezone.now().date()


def test_front_page_moves_to_a_past_day(browse, told):
    client = browse(User.objects.get(email="analyst@example.org"))
    day = TODAY - timedelta(days=100)
    response = client.get(f"/o/demo/?as_of={day}&period=90d")
    assert response.status_code == 200
    assert f"on {day.day} {day:%B %Y}" in text_of(response)
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
def test_front_page_refuses_nonsense_in_words(browse, viewer, organization, query, says):
    make_risk(organization)
    response = browse(viewer).get(f"/o/acme/?{query}")
    assert response.status_code == 400
    assert says in text_of(response)


def test_front_page_says_when_its_figures_were_computed(browse, viewer, organization):
    make_risk(organization, inherent_likelihood=4, inherent_impact=5)
    text = text_of(browse(viewer).get("/o/acme/"))
    assert "1 risk is open, 1 of them high or critical" in text
    assert "exact: a change shows with the next look" in text


def test_my_work_shows_what_is_mine(browse, analyst, manager, organization):
    soon = timezone.now() + timedelta(days=3)
    mine = make_risk(organization, title="My risk", owner=analyst, next_review_at=soon)
    other = make_risk(organization, title="Not mine", owner=manager, next_review_at=soon)
    for risk in (mine, other):
        make_action(
            make_mitigation(risk, owner=risk.owner), f"Do {risk.title}", due_date=soon.date()
        )
    text = text_of(browse(analyst).get("/o/acme/dashboards/analyst/"))
    before, _, changed = text.partition("Changed since yesterday")
    assert before.count("My risk") == 4  # a review, an action and its name, a risk
    assert "Not mine" not in before
    assert "Not mine" in changed


def test_my_work_says_what_is_overdue_and_what_changed(browse, analyst, manager, organization):
    risk = make_risk(organization, title="Old", owner=analyst)
    Risk.objects.update(next_review_at=timezone.now() - timedelta(days=1))
    update_risk(actor=manager, instance=risk, treatment="avoid", comment="Too dear")
    text = text_of(browse(analyst).get("/o/acme/dashboards/analyst/"))
    assert "overdue" in text
    assert "Treatment: Avoid" in text
    assert "Too dear" in text
