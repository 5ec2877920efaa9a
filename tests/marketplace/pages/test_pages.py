"""The pages of the marketplace, as people of each role use them."""

import re

import pytest

from marketplace.models import InstalledApp, InstalledPack, PackChange, SyncRun
from marketplace.registry import available_connectors
from marketplace.sync import runs
from openrisk.accounts.models import Role
from risks.models import Finding, LikelihoodSuggestion, Risk
from tests.conftest import member
from tests.marketplace.conformance import REPORTS, installed, upload
from tests.marketplace.conftest import work
from tests.risks.factories import make_risk

pytestmark = pytest.mark.once  # the services have tests of their own


@pytest.fixture
def page(client, admin):
    """`page(path, **data)`: what an administrator sees, after a POST where there is data."""
    client.force_login(admin)

    def look(path, data=None, status=200):
        ask = client.get if data is None else client.post
        response = ask(path, data, follow=True) if data is not None else ask(path)
        assert response.status_code == status, response.content[:500]
        return re.sub(r"\s+", " ", response.content.decode())

    return look


@pytest.fixture
def trivy(organization, admin):
    return installed(organization, "trivy", admin)


def test_the_catalogue_is_searched(page):
    count = len(available_connectors())
    assert f"{count} of {count}" in page("/o/acme/marketplace/")
    found = page("/o/acme/marketplace/?search=exploited&category=security")
    assert "CISA Known Exploited" in found
    assert "OSCAL" not in found
    assert "No connector matches" in page("/o/acme/marketplace/?search=nothing-like-that")


def test_a_connector_is_installed_from_its_page(page):
    shown = page("/o/acme/marketplace/connectors/webhook/")
    assert "Standard Webhooks specification" in shown
    shown = page("/o/acme/marketplace/connectors/webhook/", {"name": "Our hook"})
    assert "Not configured" in shown
    again = page("/o/acme/marketplace/connectors/webhook/", {"name": "Our hook"}, 400)
    assert "An app of this name is installed already." in again


def test_a_configuration_is_typed_and_a_secret_never_shown(page, organization, admin):
    page("/o/acme/marketplace/connectors/json-feed/", {"name": "Feed"})
    app = InstalledApp.objects.get()
    place = f"/o/acme/marketplace/apps/{app.pk}/"
    data = {
        "kind": "findings", "tool": "Watcher", "url": "https://example.org/", "token": "a-token",
        "mapping": '{"rule": "r", "title": "t", "severity": "s"}',
    }  # fmt: skip
    assert "Test it now" in page(f"{place}configure/", data)
    shown = page(place)
    assert "It is set. Leave this empty to keep it." in shown
    assert "a-token" not in shown
    page(f"{place}configure/", data | {"token": ""})
    app.refresh_from_db()
    assert app.secrets


def test_what_is_wrong_is_told_at_the_form(page, organization, admin):
    page("/o/acme/marketplace/connectors/json-feed/", {"name": "Feed"})
    place = f"/o/acme/marketplace/apps/{InstalledApp.objects.get().pk}/configure/"
    data = {"kind": "findings", "tool": "W", "mapping": '{"rule": "r"}'}
    assert "title is missing. Add it." in page(place, data, 400)
    assert "Write a JSON object" in page(place, data | {"mapping": "{"}, 400)


def test_from_a_file_to_findings(page, trivy):
    with (REPORTS / "trivy.json").open("rb") as file:
        shown = page(
            f"/o/acme/marketplace/apps/{trivy.pk}/sync/", {"file": file, "mode": "preview"}
        )
    assert "waiting for a worker" in shown
    run = SyncRun.objects.get()
    runs.execute_run(run.pk)
    shown = page(f"/o/acme/marketplace/runs/{run.pk}/")
    assert "Previewed" in shown
    assert "CVE-2021-44228" in shown
    place = f"/o/acme/marketplace/runs/{run.pk}/step/"
    assert "The register changes as the preview shows" in page(place, {"step": "apply"})
    assert not Finding.objects.exists()
    assert "Applied" in page(place, {"step": "apply", "confirmed": "yes"})
    assert "What the run created is deleted" in page(place, {"step": "undo"})
    assert Finding.objects.count() == 5
    assert "Undone" in page(place, {"step": "undo", "confirmed": "yes"})


