"""The rating picker and the search-select in headless Chromium, by keyboard alone."""

import pytest

from risks.models import Risk
from tests.risks.factories import make_asset

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_risk_is_rated_and_linked_by_keyboard(page, organization):
    make_asset(organization, "File server")
    tab = page()
    tab.goto("/o/acme/risks/new/")
    tab.get_by_label("Title").fill("Power cut")
    tab.get_by_label("Likelihood").first.select_option("3")
    tab.get_by_text("Choose the impact too").wait_for()
    cell = tab.get_by_role("button", name="Likelihood 3 Possible, impact 1").first
    cell.press("ArrowRight")
    tab.keyboard.press("ArrowUp")
    tab.keyboard.press("Enter")
    assert tab.locator("[data-result]").first.inner_text() == "Medium 8"
    tab.get_by_text("Assets, controls, tags").click()
    box = tab.get_by_role("combobox", name="Assets")
    box.fill("server")
    tab.get_by_role("option", name="File server").wait_for()
    box.press("Enter")
    box.fill("Generator")
    tab.get_by_role("option", name="Create asset “Generator”").wait_for()
    box.press("Enter")
    tab.get_by_role("button", name="Save", exact=True).last.click()
    tab.get_by_role("heading", name="Power cut").wait_for()
    risk = Risk.objects.get(title="Power cut")
    assert risk.inherent_score == 8
    assert sorted(risk.assets.values_list("name", flat=True)) == ["File server", "Generator"]
