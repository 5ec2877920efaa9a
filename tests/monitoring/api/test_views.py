"""Alerts: received from Alertmanager alone, read by superusers, acknowledged, raised."""

from datetime import timedelta

import pytest

from monitoring.models import Alert
from risks.models import Finding, Risk
from tests.monitoring.messages import TOKEN, URL, alert, message, post
from tests.risks.factories import make_asset

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("alerts_token")]


def test_alert_that_is_sent_again_is_updated(api):
    assert post(api, message(alert())).json() == {"alerts": 1}
    assert post(api, message(alert())).status_code == 200
    stored = Alert.objects.get()
    assert (stored.name, stored.severity, stored.is_firing) == ("HighRedisMemory", "critical", True)


def test_resolved_alert_ends(api):
    post(api, message(alert()))
    post(api, message(alert(status="resolved"), status="resolved"))
    assert Alert.objects.get().ends_at.isoformat() == "2026-03-01T10:20:00+00:00"


def test_alert_that_fires_again_ends_the_earlier_one(api):
    post(api, message(alert()))
    post(api, message(alert(startsAt="2026-03-02T08:00:00Z")))
    later, earlier = Alert.objects.order_by("-starts_at")
    assert (earlier.ends_at, later.ends_at) == (later.starts_at, None)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"hello": "world"}, "/version"),
        ([], ""),
        (message(alert(), version="5"), "/version"),
        (message("no alert"), "/alerts/0"),
        (message(alert(labels={"severity": "critical"})), "/alerts/0/labels"),
        (message(alert(labels={"alertname": "A", "not a label": "x"})), "/alerts/0/labels"),
        (message(alert(labels={"alertname": "\0"})), "/alerts/0/labels/alertname"),
        (message(alert(startsAt="yesterday")), "/alerts/0/startsAt"),
        (message(*[alert()] * 10_000), "/alerts"),
        (message(), "/alerts"),
        (message(alerts={}), "/alerts"),
        (message(None), "/alerts/0"),
        (message(alert(), version=4), "/version"),
        (message(alert(), version="4" * 100_000), "/version"),
        (message(alert(), status="on fire"), "/status"),
        (message(alert(status=["firing"])), "/alerts/0/status"),
        (message(alert(labels=[])), "/alerts/0/labels"),
        (message(alert(labels={"alertname": 5})), "/alerts/0/labels/alertname"),
        (message(alert(labels={"alertname": "A", "b": {"c": []}})), "/alerts/0/labels/b"),
        (message(alert(labels={"alertname": "A", "b": "c" * 10_001})), "/alerts/0/labels/b"),
        (message(alert(labels={"alertname": "A", "b" * 1000: "c"})), "/alerts/0/labels"),
        (message(alert(labels={f"label_{i}": "" for i in range(101)})), "/alerts/0/labels"),
        (message(alert(annotations={"summary": 1.5})), "/alerts/0/annotations/summary"),
        (message(alert(annotations={"summary": "\0"})), "/alerts/0/annotations/summary"),
        (message(alert(fingerprint=1)), "/alerts/0/fingerprint"),
        (message(alert(fingerprint="f" * 65)), "/alerts/0/fingerprint"),
        (message(alert(), alert(endsAt=None)), "/alerts/1/endsAt"),
        *[
            (message(alert(startsAt=time)), "/alerts/0/startsAt")
            for time in (
                1,
                "2026-03-01",
                "2026-03-01T10:00:00",
                "2026-02-30T10:00:00Z",
                "2026-03-01T10:00:00Z\0",
                "9999-12-31T23:59:59-23:59",
            )
        ],
    ],
)
def test_invalid_message_is_refused_and_nothing_is_stored(api, body, pointer):
    response = post(api, body)
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert pointer in [error["pointer"] for error in response.json()["errors"]]
    assert not Alert.objects.exists()


@pytest.mark.parametrize("body", [b"hello", b"[" * 100_000, b"\xff", b'{"version": NaN}'])
def test_invalid_json_is_refused(api, body):
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Token {TOKEN}")
    response = client.post(URL, body, content_type="application/json")
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert client.post(URL, body, content_type="text/plain").status_code == 415


def test_only_alertmanager_may_post(api, superuser, organization):
    assert post(api, message(alert()), token="something else").status_code == 401
    assert api().post(URL, message(alert()), format="json").status_code == 401
    refused = api(superuser).post(URL, message(alert()), format="json")
    assert (refused.status_code, "ALERTS_TOKEN" in refused.json()["detail"]) == (403, True)
    assert not Alert.objects.exists()


def test_tokens_without_rights_and_expired_ones_are_refused(api, viewer, superuser, stored_alert):
    refused = api(viewer).post(URL, message(alert()), format="json")
    assert (refused.status_code, api(viewer).get(URL).status_code) == (403, 403)
    expired = api(superuser, lifetime=timedelta(seconds=-1))
    assert expired.get(URL).status_code == 401
    assert expired.post(f"{URL}{stored_alert.pk}/acknowledge/").status_code == 401


def test_nothing_is_accepted_without_a_token_set(api, superuser, organization, settings):
    settings.ALERTS_TOKEN = ""
    assert post(api, message(alert()), token="").status_code == 401
    refused = api(superuser).post(URL, message(alert()), format="json")
    assert "set ALERTS_TOKEN" in refused.json()["detail"]


def test_token_of_alertmanager_is_for_posting_only(api, organization):
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Token {TOKEN}")
    assert client.get(URL).status_code == 401
    assert client.get("/api/v1/risks/").status_code == 401


def test_only_superusers_read_alerts(api, superuser, admin, organization, stored_alert):
    listed = api(superuser).get(URL, {"firing": "true"}).json()
    assert [row["summary"] for row in listed["results"]] == ["Redis is nearly full"]
    assert api(superuser).get(URL, {"firing": "false"}).json()["results"] == []
    assert api(admin).get(URL).status_code == 403


def test_second_acknowledgement_is_a_conflict(api, superuser, organization, stored_alert):
    url = f"{URL}{stored_alert.pk}/acknowledge/"
    assert api(superuser).post(url).json()["acknowledged_by"] == str(superuser.pk)
    assert api(superuser).post(url).status_code == 409


def test_a_read_only_token_changes_nothing(api, superuser, organization, stored_alert):
    refused = api(superuser, read_only=True).post(f"{URL}{stored_alert.pk}/acknowledge/")
    assert (refused.status_code, Alert.objects.get().acknowledged_at) == (403, None)


def test_alert_is_raised_as_a_draft_risk_on_its_asset(api, superuser, organization, stored_alert):
    asset = make_asset(organization, name="Cache", hostnames=["cache.example.com"])
    make_asset(organization, name="Another")
    raised = api(superuser).post(f"{URL}{stored_alert.pk}/raise-risk/")
    risk = Risk.objects.get(pk=raised.json()["id"])
    assert (raised.status_code, risk.status, list(risk.assets.all())) == (201, "draft", [asset])
    assert "It uses 93 %." in risk.description
    again = api(superuser).post(f"{URL}{stored_alert.pk}/raise-risk/")
    assert (again.status_code, Risk.objects.count()) == (409, 1)


def test_same_alert_later_is_the_same_finding(api, superuser, organization, stored_alert):
    first = api(superuser).post(f"{URL}{stored_alert.pk}/raise-finding/").json()["id"]
    post(api, message(alert(startsAt="2026-03-02T08:00:00Z")))
    later = Alert.objects.get(ends_at=None)
    second = api(superuser).post(f"{URL}{later.pk}/raise-finding/").json()["id"]
    assert (first, Finding.objects.get().severity) == (second, "critical")
