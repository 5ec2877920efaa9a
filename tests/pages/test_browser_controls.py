"""Controls in headless Chromium: what axe finds, and a change of many by keyboard."""

import pytest

from risks.models import Control, Risk
from risks.services.risks import link_control
from tests.pages.test_browser import faults_of
from tests.risks.factories import make_control, make_framework

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_controls_are_changed_together_by_keyboard(page, organization, manager):
    framework = make_framework(organization)
    first, second = (make_control(framework, f"A.5.{number}") for number in (1, 2))
    tab = page()
    link_control(actor=manager, control=first, risks=Risk.objects.all())
    for address in ("/o/acme/controls/coverage/", f"/o/acme/controls/{first.pk}/"):
        tab.goto(address)
        assert faults_of(tab) == []
    tab.goto("/o/acme/controls/")
    assert faults_of(tab) == []
    tab.get_by_role("checkbox", name="Select A.5.2").press("Space")
    tab.get_by_text("1 control selected").wait_for()
    tab.get_by_role("button", name="Status…").press("Enter")
    tab.get_by_label("New status").select_option("implemented")
    tab.get_by_role("button", name="Preview").press("Enter")
    tab.get_by_role("button", name="Set the status of 1 control").press("Enter")
    tab.get_by_role("heading", name="Status changed on 1 control.").wait_for()
    assert list(Control.objects.filter(status="implemented")) == [second]
