"""My work: own risks, due reviews and actions, recent changes."""

from datetime import timedelta

from django.utils import timezone

from risks.models import Risk
from risks.services.risks import take_transition, update_risk
from tests.dashboards.page_text import text_of
from tests.risks.factories import make_acceptance, make_action, make_mitigation, make_risk


def test_my_work_shows_own_risks_reviews_and_actions(browse, analyst, manager, organization):
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


def test_my_work_shows_overdue_reviews_and_changes(browse, analyst, manager, organization):
    risk = make_risk(organization, title="Old", owner=analyst)
    Risk.objects.update(next_review_at=timezone.now() - timedelta(days=1))
    update_risk(actor=manager, instance=risk, treatment="avoid", comment="Too expensive")
    text = text_of(browse(analyst).get("/o/acme/dashboards/analyst/"))
    assert "overdue" in text
    assert "Old : set treatment to Avoid" in text
    assert "Too expensive" in text


def test_manager_sees_requests_of_others_and_an_analyst_none(
    browse, analyst, manager, organization
):
    for person, title in ((analyst, "Asked by another"), (manager, "Asked by myself")):
        risk = make_risk(organization, title=title, inherent_likelihood=2, inherent_impact=2)
        make_acceptance(person, take_transition(actor=person, risk=risk, to="assessed"))
    page = "/o/acme/dashboards/analyst/"
    waiting, _, _ = text_of(browse(manager).get(page)).partition("Reviews due")
    assert ("Asked by another" in waiting, "Asked by myself" in waiting) == (True, False)
    assert "Acceptances to decide" not in text_of(browse(analyst).get(page))