def test_steps_are_taken_and_refusals_told(page, trivy):
    place = f"/o/acme/marketplace/apps/{trivy.pk}/step/"
    assert "Test it first" in page(place, {"step": "enable"})
    assert "A worker tests this app" in page(place, {"step": "test"})
    work()
    assert "It works." in page(f"/o/acme/marketplace/apps/{trivy.pk}/")
    assert "Enabled" in page(place, {"step": "enable"})
    assert "Disabled" in page(place, {"step": "disable"})
    assert "What it imported stays" in page(place, {"step": "uninstall"})
    trivy.refresh_from_db()
    assert trivy.state == "disabled"
    page(place, {"step": "uninstall", "confirmed": "yes"})
    trivy.refresh_from_db()
    assert trivy.state == "uninstalled"


def test_refused_schedule_stands_in_its_form(page, trivy):
    place = f"/o/acme/marketplace/apps/{trivy.pk}/schedule/"
    shown = page(place, {"cron": "every Monday", "mode": "apply"}, 400)
    assert "not a cron expression" in shown
    assert 'value="every Monday"' in shown
    assert "Saved." in page(place, {"cron": "0 5 * * *", "mode": "apply"})


def test_a_quarantined_run_asks_for_a_decision(page, trivy, tmp_path, admin):
    upload(trivy, REPORTS / "trivy.json", admin)
    empty = tmp_path / "trivy.json"
    empty.write_text('{"SchemaVersion": 2, "ArtifactName": "shop", "Results": []}')
    run = upload(trivy, empty, admin)
    shown = page(f"/o/acme/marketplace/runs/{run.pk}/")
    assert "The source has nothing; the last run had 5." in shown
    assert "Import anyway" in shown


def test_a_pack_is_looked_at_installed_and_rolled_back(page):
    place = "/o/acme/marketplace/packs/openrisk.starter-risks/"
    assert "64 risks" in page(place)
    shown = page("/o/acme/marketplace/packs/preview/", {"pack": "openrisk.starter-risks"})
    assert "64</span> new risks" in shown
    change = PackChange.objects.get()
    install = f"/o/acme/marketplace/packs/changes/{change.pk}/"
    assert "64 risks" in page(install, {"step": ""})
    assert not Risk.objects.exists()
    shown = page(install, {"confirmed": "yes"})
    assert "Installed 1.0.0" in shown
    assert "64 drafts are in the register" in shown
    assert Risk.objects.filter(status="draft").count() == 64
    assert "64 drafts are not counted" in text_of(page("/o/acme/"))
    assert "64 risks" in page(f"{place}step/", {"step": "roll-back"})
    assert "Not installed" in page(f"{place}step/", {"step": "roll-back", "confirmed": "yes"})
    assert not Risk.objects.exists()


