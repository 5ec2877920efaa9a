"""My work: what waits for a person and what is theirs, and what can be done there."""

from datetime import timedelta

import pytest
from django.utils import timezone

from risks.models import Risk
from risks.services.acceptances import decide_acceptance
from risks.services.risks import take_transition
from risks.services.workspace.comments import post_comment
from risks.services.workspace.watches import start_watching
from tests.dashboards.page_text import text_of
from tests.risks.factories import (
    make_acceptance,
    make_action,
    make_assessed_risk,
    make_mitigation,
    make_risk,
)

PAGE = "/o/acme/dashboards/analyst/"


def test_my_work_shows_own_risks_reviews_and_actions(browse, analyst, manager, organization):
    soon = timezone.now() + timedelta(days=3)
    mine = make_risk(organization, title="My risk", owner=analyst, next_review_at=soon)
    other = make_risk(organization, title="Not mine", owner=manager, next_review_at=soon)
    for risk in (mine, other):
        make_action(
            make_mitigation(risk, owner=risk.owner), f"Do {risk.title}", due_date=soon.date()
        )
    response = browse(analyst).get(PAGE)
    assert [risk.title for risk in response.context["reviews"].rows] == ["My risk"]
    assert [row["title"] for row in response.context["actions"].rows] == ["Do My risk"]
    assert "Not mine" not in text_of(response)


def test_action_that_was_given_to_someone_is_theirs(browse, analyst, manager, organization):
    today = timezone.now().date()
    mitigation = make_mitigation(make_risk(organization), owner=analyst)
    make_action(mitigation, "Call the insurer", assignee=manager, due_date=today)
    assert "Call the insurer" in text_of(browse(manager).get(PAGE))
    assert "Call the insurer" not in text_of(browse(analyst).get(PAGE))


def test_action_is_ticked_there(browse, analyst, organization):
    today = timezone.now().date()
    action = make_action(make_mitigation(make_risk(organization), owner=analyst), due_date=today)
    client = browse(analyst)
    fields = {"done": "yes", "version": 1, "next": PAGE}
    answer = client.post(f"/o/acme/treatment/actions/{action.pk}/done/", fields)
    assert answer.url == PAGE
    assert not client.get(PAGE).context["actions"].rows


@pytest.mark.parametrize("decision", ["review", "postpone"])
def test_review_is_done_or_postponed_there(browse, analyst, organization, decision):
    risk = make_risk(organization, title="Old", owner=analyst)
    Risk.objects.update(next_review_at=timezone.now() - timedelta(days=1))
    client = browse(analyst)
    assert "overdue" in text_of(client.get(PAGE))
    fields = {
        "decision": decision,
        "version": 1,
        "seen_risk": 1,
        "comment": "Fine",
        "until": str(timezone.now().date() + timedelta(days=20)),
        "next": PAGE,
    }
    assert client.post(f"/o/acme/queues/reviews/{risk.pk}/", fields).url == PAGE
    assert not client.get(PAGE).context["reviews"].rows


def test_manager_sees_requests_of_others_and_an_analyst_none(
    browse, analyst, manager, organization
):
    for person, title in ((analyst, "Asked by another"), (manager, "Asked by myself")):
        risk = make_risk(organization, title=title, inherent_likelihood=2, inherent_impact=2)
        make_acceptance(person, take_transition(actor=person, risk=risk, to="assessed"))
    [(queue, count)] = browse(manager).get(PAGE).context["queues"]
    assert (queue.slug, count) == ("acceptances", 1)
    assert browse(analyst).get(PAGE).context["queues"] == []


def test_my_requests_show_how_they_were_decided(browse, analyst, manager, organization):
    request = make_acceptance(analyst, make_assessed_risk(organization))
    assert "Correct or withdraw" in text_of(browse(analyst).get(PAGE))
    decide_acceptance(actor=manager, acceptance=request, approve=False, comment="Too dear")
    text = text_of(browse(analyst).get(PAGE))
    assert "Rejected" in text
    assert "Too dear" in text


def test_my_work_shows_what_is_watched_and_who_mentions_me(browse, analyst, manager, organization):
    risk = make_risk(organization, title="Ransomware")
    start_watching(actor=analyst, risk=risk)
    post_comment(actor=manager, risk=risk, text=f"Please look, @{analyst.email}")
    text = text_of(browse(analyst).get(PAGE))
    assert "Watched R-0001 Ransomware" in text
    assert "Please look" in text


def test_viewer_has_no_buttons(browse, viewer, organization):
    risk = make_risk(organization, reviewer=viewer, next_review_at=timezone.now())
    text = text_of(browse(viewer).get(PAGE))
    assert risk.title in text
    assert "Mark as reviewed" not in text


def test_page_takes_few_queries(browse, manager, analyst, django_assert_max_num_queries):
    client = browse(manager)
    client.get(PAGE)
    with django_assert_max_num_queries(12):
        client.get(PAGE)
