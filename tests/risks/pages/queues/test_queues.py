"""Queues: one item after another, decided by the same services as on the page of a risk."""

from datetime import timedelta

import pytest
from django.utils import timezone

from openrisk.accounts.models import Organization, Role
from risks.models import (
    Acceptance,
    LikelihoodSuggestion,
    Mitigation,
    Risk,
    RiskProposal,
)
from risks.services import proposals
from risks.services.mitigations import set_status
from risks.services.risks import update_risk
from tests.conftest import member
from tests.risks.factories import (
    make_acceptance,
    make_assessed_risk,
    make_finding,
    make_finding_rule,
    make_mitigation,
    make_risk,
)
from tests.texts import text_of

QUEUES = "/o/acme/queues/"


def item(kind, row):
    return f"{QUEUES}{kind}/{row.pk}/"


def decide(client, kind, row, decision, **fields):
    """Post the decision about what the page of the item shows."""
    form = client.get(item(kind, row)).context["form"]
    seen = {"version": form["version"].value(), "seen_risk": form["seen_risk"].value() or ""}
    return client.post(item(kind, row), {**seen, "decision": decision, **fields})


@pytest.fixture
def requests(organization, analyst):
    risks = [make_assessed_risk(organization, title=title) for title in ("One", "Two", "Three")]
    return [make_acceptance(analyst, risk) for risk in risks]


def test_queue_leads_to_the_oldest_and_says_where_it_is(browse, manager, requests):
    response = browse(manager).get(f"{QUEUES}acceptances/", follow=True)
    assert response.request["PATH_INFO"] == item("acceptances", requests[0])
    text = text_of(response)
    assert "1 of 3" in text
    assert "Cheaper than any remedy" in text


def test_approval_asks_first_and_leads_to_the_next(browse, manager, requests):
    client = browse(manager)
    asked = decide(client, "acceptances", requests[0], "approve")
    assert "The risk is lived with until the acceptance ends" in text_of(asked)
    assert Acceptance.objects.get(pk=requests[0].pk).status == "requested"
    done = decide(client, "acceptances", requests[0], "approve", confirmed="yes")
    assert done.url == item("acceptances", requests[1])
    assert Acceptance.objects.get(pk=requests[0].pk).status == "approved"


def test_last_decision_leads_to_the_start(browse, manager, requests):
    client = browse(manager)
    for request in requests:
        response = decide(client, "acceptances", request, "reject", comment="No")
    assert response.url == f"{QUEUES}acceptances/"
    assert "Nothing waits for you here" in text_of(client.get(response.url))


def test_map_shows_the_accepted_risk_leaving(browse, manager, requests):
    before, after = browse(manager).get(item("acceptances", requests[0])).context["maps"]
    assert (before[1][4]["count"], after[1][4]["count"]) == (3, 2)
    assert after[1][4]["is_changed"]


def test_risk_that_changed_is_not_approved_unseen(browse, manager, requests):
    client = browse(manager)
    form = client.get(item("acceptances", requests[0])).context["form"]
    seen = {"version": form["version"].value(), "seen_risk": form["seen_risk"].value()}
    update_risk(actor=None, instance=requests[0].risk, title="Another risk", inherent_impact=3)
    fields = {**seen, "decision": "approve", "confirmed": "yes", "comment": "Fine"}
    response = client.post(item("acceptances", requests[0]), fields)
    text = text_of(response)
    assert response.status_code == 412
    assert "Someone else changed this" in text
    assert "The title was: One" in text
    assert "Fine</textarea>" in response.content.decode()


def test_decided_item_says_so(browse, manager, requests):
    client = browse(manager)
    decide(client, "acceptances", requests[0], "reject")
    response = client.get(item("acceptances", requests[0]))
    assert "This does not wait for you any more" in text_of(response)
    posted = client.post(item("acceptances", requests[0]), {"decision": "approve"})
    assert posted.status_code == 409


def test_own_requests_are_not_in_the_queue(browse, manager, organization):
    own = make_acceptance(manager, make_assessed_risk(organization))
    client = browse(manager)
    assert "Nothing waits" in text_of(client.get(f"{QUEUES}acceptances/"))
    assert "does not wait for you" in text_of(client.get(item("acceptances", own)))


