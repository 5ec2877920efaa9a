"""The pages in headless Chromium: without JavaScript, in both themes, by keyboard, on a phone."""

import pytest

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
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
    if (element.closest('.visually-hidden, .skip-link, :disabled, script')) continue;
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

# Charts are drawn anew in the colours of the other theme. A page without anything to paint may get
# no frame at all, so a second is the most that is waited for one.
DRAWN = """() => new Promise(done => {
  requestAnimationFrame(() => requestAnimationFrame(done));
  setTimeout(done, 1000);
})"""


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
def test_from_the_heat_map_to_a_transition(page, manager, javascript):
    tab = page(java_script_enabled=javascript)
    tab.context.clear_cookies()
    tab.goto("/login/")
    tab.get_by_label("E-mail").fill(manager.email)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Log in").click()
    tab.wait_for_url("**/")
    tab.locator("table.heat-map a", has_text="Critical").filter(has_text="1").first.click()
    tab.get_by_role("link", name="Ransomware on the file server").click()
    tab.get_by_role("button", name="Move to Assessed").first.click()
    tab.get_by_role("status").filter(has_text="The risk is now assessed").wait_for()
    assert tab.get_by_text("Needs an approved acceptance").count() == 1


def test_search_swaps_the_table_and_the_address(page):
    tab = page()
    tab.goto("/o/acme/risks/")
    tab.get_by_role("searchbox", name="Search").fill("archive")
    tab.get_by_role("link", name="Ransomware on the file server").wait_for(state="detached")
    assert tab.get_by_role("link", name="Fire in the archive").count() == 1
    assert tab.url.endswith("search=archive")


@pytest.mark.parametrize(
    "path",
    [
        "/o/acme/",
        "/o/acme/risks/",
        "/o/acme/risks/R-0001/",
        "/o/acme/risks/R-0001/edit/",
        "/o/acme/settings/tags/",
        "/o/acme/dashboards/",
        "/o/acme/dashboards/analyst/",
        "/o/acme/dashboards/everything/",
        "/o/acme/dashboards/everything/edit/",
        "/o/acme/marketplace/",
        "/o/acme/marketplace/connectors/json-feed/",
        "/o/acme/marketplace/packs/openrisk.starter-risks/",
    ],
)
def test_contrast_structure_and_what_axe_finds(page, everything, path):
    tab = page()
    tab.goto(path)
    assert faults_of(tab) == []


def faults_of(tab):
    """What our own checks and axe have to say against the page that is shown, in both themes."""
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
    light = [*tab.evaluate(CONTRAST), *tab.evaluate(STRUCTURE), *violations(tab, rules)]
    tab.emulate_media(color_scheme="dark")
    tab.evaluate(DRAWN)
    dark = [*tab.evaluate(CONTRAST), *violations(tab, {"runOnly": ["color-contrast"]})]
    tab.emulate_media(color_scheme="light")
    return light + dark


def violations(tab, rules):
    return axe.Axe().run(tab, options=rules).response["violations"]


def test_pages_of_monitoring(page, operating, alerts):
    tab = page()
    tab.goto("/o/acme/")
    tab.get_by_role("link", name="Monitoring").click()
    tab.get_by_role("heading", name="1 alert firing").wait_for()
    assert faults_of(tab) == []
    tab.get_by_role("button", name="Draft a risk").click()
    tab.get_by_text("is now a draft in").wait_for()
    tab.goto("/monitoring/")
    tab.get_by_role("link", name="Runbook", exact=True).click()
    tab.get_by_role("heading", name="Mitigation").wait_for()
    assert faults_of(tab) == []
    tab.goto("/monitoring/")
    tab.set_viewport_size({"width": 360, "height": 740})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360


def test_page_of_the_cache(page, operating):
    tab = page()
    tab.goto("/monitoring/")
    tab.get_by_role("link", name="Response cache").click()
    tab.goto(operating)
    assert tab.get_by_text("risks.risk of this organization").count() == 1
    assert faults_of(tab) == []
    tab.set_viewport_size({"width": 360, "height": 740})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360


def test_phone_does_not_scroll_sideways(page):
    tab = page(viewport={"width": 360, "height": 740})
    for path in ("/o/acme/", "/o/acme/risks/", "/o/acme/risks/R-0001/", "/o/acme/risks/new/"):
        tab.goto(path)
        assert tab.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_keyboard_reaches_the_content_first(page):
    tab = page()
    tab.goto("/o/acme/")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip-link"
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "main"


def test_nothing_is_loaded_from_elsewhere_or_refused(page, live_server):
    tab = page()
    requested, said = [], []
    tab.on("request", lambda request: requested.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    for path in ("/o/acme/", "/o/acme/risks/", "/o/acme/risks/R-0001/"):
        tab.goto(path)
    assert [url for url in requested if not url.startswith(live_server.url)] == []
    assert said == []
