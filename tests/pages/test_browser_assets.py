"""Assets in headless Chromium: what axe finds, and a change of many by keyboard."""

import pytest

from risks.models import Asset, Risk
from risks.services.catalogue import add_dependency
from risks.services.risks import update_risk
from tests.pages.test_browser import faults_of
from tests.risks.factories import make_asset, make_finding

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_assets_are_changed_together_by_keyboard(page, organization, manager):
    mail = make_asset(organization, name="Mail", criticality="critical", owner=manager)
    server = make_asset(organization, name="Server 1", type="server")
    tab = page()
    add_dependency(actor=manager, asset=mail, target=server, kind="runs_on")
    make_finding(organization, asset=mail, title="Old TLS")
    update_risk(actor=manager, instance=Risk.objects.get(number=1), assets=[mail])
    addresses = (
        f"{mail.pk}/",
        f"{mail.pk}/?tab=dependencies",
        f"merge/?keep={mail.pk}&merge={server.pk}",
    )
    for address in (*addresses, ""):
        tab.goto(f"/o/acme/assets/{address}")
        assert faults_of(tab) == []
    tab.get_by_role("checkbox", name="Select Server 1").press("Space")
    tab.get_by_role("button", name="Criticality…").press("Enter")
    tab.get_by_label("Criticality").select_option("high")
    tab.get_by_role("button", name="Preview").press("Enter")
    tab.get_by_role("button", name="Set the criticality of 1 asset").press("Enter")
    tab.get_by_role("heading", name="Criticality changed on 1 asset.").wait_for()
    assert Asset.objects.get(pk=server.pk).criticality == "high"
