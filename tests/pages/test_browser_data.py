"""Every page in headless Chromium with data as people enter it: one long word, a long address, a
digest. No page is wider than its window, and the browser refuses nothing that a page asks for."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboards.models import Board
from marketplace.installations import lifecycle
from marketplace.models import SyncRun
from marketplace.packs import installation
from marketplace.packs.archive import shipped_packs
from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.models import Role
from risks.models import Finding, LikelihoodSuggestion, Risk
from risks.services.acceptances import request_acceptance
from risks.services.mitigations import create_action, create_mitigation
from risks.services.risks import create_risk, take_transition, update_risk
from tests.risks.factories import (
    make_asset,
    make_category,
    make_control,
    make_finding,
    make_framework,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WORD = "W" * 255
URL = f"https://example.org/{'a' * 60}?token={'0123456789abcdef' * 8}"
DIGEST = "sha512:" + "0123456789abcdef" * 8
LARGEST = (1440, 900)
SMALLER = ((1024, 768), (390, 844))

PAGES = (
    "/o/acme/",
    "/o/acme/risks/",
    "/o/acme/risks/R-0001/",
    "/o/acme/risks/R-0001/edit/",
    "/o/acme/risks/R-0001/delete/",
    "/o/acme/risks/new/",
    "/o/acme/controls/",
    "/o/acme/controls/coverage/",
    "/o/acme/dashboards/",
    "/o/acme/dashboards/analyst/",
    "/o/acme/dashboards/everything/",
    "/o/acme/dashboards/everything/edit/",
    "/o/acme/marketplace/",
    "/o/acme/marketplace/connectors/trivy/",
    "/o/acme/marketplace/apps/{app}/",
    "/o/acme/marketplace/runs/{run}/",
    "/o/acme/marketplace/packs/openrisk.starter-risks/",
    "/o/acme/marketplace/packs/changes/{change}/",
    "/organization/",
    "/monitoring/",
    "/monitoring/cache/",
    "/monitoring/runbooks/",
    "/monitoring/runbooks/RedisDown/",
)


@pytest.fixture
def words(organization, manager, analyst):
    """The register of the tests, every text of it one long word. Returns the pages to look at."""
    set_role(user=manager, organization=organization, role=Role.ADMIN)
    manager.is_superuser = True
    manager.save()
    risk = Risk.objects.get(number=1)
    category = make_category(organization, WORD[:100])
    type(category).objects.update(appetite=4)
    update_risk(
        actor=manager,
        instance=risk,
        title=WORD,
        description=f"{URL} {DIGEST}\n{WORD}",
        category=category,
        owner=manager,
        tags=[WORD[:50], DIGEST[:50]],
        assets=[make_asset(organization, WORD[:200])],
        controls=[make_control(make_framework(organization, WORD[:100]), title=URL)],
        external_id=DIGEST[:60],
        extra={WORD[:60]: URL},
        next_review_at=timezone.now() - timedelta(days=2),
        comment=f"{URL} {WORD}",
    )
    create_risk(
        actor=manager,
        organization=organization,
        title=URL,
        owner_name=WORD[:100],
        inherent_likelihood=5,
        inherent_impact=5,
    )
    owner = {"actor": manager, "organization": organization}
    plan = create_mitigation(risk=risk, title=WORD, description=URL, owner=manager, **owner)
    due = timezone.now().date()
    create_action(actor=manager, mitigation=plan, title=DIGEST, due_date=due)
    LikelihoodSuggestion.objects.create(
        organization=organization, risk=risk, key="CVE", present=4, likelihood=5, reason=URL
    )
    make_finding(organization)
    Finding.objects.update(risk=risk, rule=DIGEST[:100], title=URL)
    take_transition(actor=manager, risk=risk, to="assessed", comment=URL)
    request_acceptance(
        actor=analyst,
        risk=risk,
        justification=WORD,
        conditions=URL,
        expires_at=timezone.now() + timedelta(days=3),
    )
    Board.objects.update(name=WORD[:80])
    app = lifecycle.install_app(connector="trivy", name=WORD[:100], **owner)
    run = SyncRun.objects.create(
        organization=organization, app=app, mode="preview", file_name=WORD, error=URL
    )
    library = shipped_packs()["openrisk.starter-risks"]
    change = installation.preview_pack(pack=library, **owner)
    keys = {"app": app.pk, "run": run.pk, "change": change.pk}
    return [page.format(**keys) for page in PAGES]


# What is wider than the window, the innermost first; nothing where the page is not.
STICKING_OUT = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return null;
  return [...document.querySelectorAll('body *')].reverse()
    .filter(e => e.getBoundingClientRect().right > width + 0.5 && !e.closest('.scroll, .sr'))
    .slice(0, 5).map(e => `${e.tagName}.${e.className} ${e.textContent.trim().slice(0, 30)}`);
}"""


