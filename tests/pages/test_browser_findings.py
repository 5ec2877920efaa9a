"""Findings in headless Chromium: what axe finds, and two of them accepted by keyboard."""

import pytest

from risks.models import Finding
from tests.pages.test_browser import faults_of
from tests.risks.factories import make_asset, make_finding

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_findings_are_accepted_together_by_keyboard(page, organization):
    asset = make_asset(organization)
    first = make_finding(organization, asset=asset, known_exploited=True, epss="0.9")
    make_finding(organization, "CVE-2020-1", severity="info", title="Small")
    tab = page()
    for address in (f"{first.pk}/", f"{first.pk}/risk/", "rules/new/", ""):
        tab.goto(f"/o/acme/findings/{address}")
        assert faults_of(tab) == []
    for key in "jxjx":
        tab.keyboard.press(key)
    tab.get_by_text("2 findings selected").wait_for()
    tab.get_by_role("button", name="Accept…").press("Enter")
    tab.get_by_label("Reason").fill("Only in the lab")
    tab.get_by_role("button", name="Preview").press("Enter")
    tab.get_by_role("button", name="Accept 2 findings").press("Enter")
    tab.get_by_role("heading", name="2 findings accepted.").wait_for()
    assert Finding.objects.filter(state="accepted").count() == 2
