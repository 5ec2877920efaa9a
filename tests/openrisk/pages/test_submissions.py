"""Double click, Enter twice, Back and Save: a form that creates something creates it once."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from dashboards.models import Board
from marketplace.models import InstalledApp, PackChange
from openrisk.accounts.members.service_accounts import create_service_account
from openrisk.accounts.models import ApiToken, FormSubmission
from risks.models import Acceptance, Category, ImportRun, Risk
from tests.risks.admin.forms import filled
from tests.risks.factories import make_risk
from tests.risks.threads import in_threads

pytestmark = pytest.mark.both  # submissions that race

NEW = "/o/acme/risks/new/"
TOKEN = "csrfmiddlewaretoken"


@pytest.fixture
def browser(admin):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)
    return client


def token_of(client, page, action=""):
    """The token that the page was drawn with; of its form with `action` where that is given."""
    text = client.get(page).content.decode()
    start = text.index(f'action="{action}"') if action else max(text.find("<main"), 0)
    return re.search(rf'name="{TOKEN}" value="([^"]+)"', text[start:])[1]


def flood(token, **others):
    return {"title": "Flood", "status": "draft", TOKEN: token, **others}


def test_form_sent_twice_creates_one_thing_and_leads_to_it(browser):
    token = token_of(browser, NEW)
    answers = [browser.post(NEW, flood(token)) for _ in range(2)]
    assert [answer["Location"] for answer in answers] == ["/o/acme/risks/R-0001/"] * 2
    assert "saved once" in browser.get(answers[1]["Location"]).content.decode()
    assert Risk.objects.count() == 1


def test_form_drawn_again_creates_another(browser):
    for _ in range(2):
        browser.post(NEW, flood(token_of(browser, NEW)))
    assert Risk.objects.count() == 2


def test_back_and_save_with_other_values_says_that_nothing_was_saved(browser):
    token = token_of(browser, NEW)
    browser.post(NEW, flood(token))
    response = browser.post(NEW, flood(token, title="Flood in the cellar"), follow=True)
    assert "Nothing was saved now" in response.content.decode()
    assert [risk.title for risk in Risk.objects.all()] == ["Flood"]


def test_refused_form_may_be_corrected_and_sent_again(browser):
    token = token_of(browser, NEW)
    assert browser.post(NEW, flood(token, title="")).status_code == 400
    assert browser.post(NEW, flood(token)).status_code == 302
    assert (Risk.objects.count(), FormSubmission.objects.count()) == (1, 1)


def test_scripts_without_a_drawn_form_are_not_held_back(browser):
    browser.get(NEW)
    secret = browser.cookies["csrftoken"].value
    for _ in range(2):
        browser.post(NEW, flood(secret))
    assert Risk.objects.count() == 2


@pytest.mark.postgres  # the SQLite of the tests is in memory, where writers do not wait
@pytest.mark.django_db(transaction=True)
def test_two_at_once_create_one_thing(browser):
    token, session = token_of(browser, NEW), browser.cookies

    def send():
        client = Client(enforce_csrf_checks=True)
        client.cookies = session
        return client.post(NEW, flood(token))["Location"]

    assert set(in_threads(*[send] * 4)) == {"/o/acme/risks/R-0001/"}
    assert Risk.objects.count() == 1


def test_every_form_of_the_pages_that_creates_does_so_once(browser, organization, admin):
    risk = make_risk(organization)
    page, packs = f"/o/acme/risks/{risk.reference}/", "/o/acme/marketplace/"
    tomorrow = (timezone.now() + timedelta(days=1)).date().isoformat()
    acceptance = {"justification": "Cheap", "expires_on": tomorrow}
    forms = [
        ("/o/acme/dashboards/", "/o/acme/dashboards/new/", {"name": "Monday"}, Board),
        (f"{page}?tab=treatment", f"{page}acceptances/", acceptance, Acceptance),
        (f"{packs}connectors/trivy/", "", {"name": "Scan"}, InstalledApp),
        (
            f"{packs}packs/openrisk.starter-risks/",
            f"{packs}packs/preview/",
            {"pack": "openrisk.starter-risks"},
            PackChange,
        ),
    ]
    for drawn_on, action, data, model in forms:
        token = {TOKEN: token_of(browser, drawn_on, action)}
        answers = [browser.post(action or drawn_on, data | token) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [302, 302], model
        assert answers[0]["Location"] == answers[1]["Location"]
        assert model.objects.count() == 1, model


def test_upload_sent_twice_makes_one_preview(browser, organization):
    add = "/admin/risks/importrun/add/"
    data = {
        "organization": str(organization.pk),
        "source_name": "Old",
        TOKEN: token_of(browser, add),
    }
    for content in (b"Title\nFire\n", b"Title\nFire\n", b"Title\nWind\n"):
        file = SimpleUploadedFile("risks.csv", content)
        assert browser.post(add, data | {"file": file}).status_code == 302
    assert ImportRun.objects.count() == 1


def test_row_is_added_once_in_the_administration(browser):
    add = "/admin/risks/category/add/"
    form = filled(browser.get(add)) | {"name": "Cyber", TOKEN: token_of(browser, add)}
    answers = [browser.post(add, form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Category.objects.count() == 1


def test_row_is_added_once_by_save_and_add_another(browser):
    add = "/admin/risks/category/add/"
    data = {"name": "IT", "_addanother": "1", TOKEN: token_of(browser, add)}
    answers = [browser.post(add, data) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Category.objects.filter(name="IT").count() == 1


def test_form_of_the_administration_is_for_the_organization_it_was_opened_for(
    browser, admin, organization, other_organization
):
    add = "/admin/risks/category/add/"
    form = filled(browser.get(add)) | {"name": "Cyber", TOKEN: token_of(browser, add)}
    admin.memberships.update(organization=other_organization)
    response = browser.post(add, form)
    assert (response.status_code, Category.objects.count()) == (200, 0)


def test_what_was_sent_is_forgotten_after_a_day(browser, time_machine):
    browser.post(NEW, flood(token_of(browser, NEW)))
    assert FormSubmission.objects.delete_old() == 0
    time_machine.move_to(timezone.now() + timedelta(days=2))
    assert FormSubmission.objects.delete_old() == 1


# --- Secrets and popups ---------------------------------------------------------------------------
def test_own_token_is_made_once_and_its_secret_shown_once(browser, organization):
    form = {"name": "Script", "organization": str(organization.pk), "days": "30"}
    form[TOKEN] = token_of(browser, "/account/")
    first = browser.post("/account/", form)
    again = browser.post("/account/", form, follow=True)
    secret = re.search(r'class="secret">([^<]+)<', first.content.decode())[1]
    text = again.content.decode()
    assert ("its secret was shown once" in text, secret in text) == (True, False)
    assert ApiToken.objects.count() == 1


def test_refused_token_may_be_corrected_and_sent_again(browser, organization):
    form = {"name": "Script", "organization": str(organization.pk), "days": "0"}
    form[TOKEN] = token_of(browser, "/account/")
    assert browser.post("/account/", form).status_code == 400
    assert 'class="secret"' in browser.post("/account/", form | {"days": "9"}).content.decode()


def test_token_of_a_service_account_is_made_once(browser, organization):
    account = create_service_account(name="Robot", organization=organization, role="viewer")
    add = "/admin/accounts/apitoken/add/"
    form = {"membership": str(account.memberships.get().pk), "name": "Script", "days": "30"}
    form[TOKEN] = token_of(browser, add)
    first, again = browser.post(add, form), browser.post(add, form, follow=True)
    assert "It is shown this once" in first.content.decode()
    assert "its secret was shown once" in again.content.decode()
    assert ApiToken.objects.count() == 1


def test_row_is_added_once_in_a_popup(browser):
    add = "/admin/risks/category/add/?_popup=1"
    form = filled(browser.get(add)) | {"name": "Cyber", "_popup": "1"}
    form[TOKEN] = token_of(browser, add)
    first, again = browser.post(add, form), browser.post(add, form, follow=True)
    assert "popup_response" in first.content.decode()
    assert again.redirect_chain == [("/admin/risks/category/?_popup=1", 302)]
    assert Category.objects.count() == 1
