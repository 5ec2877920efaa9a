"""The shipped files at work: real daemons, real faults, and what reaches Slack and the inbox.

In order: the stack is one for all of these, and faults come last.
"""

import itertools
import threading
import time
from contextlib import ExitStack, suppress

import httpx
import pytest

from deployment.local.drill.faults import FAULTS
from deployment.local.files import ROOT
from deployment.local.stack import Stack
from deployment.local.waiting import wait_until
from tests.deployment.monitoring import metrics
from tests.deployment.monitoring.conftest import FASTER

HEALTHY_MINUTES = 12  # of rules
DETECTED_SECONDS = 40  # with durations divided by 60
REPORTS = ROOT / "tests/marketplace/reports"
# What a short life without events does not have: a metric begins with the first one.
WITHOUT_SAMPLES = {
    "openrisk_cache_undeclared_reads_total",
    "openrisk_tasks_failed_recently",
}


def minutes(number):
    """Seconds that so many minutes of rules take in this drill."""
    return number * 60 / FASTER


@pytest.fixture(scope="session")
def client(stack: Stack):
    with stack.client() as client:
        yield client


@pytest.fixture(scope="session", autouse=True)
def _working_day(stack: Stack, client):
    """Somebody imports a register and a scan; then one person reads, and another one writes."""
    _import(client)
    over = threading.Event()
    risk = client.get("/api/v1/risks/").json()["results"][0]["id"]
    work = (
        # Over three days, objectives are judged where there are enough requests.
        (0.02, lambda: client.get("/api/v1/risks/")),
        (1.5, lambda: client.patch(f"/api/v1/risks/{risk}/", json={"title": str(time.time())})),
    )

    def repeat(every, what):
        while not over.wait(every):
            with suppress(httpx.HTTPError):
                what()

    threads = [threading.Thread(target=repeat, args=one, daemon=True) for one in work]
    for thread in threads:
        thread.start()
    yield
    over.set()
    for thread in threads:
        thread.join(5)


def _import(client):
    with (REPORTS / "register.csv").open("rb") as file:
        assert client.post("/api/v1/imports/", files={"file": file}).status_code == 201
    base = "/api/v1/marketplace"
    app = client.post(f"{base}/apps/", json={"connector": "trivy"}).json()
    place = f"{base}/apps/{app['id']}"
    assert client.post(f"{place}/test/").status_code < 300
    wait_until(lambda: client.get(f"{place}/").json()["state"] == "tested", "the app is tested", 60)
    with (REPORTS / "trivy.json").open("rb") as file:
        assert client.post(f"{place}/sync/", files={"file": file}).status_code == 202


def test_health_is_quiet(stack, slack):
    told = len(slack.messages)  # of the start, if anything
    seen, until = set(), time.monotonic() + minutes(HEALTHY_MINUTES)
    while time.monotonic() < until:
        seen |= stack.firing()
        time.sleep(0.25)
    assert seen == {"Watchdog"}
    assert slack.messages[told:] == []


def test_every_target_answers(stack):
    wait_until(
        lambda: {row["value"][1] for row in stack.query("up")} == {"1"},
        "every target answers",
        10,
        lambda: stack.query("up"),
    )
    jobs = {row["metric"]["job"] for row in stack.query("up")}
    assert jobs == {"openrisk", "postgres", "redis", "blackbox", "alertmanager", "prometheus"}


def test_the_heartbeat_stands_in_the_inbox(stack):
    wait_until(lambda: "Watchdog" in stack.inbox(), "the inbox has the Watchdog", 5, stack.inbox)


def test_every_metric_that_is_used_exists(stack):
    known = set(stack.names())
    assert metrics.listed() - known == WITHOUT_SAMPLES - known
    assert "openrisk_nothing" not in known


PANELS = [
    (where, expression)
    for where, expression in metrics.queries()
    if where.startswith("openrisk-") and "ALERTS" not in expression
]


def test_four_faults_at_once_reach_slack_each_on_its_channel_and_are_over(stack, slack):
    began = time.monotonic()
    with ExitStack() as faults:
        for fault in FAULTS.values():
            faults.enter_context(fault.begin(stack))
        firing = {
            fault.alert: slack.wait_for(
                fault.alert, "firing", since=began, seconds=DETECTED_SECONDS
            )
            for fault in FAULTS.values()
        }
        told = {alert: message.channel for alert, message in firing.items()}
    mended = time.monotonic()
    assert told == {fault.alert: fault.channel for fault in FAULTS.values()}
    for fault in FAULTS.values():
        slack.wait_for(fault.alert, "resolved", since=mended, seconds=DETECTED_SECONDS)


def test_they_stand_in_the_inbox_too(stack):
    assert {fault.alert for fault in FAULTS.values()} <= stack.inbox()


def test_every_query_of_a_panel_returns_data(stack):
    """After the faults: bands of anomalies take some time to have a past."""
    window = f"{minutes(10):.0f}s"
    empty = {where for where, _ in PANELS}

    def all_have_data():
        empty.intersection_update(
            where
            for where, expression in PANELS
            if where in empty and not stack.query(metrics.at_once(expression, window))
        )
        return not empty

    wait_until(all_have_data, "every panel has data", 30, lambda: sorted(empty))


def test_the_hit_ratio_is_what_was_asked(stack, client):
    """Three of ten reads are asked for the first time. (It comes late: it is a fault by itself.)"""
    (expression,) = [
        expression
        for where, expression in PANELS
        if where == "openrisk-performance: Cache hit ratio"
    ]
    view = expression.replace('result="hit"', 'view="assets-list",result="hit"')
    view = view.replace("result=~", 'view="assets-list",result=~')
    numbers = itertools.count()
    client.get("/api/v1/assets/")
    over = time.monotonic() + minutes(8)
    while time.monotonic() < over:
        for turn in range(10):
            new = f"?page_size={next(numbers) % 190 + 2}" if turn % 10 in (2, 5, 8) else ""
            assert client.get(f"/api/v1/assets/{new}").status_code == 200
        time.sleep(minutes(0.25))  # as often in a longer time: each new size is asked once
    shown = stack.value(metrics.at_once(view, f"{minutes(6):.0f}s"))
    assert shown == pytest.approx(0.70, abs=0.03)


def test_redis_that_is_down_is_said_and_silences_what_follows_from_it(stack, slack, client):
    began = time.monotonic()
    stack.stop_redis()
    message = slack.wait_for("RedisDown", "firing", since=began, seconds=20)
    assert message.channel == "#critical-alerts"
    assert client.get("/api/v1/risks/").status_code == 200
    assert slack.find("CacheBreakerOpen", "firing", since=began) is None
