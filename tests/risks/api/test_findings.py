"""Decisions on findings over the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from risks.models import Risk
from tests.risks.factories import make_asset, make_finding

UNTIL = (timezone.now().date() + timedelta(days=30)).isoformat()


@pytest.fixture
def address(organization):
    return f"/api/v1/findings/{make_finding(organization).pk}/"


def test_a_finding_is_accepted_and_opened_again(api, analyst, address):
    client = api(analyst)
    accepted = client.post(address + "accept/", {"reason": "Lab only", "until": UNTIL})
    assert accepted.status_code == 200, accepted.content
    body = accepted.json()
    assert (body["state"], body["decided_until"]) == ("accepted", UNTIL)
    assert (body["decision_reason"], body["decided_by"]) == ("Lab only", str(analyst.pk))
    assert client.post(address + "reopen/", {}).json()["state"] == "open"


def test_a_decision_needs_a_reason_and_the_current_version(api, analyst, address):
    client = api(analyst)
    assert client.post(address + "false-positive/", {}).status_code == 400
    stale = client.post(address + "false-positive/", {"reason": "No", "version": 7})
    assert stale.status_code == 412


def test_viewers_decide_nothing(api, viewer, address):
    assert api(viewer).post(address + "accept/", {}).status_code == 403
    assert api(viewer).post(address + "risk/", {}).status_code == 403


def test_a_risk_is_made_of_a_finding(api, analyst, address):
    client = api(analyst)
    made = client.post(address + "risk/", {"impact": 2})
    risk = Risk.objects.get()
    assert (made.status_code, made.json()["risk"]) == (200, str(risk.pk))
    assert (risk.inherent_likelihood, risk.inherent_impact) == (5, 2)
    assert client.post(address + "risk/", {}).status_code == 409


def test_findings_are_filtered_by_the_owner_of_their_asset(api, analyst, organization, address):
    asset = make_asset(organization, owner=analyst)
    mine = make_finding(organization, "CVE-1", asset=asset)
    listed = api(analyst).get("/api/v1/findings/", {"asset_owner": analyst.pk}).json()["results"]
    assert [row["id"] for row in listed] == [str(mine.pk)]
