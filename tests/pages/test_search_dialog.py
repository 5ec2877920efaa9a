"""The dialog of the search and the single keys, in a browser."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_dialog_finds_and_opens_by_keyboard(page):
    tab = page()
    tab.goto("/o/acme/risks/")
    tab.keyboard.press("Control+k")
    expect(tab.locator("#search-list")).to_contain_text("New risk")
    tab.keyboard.type("boards")
    expect(tab.locator("#search-list .search-hit")).to_have_count(1)
    expect(tab.locator("#search-input")).to_have_attribute(
        "aria-activedescendant", "search-pages-1"
    )
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/o/acme/dashboards/")


def test_nothing_found_is_said_and_escape_closes(page):
    tab = page()
    tab.goto("/o/acme/risks/")
    tab.locator("#open-search").click()
    tab.keyboard.type("<zzqq>")
    expect(tab.locator("#search-notes")).to_contain_text("Nothing found for <zzqq>")
    tab.keyboard.press("Escape")
    expect(tab.locator("#search-dialog")).not_to_be_visible()


def test_single_keys_rest_while_someone_types_and_can_be_switched_off(page):
    tab = page()
    tab.goto("/o/acme/search/")
    tab.locator("#search-text").focus()
    tab.keyboard.type("?")
    expect(tab.locator("#keyboard-help")).not_to_be_visible()
    tab.locator("h1").click()
    tab.keyboard.type("?")
    expect(tab.locator("#keyboard-help")).to_contain_text("New risk")
    tab.locator("#keyboard-help").get_by_role("button", name="Off").click()
    tab.keyboard.press("Escape")
    expect(tab.locator("#keyboard-help")).not_to_be_visible()
    tab.keyboard.type("n")
    tab.keyboard.type("?")
    expect(tab.locator("#keyboard-help")).not_to_be_visible()
    expect(tab).to_have_url(re.compile("/o/acme/search/$"))
