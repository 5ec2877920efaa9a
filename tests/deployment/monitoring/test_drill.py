"""The shipped files at work: real daemons, real faults, and what reaches Slack and the inbox.

In order: the stack is one for all of these, and faults come last.
"""

import itertools
import threading
import time
from contextlib import ExitStack, suppress

import httpx
import pytest

from tests.deployment.monitoring import metrics
from tests.stack.faults import FAULTS
from tests.stack.files import ROOT
from tests.stack.stack import Stack

HEALTHY_SECONDS = 12
DETECTED_SECONDS = 40
REPORTS = ROOT / "tests/marketplace/reports"
# What a short life without events does not have: a metric begins with the first one.
WITHOUT_SAMPLES = {
    "openrisk_cache_undeclared_reads_total",
    "openrisk_tasks_failed_recently",
}


def wait_until(reached, seconds):
    deadline = time.monotonic() + seconds
    while not reached() and time.monotonic() < deadline:
        time.sleep(0.2)
    return reached()


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
    assert client.post(f"{place}/test/").json()["state"] == "tested"
    with (REPORTS / "trivy.json").open("rb") as file:
        assert client.post(f"{place}/sync/", files={"file": file}).status_code == 202


def test_health_is_quiet(stack, slack):
    told = len(slack.messages)  # of the start, if anything
    seen, until = set(), time.monotonic() + HEALTHY_SECONDS
    while time.monotonic() < until:
        seen |= stack.firing()
        time.sleep(0.25)
    assert seen == {"Watchdog"}
    assert slack.messages[told:] == []


def test_every_target_answers(stack):
    assert wait_until(lambda: {row["value"][1] for row in stack.query("up")} == {"1"}, 10)
    jobs = {row["metric"]["job"] for row in stack.query("up")}
    assert jobs == {"openrisk", "postgres", "redis", "blackbox", "alertmanager", "prometheus"}


def test_the_heartbeat_stands_in_the_inbox(stack):
    assert wait_until(lambda: "Watchdog" in stack.inbox(), 5)


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
        told = {alert: message and message.channel for alert, message in firing.items()}
    mended = time.monotonic()
    assert told == {fault.alert: fault.channel for fault in FAULTS.values()}
    over = {
        fault.alert: slack.wait_for(fault.alert, "resolved", since=mended, seconds=DETECTED_SECONDS)
        for fault in FAULTS.values()
    }
    assert [alert for alert, message in over.items() if message is None] == []


def test_they_stand_in_the_inbox_too(stack):
    assert {fault.alert for fault in FAULTS.values()} <= stack.inbox()


def test_every_query_of_a_panel_returns_data(stack):
    """After the faults: bands of anomalies take some time to have a past."""
    wait = {where for where, _ in PANELS}
    for _ in range(40):
        wait = {
            where
            for where, expression in PANELS
            if where in wait and not stack.query(metrics.at_once(expression, "10s"))
        }
        if not wait:
            break
        time.sleep(0.5)
    assert wait == set()


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
    over = time.monotonic() + 8
    while time.monotonic() < over:
        for turn in range(10):
            new = f"?page_size={next(numbers) % 190 + 2}" if turn % 10 in (2, 5, 8) else ""
            assert client.get(f"/api/v1/assets/{new}").status_code == 200
        time.sleep(0.25)
    shown = stack.value(metrics.at_once(view, "6s"))
    assert shown == pytest.approx(0.70, abs=0.03)


def test_redis_that_is_down_is_said_and_silences_what_follows_from_it(stack, slack, client):
    began = time.monotonic()
    stack.stop_redis()
    message = slack.wait_for("RedisDown", "firing", since=began, seconds=20)
    assert message is not None
    assert message.channel == "#critical-alerts"
    assert client.get("/api/v1/risks/").status_code == 200
    assert slack.find("CacheBreakerOpen", "firing", since=began) is None
