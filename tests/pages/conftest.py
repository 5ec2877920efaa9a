"""A browser, and a register to look at with it."""

import os
import shutil
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from dashboards.models import Board
from dashboards.pages.widgets import CATALOGUE
from deployment.local.calibration import patience
from monitoring.models import Alert
from openrisk.caching.freshness import snapshots
from risks.services.risks import create_risk

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
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
def page(browser, live_server, client, manager, register):
    """`page(**options)`: an empty page of a new context in which the manager has logged in."""
    contexts = []
    # By the cookie: the form takes as long as what most tests are about.
    client.force_login(manager)
    session = {"name": settings.SESSION_COOKIE_NAME, "url": live_server.url}
    session["value"] = client.cookies[settings.SESSION_COOKIE_NAME].value

    def open_page(**options):
        context = browser.new_context(base_url=live_server.url, **options)
        context.set_default_timeout(patience(20) * 1000)
        contexts.append(context)
        context.add_cookies([session])
        return context.new_page()

    yield open_page
    for context in contexts:
        for tab in context.pages:
            # A request still being answered would hold the tables that are emptied next.
            tab.wait_for_load_state("networkidle")
        context.close()


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
