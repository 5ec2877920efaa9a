"""The pages in headless Chromium: without JavaScript, in both themes, by keyboard, on a phone."""

import os
import shutil
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from dashboards.models import Board
from dashboards.pages.widgets import CATALOGUE
from monitoring.models import Alert
from openrisk.caching import stamps
from risks.services.risks import create_risk
from tests.calibration import patience

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None, reason="Chromium is not installed: apt-get install chromium"
    ),
    pytest.mark.django_db(transaction=True),
]
PASSWORD = "a long enough password"

# The contrast of every text with what is painted behind it, as WCAG 2.2 defines it (1.4.3).
CONTRAST = """() => {
  const channel = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const over = (top, below) => {
    const a = top.length > 3 ? top[3] : 1;
    return [0, 1, 2].map(i => top[i] * a + below[i] * (1 - a));
  };
  const behind = element => {
    const layers = [];
    for (let e = element; e; e = e.parentElement)
      layers.push(parse(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((below, top) => top.length ? over(top, below) : below,
      matchMedia('(prefers-color-scheme: dark)').matches ? [0, 0, 0] : [255, 255, 255]);
  };
  const poor = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement, style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    if (!texts.currentNode.data.trim() || box.width < 2 || style.visibility === 'hidden') continue;
    if (element.closest('.sr, .skip, :disabled, script')) continue;
    const ground = behind(element), ink = over(parse(style.color), ground);
    const [a, b] = [light(ink), light(ground)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize), bold = Number(style.fontWeight) >= 700;
    const needed = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
    const ratio = (a + 0.05) / (b + 0.05);
    const start = texts.currentNode.data.trim().slice(0, 30);
    if (ratio < needed) poor.push(`${start}: ${ratio.toFixed(2)}`);
  }
  return poor;
}"""

# What a screen reader needs: names, labels, headings in order, tables with headers, unique ids.
STRUCTURE = """() => {
  const faults = [];
  const name = e => (e.getAttribute('aria-label') || e.textContent || e.title || '').trim()
    || [...e.querySelectorAll('img')].map(i => i.alt).join('').trim();
  const tell = (fault, e) => faults.push(fault + ': ' + e.outerHTML.slice(0, 80));
  for (const e of document.querySelectorAll('a[href], button')) if (!name(e)) tell('no name', e);
  for (const e of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
    if (!e.labels.length && !e.getAttribute('aria-label')) tell('no label', e);
  for (const t of document.querySelectorAll('table:not([aria-hidden])')) {
    if (!t.caption && !t.getAttribute('aria-label')) faults.push('table without caption');
    if (!t.querySelector('th')) faults.push('table without headers');
  }
  let last = 0;
  for (const h of document.querySelectorAll('h1, h2, h3, h4')) {
    const level = Number(h.tagName[1]);
    if (level > last + 1) faults.push('heading jumps: ' + h.innerText);
    last = level;
  }
  if (document.querySelectorAll('h1').length !== 1) faults.push('not one h1');
  if (!document.documentElement.lang) faults.push('no language');
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  for (const id of ids.filter((x, i) => ids.indexOf(x) !== i)) faults.push('id twice: ' + id);
  return faults;
}"""


@pytest.fixture(scope="module")
def browser():
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


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
def test_from_the_heat_map_to_a_transition(page, manager, javascript):
    tab = page(java_script_enabled=javascript)
    tab.context.clear_cookies()
    tab.goto("/login/")
    tab.get_by_label("E-mail").fill(manager.email)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Log in").click()
    tab.wait_for_url("**/")
    tab.locator("table.heat a", has_text="Critical").filter(has_text="1").first.click()
    tab.get_by_role("link", name="Ransomware on the file server").click()
    tab.get_by_role("button", name="Move here: Assessed").click()
    assert tab.get_by_role("status").filter(has_text="The risk is now assessed").count() == 1
    assert tab.get_by_text("Needs an approved acceptance").count() == 1


