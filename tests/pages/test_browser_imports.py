"""A stranger's register in headless Chromium: uploaded, corrected, imported, on the heat map."""

import pytest

from risks.models import Risk
from tests.pages.test_browser import faults_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
STRANGE = """Nr,Abc,Xyz,Likelihood,Impact
1,It is old and stands beside the boiler of the house,The server burns,soonish,5
2,The pipes of the cellar were never renewed since 1970,The cellar floods,2,3
"""


def test_a_strangers_register_is_corrected_and_imported(open_page, analyst):
    tab = open_page(analyst)
    tab.goto("/o/acme/")
    tab.get_by_role("link", name="Import", exact=True).click()
    file = {"name": "strange.csv", "mimeType": "text/csv", "buffer": STRANGE.encode()}
    tab.get_by_label("Choose your register, or drop it here").set_input_files(file)
    tab.get_by_text("1 not recognized").wait_for()
    assert faults_of(tab) == []
    tab.get_by_label("“Xyz” is read as").focus()
    tab.get_by_label("“Xyz” is read as").select_option("Title")
    tab.get_by_text("Your choice").wait_for()
    assert tab.evaluate("document.activeElement.id") == "field-2"  # the keyboard stays where it was
    tab.get_by_label("soonish").select_option(index=4)
    tab.get_by_role("button", name="Import 2 risks").wait_for()
    tab.get_by_role("link", name="Preview", exact=True).click()
    assert faults_of(tab) == []
    tab.set_viewport_size({"width": 390, "height": 844})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    tab.get_by_role("button", name="Import 2 risks").click()
    tab.get_by_role("status").filter(has_text="2 risks imported from strange.csv.").wait_for()
    tab.get_by_role("link", name="See the heat map").click()
    tab.get_by_role("heading", name="Overview", exact=True).wait_for()
    assert Risk.objects.get(title="The server burns").inherent_score == 20
