"""A browser, and a register to look at with it."""

import os
import shutil
import threading
from datetime import timedelta
from functools import partial

import pytest
from django.conf import settings
from django.utils import timezone

from dashboards.models import Board
from dashboards.pages.widgets import CATALOGUE
from deployment.local.calibration import patience
from deployment.local.waiting import wait_until
from monitoring.models import Alert
from openrisk.caching.freshness import snapshots
from risks.services.risks import create_risk

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="package")
def browser():
    playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is missing")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    # Playwright's event loop would make Django refuse the database in this thread.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with playwright_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
            ],
        )
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def register(organization, manager):
    for title, likelihood, impact in (
        ("Ransomware on the file server", 4, 5),
        ("Fire in the archive", 2, 3),
        ("Unclear supplier", None, None),
    ):
        create_risk(
            actor=manager,
            organization=organization,
            title=title,
            inherent_likelihood=likelihood,
            inherent_impact=impact,
        )


@pytest.fixture
def open_page(browser, live_server, client):
    """`open_page(user, **options)`: an empty page of a new with a session of the user."""
    contexts, others = [], set(threading.enumerate())

    def open_context(user, **options):
        # By the cookie: the form takes as long as what most tests are about.
        client.force_login(user)
        session = {"name": settings.SESSION_COOKIE_NAME, "url": live_server.url}
        session["value"] = client.cookies[settings.SESSION_COOKIE_NAME].value
        context = browser.new_context(base_url=live_server.url, **options)
        context.set_default_timeout(patience(30) * 1000)
        contexts.append(context)
        context.add_cookies([session])
        return context.new_page()

    yield open_context
    for context in contexts:
        context.close()
    # A request still being answered would hold the tables that are emptied next.
    wait_until(lambda: not _answering(others), "the server has answered all requests")


def _answering(others):
    """The threads of the live server: those that answer requests and were not there before."""
    return [
        thread
        for thread in threading.enumerate()
        if "process_request_thread" in thread.name and thread not in others
    ]


@pytest.fixture
def page(open_page, manager, register):
    """`page(**options)`: the same for the manager of a register."""
    return partial(open_page, manager)


@pytest.fixture
def everything(organization, manager):
    """A shared board of every figure there is."""
    names = [name for name in CATALOGUE if not name.startswith(("number:", "breakdown:"))]
    return Board.objects.create(
        organization=organization,
        owner=manager,
        name="Everything",
        slug="everything",
        shared=True,
        widgets=[
            {"name": name, "wide": True} for name in ("number:open", "breakdown:owner", *names)
        ],
    )


@pytest.fixture
def operating(manager):
    """The page of the cache, with the explanation of a URL, for its manager made a superuser."""
    manager.is_superuser = True
    manager.save()
    yield f"/monitoring/cache/?url=/api/v1/risks/&user={manager.email}"
    snapshots.close_connection()


@pytest.fixture
def alerts(live_server):
    """One that fires, one that has ended."""
    for name, fires in (("RedisDown", True), ("LowCacheHitRate", False)):
        Alert.objects.create(
            fingerprint=name,
            name=name,
            severity="critical" if fires else "warning",
            summary=f"The summary of {name}",
            description="What has happened, in a sentence.",
            runbook_url=f"{live_server.url}/monitoring/runbooks/{name}/",
            labels={"alertname": name, "instance": "redis:6379"},
            starts_at=timezone.now() - timedelta(minutes=9),
            ends_at=None if fires else timezone.now(),
            seen_at=timezone.now(),
        )