# [address, button] of each form with a line of text whose first button takes a step.
DEFAULT_BUTTONS = """() => {
  const steps = ['to', 'decision', 'step', 'confirmed'];
  const lines = 'input:not([type]), input[type=text], input[type=search], input[type=number], ' +
    'input[type=date], input[type=email], input[type=password], input[type=url]';
  const found = [];
  for (const form of document.forms) {
    if (form.method !== 'post') continue;
    const own = [...form.elements];
    if (!own.some(e => e.matches(lines))) continue;
    const first = own.find(e => e.matches('button:not([type=button]), input[type=submit]'));
    const arranges = first && first.name === 'action' && first.value !== 'save';
    if (first && (steps.includes(first.name) || arranges))
      found.push([form.action, first.name]);
  }
  return found;
}"""


def test_no_page_is_too_wide_refused_anything_or_harmful(page, everything, words, alerts):
    tab = page()
    said, faults = [], []
    tab.on("console", lambda message: said.append((tab.url, message.text)))
    tab.on("pageerror", lambda error: said.append((tab.url, str(error))))
    for path in words:
        assert tab.goto(path).status == 200, path
        for chart in tab.locator(".chart svg").all():
            chart.hover()  # which shows its tooltip
            tab.mouse.move(300, 300)
        # Enter in a line of text presses the first submit button of its form.
        faults += [(path, *button) for button in tab.evaluate(DEFAULT_BUTTONS)]
        for width, height in (*SMALLER, LARGEST):
            tab.set_viewport_size({"width": width, "height": height})
            if sticking_out := tab.evaluate(STICKING_OUT):
                faults.append((path, width, sticking_out))
    assert (faults, said) == ([], [])


def test_tooltip_of_a_chart_names_its_lines_apart(page):
    tab = page()
    tab.goto("/o/acme/")
    tab.locator(".chart svg").first.hover()
    tooltip = tab.locator(".chart svg text", has_text="Exposure")
    tooltip.last.wait_for()
    # In the legend, at the axis, and now in the tooltip, as texts of their own.
    assert tooltip.count() >= 3


def test_enter_in_a_reason_moves_nothing(page, words):
    tab = page()
    tab.goto("/o/acme/risks/R-0001/")
    before = Risk.objects.get(number=1).status
    for area in tab.locator("main textarea").all():
        area.evaluate("area => { const d = area.closest('details'); if (d) d.open = true; }")
        area.fill("A note")
        area.press("Enter")
    assert tab.url.endswith("/o/acme/risks/R-0001/")
    assert Risk.objects.get(number=1).status == before


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
def test_closing_asks_on_a_page_first(page, register, javascript):
    tab = page(java_script_enabled=javascript)
    tab.goto("/o/acme/risks/R-0002/")
    tab.get_by_role("button", name="Move to Closed").click()
    assert Risk.objects.get(number=2).status == "identified"
    tab.get_by_role("button", name="Move to Closed").click()
    tab.get_by_role("status").filter(has_text="The risk is now closed").wait_for()
    assert Risk.objects.get(number=2).status == "closed"


def test_filter_says_when_the_server_is_out_of_reach(page):
    tab = page()
    tab.goto("/o/acme/risks/")
    tab.context.set_offline(True)
    tab.get_by_role("searchbox", name="Search").fill("archive")
    alert = tab.get_by_role("alert")
    alert.wait_for()
    assert "cannot be reached" in alert.inner_text()
    assert tab.get_by_role("searchbox", name="Search").input_value() == "archive"
    tab.context.set_offline(False)
    alert.get_by_role("button", name="Try again").click()
    tab.get_by_role("link", name="Ransomware on the file server").wait_for(state="detached")
    assert tab.get_by_role("alert").count() == 0
