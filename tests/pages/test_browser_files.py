"""Files in headless Chromium: chosen, dropped, refused before they are sent."""

import pytest

from tests.pages.test_browser import faults_of
from tests.risks.files.content import HTML, PDF

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CARD = "/o/acme/risks/R-0001/?tab=evidence"
DROP = """() => {
  const files = new DataTransfer();
  files.items.add(new File(["dropped"], "dropped.txt"));
  return files;
}"""


def test_files_are_sent_when_they_are_chosen_or_dropped(page):
    tab = page()
    tab.goto(CARD)
    files = [
        {"name": "policy.pdf", "mimeType": "application/pdf", "buffer": PDF},
        {"name": f"{'W' * 200}.txt", "mimeType": "text/plain", "buffer": HTML},
    ]
    tab.get_by_label("Choose files, or drop them here").set_input_files(files)
    tab.get_by_role("status").filter(has_text="2 files are saved.").wait_for()
    tab.dispatch_event("[data-files]", "drop", {"dataTransfer": tab.evaluate_handle(DROP)})
    tab.get_by_role("status").filter(has_text="“dropped.txt” is saved.").wait_for()
    assert faults_of(tab) == []
    tab.goto("/o/acme/files/")
    assert faults_of(tab) == []
    tab.get_by_role("link", name="policy.pdf", exact=True).click()
    tab.get_by_role("heading", name="About this file").wait_for()
    assert faults_of(tab) == []
    tab.set_viewport_size({"width": 360, "height": 740})
    for path in (CARD, "/o/acme/files/"):
        tab.goto(path)
        assert tab.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_what_is_too_large_is_not_sent(page):
    tab = page()
    tab.goto(CARD)
    tab.evaluate("document.querySelector('[data-largest]').dataset.largest = '3'")
    large = {"name": "large.txt", "mimeType": "text/plain", "buffer": b"four"}
    tab.get_by_label("Choose files, or drop them here").set_input_files(large)
    tab.get_by_role("alert").filter(has_text="large.txt is too large.").wait_for()
    assert tab.url.endswith("?tab=evidence")
