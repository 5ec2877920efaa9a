"""The page of the installation: its alerts, its parts, and what can be done there."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from monitoring.health import health_detail
from monitoring.models import Alert
from monitoring.pages.overview import describe_parts
from openrisk.accounts.models import Role
from openrisk.caching.inspection import statistics
from openrisk.caching.inspection.statistics import CacheCounters
from tests.conftest import member
from tests.monitoring.messages import alert, message, post


@pytest.fixture
def health(db):
    return health_detail.collect_health_detail()


def part(health, name):
    """(tone, state, words) of a part of the page."""
    return next(row[1:] for row in describe_parts(health) if row[0] == name)


def test_more_connections_than_the_budget_are_a_warning(health):
    health["pool"] |= {"demand": 13, "budget": 10, "waiting": None}
    tone, _, words = part(health, "Database connections")
    assert (tone, "more than the budget" in words) == ("near", True)
    health["pool"]["budget"] = 13
    assert part(health, "Database connections")[0] == "within"


def test_busy_machine_is_slow_and_not_away(health):
    health |= {"status": "not ready", "database": "It did not answer within 0.5 seconds."}
    assert part(health, "Application")[:2] == ("near", "slow")


def test_missing_migration_is_not_ready(health):
    health |= {"status": "not ready", "migrations": "1 are not applied"}
    assert part(health, "Application") == ("breached", "not ready", "1 are not applied")


@pytest.mark.parametrize(
    ("requests", "words"),
    [
        ({}, "no answers yet"),
        ({("value", "memory", "hit"): 1, ("value", "view", "miss"): 3}, "25.0 %"),
    ],
)
def test_both_pages_say_the_same_of_hits(client, superuser, monkeypatch, requests, words):
    counted = CacheCounters("this process alone")
    counted.requests.update(requests)
    monkeypatch.setattr(statistics, "read_counters", lambda: counted)
    client.force_login(superuser)
    overview = client.get("/monitoring/").content.decode()
    cache = client.get("/monitoring/cache/").content.decode()
    assert (words in overview, words in cache) == (True, True)


# --- Alerts -----------------------------------------------------------------------------------
def test_page_shows_firing_alerts(operator, stored_alert):
    page = operator.get("/monitoring/").content.decode()
    assert "1 alert firing" in page
    assert "Redis is nearly full" in page
    assert "Monitoring has never reported" in page


def test_page_links_only_to_web_addresses(alerts_token, api, operator):
    links = {"runbook_url": "javascript:alert(1)", "dashboard_url": "https://grafana.example.com/d"}
    post(api, message(alert(annotations=links)))
    page = operator.get("/monitoring/").content.decode()
    assert 'href="https://grafana.example.com/d"' in page
    assert "Runbook: javascript:alert(1)" in page
    assert 'href="javascript' not in page


def test_page_is_for_superusers(client, admin):
    client.force_login(admin)
    assert client.get("/monitoring/").status_code == 403


def test_silent_heartbeat_is_reported(alerts_token, api, operator, superuser, organization):
    now = timezone.now()
    post(api, message(alert("Watchdog", labels={"alertname": "Watchdog", "severity": "none"})))
    assert "silent" not in operator.get("/monitoring/").content.decode()
    assert "No active alerts" in operator.get("/monitoring/").content.decode()
    with time_machine.travel(now + timedelta(minutes=7, seconds=5), tick=False):
        assert "Monitoring silent for 7 min" in operator.get("/monitoring/").content.decode()
        health = api(superuser).get("/health/detail").json()["monitoring"]
    assert (health["state"], health["silent_seconds"] // 60) == ("silent", 7)


def test_buttons_acknowledge_and_raise(operator, superuser, stored_alert):
    url = f"/monitoring/alerts/{stored_alert.pk}/step/"
    operator.post(url, {"step": "acknowledge"})
    risk, finding = ({"step": step, "organization": "acme"} for step in ("risk", "finding"))
    assert "Choose the organization" in operator.post(url, {"step": "risk"}, follow=True).text
    assert operator.post(url, risk)["Location"] == "/o/acme/risks/R-0001/"
    operator.post(url, finding)
    stored_alert.refresh_from_db()
    assert (stored_alert.acknowledged_by, stored_alert.risk.reference) == (superuser, "R-0001")
    assert stored_alert.finding.rule == "HighRedisMemory"
    again = operator.post(url, risk, follow=True).content.decode()
    assert "The risk R-0001 was already raised" in again


def test_buttons_are_for_superusers(client, organization, stored_alert):
    client.force_login(member(Role.ADMIN, organization, "boss"))
    url = f"/monitoring/alerts/{stored_alert.pk}/step/"
    assert client.post(url, {"step": "acknowledge"}).status_code == 403
    assert Alert.objects.get().acknowledged_at is None
