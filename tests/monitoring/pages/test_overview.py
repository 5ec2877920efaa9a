"""The page of the installation says the same as the others, and no more than is known."""

import pytest

from monitoring.health import health_detail
from monitoring.pages.overview import describe_parts
from openrisk.caching.inspection import statistics
from openrisk.caching.inspection.statistics import CacheCounters


@pytest.fixture
def found(db):
    return health_detail.collect_health_detail()


def part(found, name):
    """(tone, state, words) of a part of the page."""
    return next(row[1:] for row in describe_parts(found) if row[0] == name)


def test_more_connections_than_the_budget_are_a_warning(found):
    found["pool"] |= {"demand": 13, "budget": 10, "waiting": None}
    tone, _, words = part(found, "Database connections")
    assert (tone, "more than the budget" in words) == ("near", True)
    found["pool"]["budget"] = 13
    assert part(found, "Database connections")[0] == "within"


def test_busy_machine_is_slow_and_not_away(found):
    found |= {"status": "not ready", "database": "It did not answer within 0.5 seconds."}
    assert part(found, "Application")[:2] == ("near", "slow")


def test_missing_migration_is_not_ready(found):
    found |= {"status": "not ready", "migrations": "1 are not applied"}
    assert part(found, "Application") == ("breached", "not ready", "1 are not applied")


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
