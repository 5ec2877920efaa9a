"""Alerts: taken from Alertmanager alone, read by superusers, acknowledged, raised."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from monitoring import alerts as inbox
from monitoring.models import Alert
from openrisk.accounts.models import Role
from risks.models import Finding, Risk
from tests.conftest import member
from tests.risks.factories import make_asset

URL = "/api/v1/monitoring/alerts/"
TOKEN = "what-alertmanager-knows"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _token(settings):
    settings.ALERTS_TOKEN = TOKEN


def alert(name="HighRedisMemory", status="firing", **changes):
    ended = "2026-03-01T10:20:00Z" if status == "resolved" else "0001-01-01T00:00:00Z"
    return {
        "status": status,
        "labels": {"alertname": name, "severity": "critical", "instance": "cache.example.com:9121"},
        "annotations": {"summary": "Redis is nearly full", "description": "It uses 93 %."},
        "startsAt": "2026-03-01T10:00:00.123456789Z",
        "endsAt": ended,
        "generatorURL": "http://prometheus:9090/graph",
        "fingerprint": "c0ffee",
    } | changes


def message(*alerts, **changes):
    """As Alertmanager 0.25 to 0.28 send it."""
    return {
        "receiver": "inbox",
        "status": "firing",
        "alerts": list(alerts),
        "groupLabels": {"alertname": "HighRedisMemory"},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "version": "4",
        "groupKey": "{}:{alertname=HighRedisMemory}",
        "truncatedAlerts": 0,
    } | changes


def post(api, body, token=TOKEN):
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client.post(URL, body, format="json")


# --- Taking them ----------------------------------------------------------------------------------
def test_an_alert_is_kept_and_told_again_stays_one(api):
    assert post(api, message(alert())).json() == {"alerts": 1}
    assert post(api, message(alert())).status_code == 200
    found = Alert.objects.get()
    assert (found.name, found.severity, found.is_firing) == ("HighRedisMemory", "critical", True)


def test_it_ends_when_it_is_resolved(api):
    post(api, message(alert()))
    post(api, message(alert(status="resolved"), status="resolved"))
    assert Alert.objects.get().ends_at.isoformat() == "2026-03-01T10:20:00+00:00"


def test_one_that_fires_anew_ends_the_one_whose_end_was_never_told(api):
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
def test_what_is_no_message_of_alertmanager_is_refused_and_nothing_is_kept(api, body, pointer):
    response = post(api, body)
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert pointer in [error["pointer"] for error in response.json()["errors"]]
    assert not Alert.objects.exists()


@pytest.mark.parametrize("body", [b"hello", b"[" * 100_000, b"\xff", b'{"version": NaN}'])
def test_what_is_no_json_is_refused(api, body):
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


def test_a_token_without_rights_or_of_yesterday_opens_nothing(api, viewer, superuser, told):
    refused = api(viewer).post(URL, message(alert()), format="json")
    assert (refused.status_code, api(viewer).get(URL).status_code) == (403, 403)
    expired = api(superuser, lifetime=timedelta(seconds=-1))
    assert expired.get(URL).status_code == 401
    assert expired.post(f"{URL}{told.pk}/acknowledge/").status_code == 401


def test_without_a_token_nobody_may(api, superuser, organization, settings):
    settings.ALERTS_TOKEN = ""
    assert post(api, message(alert()), token="").status_code == 401
    refused = api(superuser).post(URL, message(alert()), format="json")
    assert "set ALERTS_TOKEN" in refused.json()["detail"]


def test_the_token_of_alertmanager_opens_nothing_else(api, organization):
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Token {TOKEN}")
    assert client.get(URL).status_code == 401
    assert client.get("/api/v1/risks/").status_code == 401


# --- Reading and acting ---------------------------------------------------------------------------
@pytest.fixture
def told(api):
    post(api, message(alert()))
    return Alert.objects.get()


def test_superusers_read_them_and_nobody_else(api, superuser, admin, organization, told):
    listed = api(superuser).get(URL, {"firing": "true"}).json()
    assert [row["summary"] for row in listed["results"]] == ["Redis is nearly full"]
    assert api(superuser).get(URL, {"firing": "false"}).json()["results"] == []
    assert api(admin).get(URL).status_code == 403


def test_one_person_acknowledges(api, superuser, organization, told):
    place = f"{URL}{told.pk}/acknowledge/"
    assert api(superuser).post(place).json()["acknowledged_by"] == str(superuser.pk)
    assert api(superuser).post(place).status_code == 409


def test_a_read_only_token_changes_nothing(api, superuser, organization, told):
    refused = api(superuser, read_only=True).post(f"{URL}{told.pk}/acknowledge/")
    assert (refused.status_code, Alert.objects.get().acknowledged_at) == (403, None)


def test_it_becomes_a_draft_risk_on_the_asset_that_it_names(api, superuser, organization, told):
    asset = make_asset(organization, name="Cache", hostnames=["cache.example.com"])
    make_asset(organization, name="Another")
    raised = api(superuser).post(f"{URL}{told.pk}/raise-risk/")
    risk = Risk.objects.get(pk=raised.json()["id"])
    assert (raised.status_code, risk.status, list(risk.assets.all())) == (201, "draft", [asset])
    assert "It uses 93 %." in risk.description
    again = api(superuser).post(f"{URL}{told.pk}/raise-risk/")
    assert (again.status_code, Risk.objects.count()) == (409, 1)


def test_it_becomes_a_finding_and_the_same_alert_later_is_the_same_one(
    api, superuser, organization, told
):
    first = api(superuser).post(f"{URL}{told.pk}/raise-finding/").json()["id"]
    post(api, message(alert(startsAt="2026-03-02T08:00:00Z")))
    later = Alert.objects.get(ends_at=None)
    second = api(superuser).post(f"{URL}{later.pk}/raise-finding/").json()["id"]
    assert (first, Finding.objects.get().severity) == (second, "critical")


@pytest.mark.parametrize(
    ("label", "known"),
    [
        ({"asset": "DB-1"}, {"external_id": "db-1"}),
        ({"instance": "10.0.0.7:9187"}, {"addresses": ["10.0.0.7"]}),
        ({"instance": "http://shop.example.com/health"}, {"hostnames": ["shop.example.com"]}),
        ({"instance": "[2001:db8::1]:9100"}, {"addresses": ["2001:db8::1"]}),
        ({"datname": "openrisk"}, {"name": "OpenRisk"}),
    ],
)
def test_labels_name_assets(organization, label, known):
    asset = make_asset(organization, **{"name": "That one"} | known)
    assert inbox.find_named_asset(organization, label) == asset


def test_a_name_of_several_assets_or_of_another_organization_names_none(
    organization, other_organization
):
    for name in ("One", "Two"):
        make_asset(organization, name=name, hostnames=["shared.example.com"])
    make_asset(other_organization, name="elsewhere")
    assert inbox.find_named_asset(organization, {"instance": "shared.example.com:80"}) is None
    assert inbox.find_named_asset(organization, {"instance": "elsewhere"}) is None


# --- The page -------------------------------------------------------------------------------------
@pytest.fixture
def operator(superuser, organization):
    client = Client()
    client.force_login(superuser)
    return client


def test_the_page_shows_what_fires(operator, told):
    page = operator.get("/monitoring/").content.decode()
    assert "1 alert firing" in page
    assert "Redis is nearly full" in page
    assert "Monitoring has never reported" in page


def test_the_page_links_to_addresses_of_the_web_and_shows_others_as_text(api, operator):
    links = {"runbook_url": "javascript:alert(1)", "dashboard_url": "https://grafana.example.com/d"}
    post(api, message(alert(annotations=links)))
    page = operator.get("/monitoring/").content.decode()
    assert 'href="https://grafana.example.com/d"' in page
    assert "Runbook: javascript:alert(1)" in page
    assert 'href="javascript' not in page


def test_the_page_is_for_superusers(client, admin):
    client.force_login(admin)
    assert client.get("/monitoring/").status_code == 403


def test_silence_of_the_heartbeat_shows_on_the_page_and_in_the_health(
    api, operator, superuser, organization
):
    now = timezone.now()
    post(api, message(alert("Watchdog", labels={"alertname": "Watchdog", "severity": "none"})))
    assert "silent" not in operator.get("/monitoring/").content.decode()
    assert "No active alerts" in operator.get("/monitoring/").content.decode()
    with time_machine.travel(now + timedelta(minutes=7, seconds=5), tick=False):
        assert "Monitoring silent for 7 min" in operator.get("/monitoring/").content.decode()
        found = api(superuser).get("/health/detail").json()["monitoring"]
    assert (found["state"], found["silent_seconds"] // 60) == ("silent", 7)


def test_buttons_acknowledge_and_raise(operator, superuser, told):
    place = f"/monitoring/alerts/{told.pk}/step/"
    operator.post(place, {"step": "acknowledge"})
    risk, finding = ({"step": step, "organization": "acme"} for step in ("risk", "finding"))
    assert "Choose the organization" in operator.post(place, {"step": "risk"}, follow=True).text
    assert operator.post(place, risk)["Location"] == "/o/acme/risks/R-0001/"
    operator.post(place, finding)
    told.refresh_from_db()
    assert (told.acknowledged_by, told.risk.reference) == (superuser, "R-0001")
    assert told.finding.rule == "HighRedisMemory"
    again = operator.post(place, risk, follow=True).content.decode()
    assert "The risk R-0001 was already raised" in again


def test_buttons_are_for_superusers(client, organization, told):
    client.force_login(member(Role.ADMIN, organization, "boss"))
    place = f"/monitoring/alerts/{told.pk}/step/"
    assert client.post(place, {"step": "acknowledge"}).status_code == 403
    assert Alert.objects.get().acknowledged_at is None


# --- Health in detail -----------------------------------------------------------------------------
def test_health_in_detail_is_for_superusers(api, superuser, admin, organization):
    assert api(admin).get("/health/detail").status_code == 403
    assert api().get("/health/detail").status_code == 401
    found = api(superuser).get("/health/detail").json()
    assert found.keys() >= {"status", "pool", "cache", "queue", "connectors", "monitoring"}
    assert (found["queue"]["tasks"]["ready"], found["pool"]["profile"]) == (0, "dev")