def test_analyst_decides_no_acceptance(browse, analyst, requests):
    assert browse(analyst).get(f"{QUEUES}acceptances/").status_code == 403
    assert "Acceptances to decide" not in text_of(browse(analyst).get(QUEUES))


def test_review_is_marked_or_postponed(browse, analyst, organization):
    now = timezone.now()
    first, second = (
        make_risk(organization, title=title, owner=analyst, next_review_at=now + timedelta(days))
        for title, days in (("One", -2), ("Two", 1))
    )
    client = browse(analyst)
    assert decide(client, "reviews", first, "review", comment="Fine").url == item("reviews", second)
    later = str((now + timedelta(days=30)).date())
    refused = decide(client, "reviews", second, "postpone", until=later)
    assert "Explain why the review can wait" in text_of(refused)
    assert "Choose the day" in text_of(decide(client, "reviews", second, "postpone", comment="x"))
    done = decide(client, "reviews", second, "postpone", until=later, comment="Audit")
    assert done.url == f"{QUEUES}reviews/"
    second.refresh_from_db()
    assert str(second.next_review_at.date()) == later


def test_validation_of_a_mitigation(browse, analyst, manager, organization):
    mitigation = make_mitigation(make_risk(organization))
    for to in ("in_progress", "review"):
        set_status(actor=analyst, mitigation=mitigation, to=to)
    assert "Nothing waits" in text_of(browse(analyst).get(f"{QUEUES}validations/"))
    client = browse(manager)
    refused = decide(client, "validations", mitigation, "not-effective")
    assert "Explain why it is not effective" in text_of(refused)
    decide(client, "validations", mitigation, "effective", comment="Tested")
    assert Mitigation.objects.get().status == "done"


def test_proposal_becomes_a_draft(browse, analyst, organization):
    make_finding(organization)
    make_finding_rule(organization)
    proposals.propose_risks(actor=None, organization=organization)
    proposal = RiskProposal.objects.get()
    client = browse(analyst)
    before, after = client.get(item("proposals", proposal)).context["maps"]
    assert (before[0][3]["count"], after[0][3]["count"]) == (0, 1)
    decide(client, "proposals", proposal, "confirm")
    assert Risk.objects.get().status == "draft"


def test_suggestion_is_dismissed_after_a_question(browse, analyst, organization):
    risk = make_assessed_risk(organization)
    suggestion = LikelihoodSuggestion.objects.create(
        organization=organization, risk=risk, key="CVE", present=4, likelihood=5, reason="KEV"
    )
    client = browse(analyst)
    before, after = client.get(item("suggestions", suggestion)).context["maps"]
    assert (before[1][4]["count"], after[0][4]["count"]) == (1, 1)
    asked = decide(client, "suggestions", suggestion, "dismiss")
    assert "not suggested again" in text_of(asked)
    decide(client, "suggestions", suggestion, "dismiss", confirmed="yes")
    suggestion.refresh_from_db()
    assert suggestion.status == "dismissed"


def test_list_of_all_leads_to_each(browse, manager, requests):
    page = browse(manager).get(f"{QUEUES}acceptances/list/").content.decode()
    assert all(item("acceptances", request) in page for request in requests)


def test_rows_of_other_organizations_do_not_wait(browse, manager):
    other = Organization.objects.create(name="Globex", slug="globex")
    foreign = make_acceptance(member(Role.ANALYST, other), make_assessed_risk(other))
    client = browse(manager)
    assert "Nothing waits" in text_of(client.get(f"{QUEUES}acceptances/"))
    assert "Ransomware" not in text_of(client.get(item("acceptances", foreign)))


def test_no_such_queue(browse, manager):
    assert browse(manager).get(f"{QUEUES}nonsense/").status_code == 404


def test_item_takes_few_queries(browse, manager, requests, django_assert_max_num_queries):
    client = browse(manager)
    client.get(item("acceptances", requests[0]))
    with django_assert_max_num_queries(12):
        client.get(item("acceptances", requests[1]))