def text_of(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_a_pack_is_uninstalled_and_then_rolled_back(page):
    page("/o/acme/marketplace/packs/preview/", {"pack": "openrisk.starter-risks"})
    change = PackChange.objects.get()
    page(f"/o/acme/marketplace/packs/changes/{change.pk}/", {"confirmed": "yes"})
    place = "/o/acme/marketplace/packs/openrisk.starter-risks/"
    asked = page(f"{place}step/", {"step": "uninstall"})
    assert "roll back on the page of the pack" in asked
    page(f"{place}step/", {"step": "uninstall", "confirmed": "yes"})
    shown = text_of(page(place))
    assert ("64 drafts of this pack are not counted" in shown, "Roll back" in shown) == (True, True)
    page(f"{place}step/", {"step": "roll-back", "confirmed": "yes"})
    assert not Risk.objects.exists()
    assert "Roll back" not in page(place)


def test_a_matrix_is_used(page):
    page("/o/acme/marketplace/packs/preview/", {"pack": "openrisk.matrices-5x5"})
    page(f"/o/acme/marketplace/packs/changes/{PackChange.objects.get().pk}/", {"confirmed": "yes"})
    place = "/o/acme/marketplace/packs/openrisk.matrices-5x5/step/"
    assert "set by this matrix now" in page(
        place, {"step": "matrix", "matrix": "cautious", "confirmed": "yes"}
    )
    assert "no such matrix" in page(
        place, {"step": "matrix", "matrix": "round", "confirmed": "yes"}
    )


def test_a_suggestion_is_decided_on_the_page_of_its_risk(page, organization):
    risk = make_risk(organization, inherent_likelihood=2, inherent_impact=4)
    for key in ("CVE-1", "CVE-2"):
        LikelihoodSuggestion.objects.create(
            organization=organization, risk=risk, key=key, present=2, likelihood=5, reason=key
        )
    assert "Likelihood 5 instead of 2: CVE-1" in page(f"/o/acme/risks/{risk.reference}/")
    one, two = LikelihoodSuggestion.objects.order_by("key")
    place = f"/o/acme/risks/{risk.reference}/suggestions"
    assert "left as it is" in page(f"{place}/{one.pk}/", {"decision": "dismiss"})
    assert "rated as suggested" in page(f"{place}/{two.pk}/", {"decision": "accept"})
    risk.refresh_from_db()
    assert risk.inherent_likelihood == 5


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        (Role.VIEWER, "apps/{app}/", 200),
        (Role.VIEWER, "runs/{run}/", 403),
        (Role.ANALYST, "runs/{run}/", 200),
    ],
)
def test_who_may_look(client, organization, trivy, role, path, status):
    run = SyncRun.objects.create(organization=organization, app=trivy, mode="preview")
    client.force_login(member(role, organization))
    response = client.get(f"/o/acme/marketplace/{path.format(app=trivy.pk, run=run.pk)}")
    assert response.status_code == status


@pytest.mark.parametrize("step", ["apps/{app}/step/", "apps/{app}/configure/", "packs/preview/"])
def test_managers_do_not_administer(client, organization, trivy, step):
    client.force_login(member(Role.MANAGER, organization))
    assert client.post(f"/o/acme/marketplace/{step.format(app=trivy.pk)}").status_code == 403


def test_another_organizations_rows_are_not_there(client, outsider, trivy, organization):
    run = SyncRun.objects.create(organization=organization, app=trivy, mode="preview")
    pack = InstalledPack.objects.create(organization=organization, pack="theirs", name="Theirs")
    change = PackChange.objects.create(
        organization=organization, installed=pack, pack_version="1", contents=[]
    )
    client.force_login(outsider)
    paths = (f"apps/{trivy.pk}", f"runs/{run.pk}", f"packs/changes/{change.pk}", "packs/theirs")
    for path in paths:
        assert client.get(f"/o/acme/marketplace/{path}/").status_code == 404
    assert b"Theirs" not in client.get("/o/acme/marketplace/").content


# --- The administration -----------------------------------------------------------------------
def test_the_administration_takes_the_same_steps(page, trivy, organization):
    place = f"/admin/marketplace/installedapp/{trivy.pk}/"
    assert "Trivy" in page(f"{place}change/")
    assert "A worker tests the app" in page(f"{place}step/", {"step": "test"})
    work()
    page(f"{place}step/", {"step": "enable"})
    trivy.refresh_from_db()
    assert trivy.state == "enabled"


def test_a_run_is_undone_in_the_administration(page, trivy, admin):
    run = upload(trivy, REPORTS / "trivy.json", admin)
    assert "Undo" in page(f"/admin/marketplace/syncrun/{run.pk}/change/")
    page(f"/admin/marketplace/syncrun/{run.pk}/step/", {"step": "undo", "confirmed": "yes"})
    assert not Finding.objects.exists()