def test_search_swaps_the_table_and_the_address(page):
    tab = page()
    tab.goto("/o/demo/risks/")
    tab.get_by_label("Search").fill("archive")
    tab.get_by_role("link", name="Ransomware on the file server").wait_for(state="detached")
    assert tab.get_by_role("link", name="Fire in the archive").count() == 1
    assert tab.url.endswith("search=archive")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "path",
    [
        "/o/demo/",
        "/o/demo/risks/",
        "/o/demo/risks/R-0001/",
        "/o/demo/risks/R-0001/edit/",
        "/o/demo/dashboards/",
        "/o/demo/dashboards/analyst/",
        "/o/demo/dashboards/everything/",
        "/o/demo/dashboards/everything/edit/",
        "/o/demo/marketplace/",
        "/o/demo/marketplace/connectors/json-feed/",
        "/o/demo/marketplace/packs/openrisk.starter-risks/",
    ],
)
def test_contrast_structure_and_what_axe_finds(page, everything, scheme, path):
    tab = page(color_scheme=scheme)
    tab.goto(path)
    assert faults_of(tab) == []


def faults_of(tab):
    """What our own checks and axe have to say against the page that is shown."""
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
    found = axe.Axe().run(tab, options=rules).response["violations"]
    return [*tab.evaluate(CONTRAST), *tab.evaluate(STRUCTURE), *found]


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
    stamps.close()


@pytest.fixture
def alerts():
    """One that fires, one that has ended."""
    for name, fires in (("RedisDown", True), ("LowCacheHitRate", False)):
        Alert.objects.create(
            fingerprint=name,
            name=name,
            severity="critical" if fires else "warning",
            summary=f"The summary of {name}",
            description="What has happened, in a sentence.",
            runbook_url=f"/monitoring/runbooks/{name}/",
            labels={"alertname": name, "instance": "redis:6379"},
            starts_at=timezone.now() - timedelta(minutes=9),
            ends_at=None if fires else timezone.now(),
            seen_at=timezone.now(),
        )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_monitoring(page, operating, alerts, scheme):
    tab = page(color_scheme=scheme)
    tab.goto("/o/demo/")
    tab.get_by_role("link", name="Monitoring").click()
    assert tab.get_by_role("heading", name="1 alert firing").count() == 1
    assert faults_of(tab) == []
    tab.get_by_role("button", name="Draft a risk").click()
    assert tab.get_by_text("is a draft in").count() == 1
    tab.goto("/monitoring/")
    tab.get_by_role("link", name="Runbook", exact=True).click()
    assert tab.get_by_role("heading", name="Mitigation").count() == 1
    assert faults_of(tab) == []
    tab.goto("/monitoring/")
    tab.set_viewport_size({"width": 360, "height": 740})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_of_the_cache(page, operating, scheme):
    tab = page(color_scheme=scheme)
    tab.goto("/monitoring/")
    tab.get_by_role("link", name="Response cache").click()
    tab.goto(operating)
    assert tab.get_by_text("risks.risk of this organization").count() == 1
    assert faults_of(tab) == []
    tab.set_viewport_size({"width": 360, "height": 740})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360


def test_phone_does_not_scroll_sideways(page):
    tab = page(viewport={"width": 360, "height": 740})
    for path in ("/o/demo/", "/o/demo/risks/", "/o/demo/risks/R-0001/", "/o/demo/risks/new/"):
        tab.goto(path)
        assert tab.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_keyboard_reaches_the_content_first(page):
    tab = page()
    tab.goto("/o/demo/")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "main"


def test_nothing_is_loaded_from_elsewhere_or_refused(page, live_server):
    tab = page()
    requested, said = [], []
    tab.on("request", lambda request: requested.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    for path in ("/o/demo/", "/o/demo/risks/", "/o/demo/risks/R-0001/"):
        tab.goto(path)
    assert [url for url in requested if not url.startswith(live_server.url)] == []
    assert said == []
