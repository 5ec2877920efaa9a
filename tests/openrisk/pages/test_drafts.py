"""What was typed is shown again after a log-in or an expired form, and never saved by itself."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from marketplace.installations import lifecycle
from openrisk.accounts.models import ApiToken, Role
from openrisk.pages import drafts
from openrisk.pages.form_filling import fill_form
from risks.models import Risk
from tests.conftest import member
from tests.openrisk.pages.test_submissions import TOKEN, token_of
from tests.risks.factories import make_risk
from tests.texts import text_of

NEW = "/o/acme/risks/new/"
PASSWORD = "a long enough password"
TYPED = {"title": "Flood <in> the cellar", "status": "draft", "tags": 'water, "night"'}
HERE = {"headers": {"Origin": "http://testserver"}}


@pytest.fixture
def browser(analyst):
    client = Client(enforce_csrf_checks=True)
    client.force_login(analyst)
    return client


def send(client, page, data, action="", **options):
    """As a browser that has had the page open, whatever has become of its session since."""
    token = token_of(client, page, action)
    Session.objects.all().delete()
    return client.post(action or page, {**data, TOKEN: token}, **options)


def log_in(client, page, user, follow=True):
    """With what the log-in page carries."""
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode()))
    data = {**hidden, "email": user.email, "password": PASSWORD}
    return client.post("/login/", data, follow=follow)


def values_of(response):
    """The fields of the page's forms by name: values, and texts of text areas."""
    text = response.content.decode()
    fields = dict(re.findall(r"<textarea[^>]*name=\"(\w+)\"[^>]*>\s*([^<]*)</textarea>", text))
    for tag in re.findall(r"<input[^>]+>", text):
        given = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        fields[given.get("name", "")] = given.get("value", "")
    return fields


# --- An ended session -----------------------------------------------------------------------------
def test_form_is_back_and_filled_after_the_login(browser, analyst):
    page = send(browser, NEW, TYPED)
    assert (page.status_code, "nothing was saved" in text_of(page)) == (403, True)
    form = log_in(browser, page, analyst)
    assert form.redirect_chain == [(f"{NEW}?draft=1", 302)]
    assert "logged out while writing" in text_of(form)
    shown = values_of(form)
    assert shown["title"] == "Flood &lt;in&gt; the cellar"
    assert shown["tags"] == "water, &quot;night&quot;"
    assert Risk.objects.count() == 0


def test_filled_form_can_be_saved(browser, analyst):
    log_in(browser, send(browser, NEW, TYPED), analyst)
    token = token_of(browser, f"{NEW}?draft=1")
    response = browser.post(f"{NEW}?draft=1", {**TYPED, TOKEN: token})
    assert response["Location"] == "/o/acme/risks/R-0001/"
    assert Risk.objects.get().title == TYPED["title"]
    assert values_of(browser.get(f"{NEW}?draft=1"))["title"] == ""  # it is not offered again


def test_wrong_password_does_not_lose_it(browser, analyst):
    page = send(browser, NEW, TYPED)
    analyst.email, right = "analyst@acme.example.com", analyst
    wrong = browser.post("/login/", {**values_of(page), "email": right.email, "password": "x"})
    assert wrong.status_code == 400
    assert values_of(log_in(browser, wrong, right))["title"].startswith("Flood")


def test_edit_keeps_the_version_that_was_seen(browser, analyst, organization):
    risk = make_risk(organization, title="Old")
    page = f"/o/acme/risks/{risk.reference}/edit/"
    answer = send(browser, page, {"title": "Typed", "status": "draft", "version": "1"})
    Risk.objects.update(version=5)
    form = log_in(browser, answer, analyst)
    assert (values_of(form)["title"], values_of(form)["version"]) == ("Typed", "1")


@pytest.mark.parametrize("action", ["transitions", "review"])
def test_comment_comes_back_on_the_page_of_the_risk(browser, manager, organization, action):
    browser.force_login(manager)
    page = f"/o/acme/risks/{make_risk(organization).reference}/"
    data = {"comment": "Looked at it twice", "to": "closed", "version": "1"}
    form = log_in(browser, send(browser, page, data, f"{page}{action}/"), manager)
    assert form.content.decode().count("Looked at it twice") == 1
    assert Risk.objects.get().status != "closed"


def test_form_comes_back_on_its_tab_of_the_page(browser, manager, organization):
    browser.force_login(manager)
    page = f"/o/acme/risks/{make_risk(organization).reference}/"
    data = {"justification": "Cheaper than any remedy"}
    answer = send(browser, f"{page}?tab=treatment", data, f"{page}acceptances/")
    form = log_in(browser, answer, manager)
    assert form.redirect_chain == [(f"{page}?tab=treatment&draft=1", 302)]
    assert "Cheaper than any remedy" in form.content.decode()


def test_secrets_and_files_are_not_kept(browser, admin, organization):
    browser.force_login(admin)
    app = lifecycle.install_app(actor=admin, organization=organization, connector="webhook")
    place = f"/o/acme/marketplace/apps/{app.pk}/"
    data = {"minimum_level": "high", "secret": "whsec_very-secret"}
    page = send(browser, place, data, f"{place}configure/")
    draft = drafts.read_draft(values_of(page)["draft"])
    assert draft["fields"]["minimum_level"] == ["high"]
    assert "secret" not in draft["fields"]
    assert "very-secret" not in page.content.decode()
    file = SimpleUploadedFile("risks.zip", b"PK")
    browser.force_login(admin)
    packs = "/o/acme/marketplace/"
    page = send(browser, packs, {"file": file}, f"{packs}packs/preview/")
    assert "Choose the file again" in text_of(log_in(browser, page, admin))


def test_text_is_offered_to_nobody_elsewhere(browser, other_organization):
    outsider = member(Role.ADMIN, other_organization)
    page = send(browser, NEW, TYPED)
    response = log_in(browser, page, outsider)
    assert (response.status_code, "Flood" in response.content.decode()) == (404, False)
    elsewhere = browser.get("/o/globex/risks/new/?draft=1")
    assert (elsewhere.status_code, "Flood" in elsewhere.content.decode()) == (200, False)


def test_text_that_is_too_long_is_said_to_be_lost(browser):
    long = "".join(chr(0x4E00 + number * 7919 % 20000) for number in range(30_000))
    page = send(browser, NEW, {"title": "Flood", "description": long})
    assert "too long to be kept" in text_of(page)


@pytest.mark.parametrize("text", ["", "nonsense", "eyJwYWdlIjoiL2V2aWwifQ:1:x"])
def test_draft_that_was_not_signed_here_is_none(text):
    assert drafts.read_draft(text) is None


def test_form_of_a_token_is_back_and_filled(browser, analyst, organization):
    data = {"name": "Nightly export", "organization": str(organization.pk), "days": "7"}
    form = log_in(browser, send(browser, "/account/", data), analyst)
    assert form.redirect_chain == [("/account/?draft=1", 302)]
    assert (values_of(form)["name"], values_of(form)["days"]) == ("Nightly export", "7")
    assert not ApiToken.objects.exists()


# --- An expired form ------------------------------------------------------------------------------
def test_form_with_an_old_token_is_back_and_filled(browser):
    page = browser.post(NEW, {**TYPED, TOKEN: "a" * 64}, follow=True, **HERE)
    assert page.redirect_chain == [(f"{NEW}?draft=1", 302)]
    assert values_of(page)["title"].startswith("Flood")
    assert "The form had expired" in text_of(page)
    assert Risk.objects.count() == 0


def test_old_token_without_a_session_asks_for_the_login(analyst):
    client = Client(enforce_csrf_checks=True)
    page = client.post(NEW, {**TYPED, TOKEN: "a" * 64}, **HERE)
    assert page.status_code == 403
    assert values_of(log_in(client, page, analyst))["title"].startswith("Flood")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
def test_form_of_another_site_is_refused_and_not_shown(browser, origin):
    page = browser.post(NEW, TYPED, headers={"Origin": origin} if origin else {})
    assert (page.status_code, "draft" in browser.session) == (403, False)
    assert "Flood" not in page.content.decode()


def test_changes_to_a_form_that_was_saved_are_shown_again(browser):
    token = token_of(browser, NEW)
    browser.post(NEW, {"title": "Flood", "status": "draft", TOKEN: token})
    data = {"title": "Flood in March", "status": "draft", TOKEN: token}
    page = browser.post(NEW, data, follow=True)
    assert values_of(page)["title"] == "Flood in March"
    assert "saved before, as /o/acme/risks/R-0001/" in text_of(page)
    assert Risk.objects.count() == 1


# --- Filling in -----------------------------------------------------------------------------------
FORM = """<!doctype html><p>&copy; &#169; <br/></p><!-- note -->
<form method="post" action="/save/"><input type="hidden" name="to" value="z">
<input name="title" value="third"></form>
<form method="post" action="/save/"><input type="hidden" name="to" value="x">
<input type="password" name="secret"><input name="title" value="old">
<input type="checkbox" name="on" checked>
<input type="radio" name="kind" value="a" checked><input type="radio" name="kind" value="b">
<select name="level"><option value="1" selected>One<option value="2">Two</select>
<textarea name="text">old &amp; gone</textarea><button name="step" value="go">Go</button></form>
<form method="post" action="/other/"><input name="title" value="other"></form>"""


def test_fields_of_the_form_are_filled_and_nothing_else():
    fields = {"title": ['"new"'], "kind": ["b"], "level": ["2"], "text": ["<b>"], "to": ["x"],
              "secret": ["s"], "step": ["stop"]}  # fmt: skip
    page = fill_form(FORM, "/save/", fields, own="/")
    for part in (
        'name="title" value="&quot;new&quot;"',
        '<input type="checkbox" name="on">',
        '<input type="radio" name="kind" value="a">',
        '<input type="radio" name="kind" value="b" checked>',
        '<option value="1">One<option value="2" selected>',
        '<textarea name="text">\n&lt;b&gt;</textarea>',
        'name="to" value="x"',
        'name="title" value="third"',
        '<input type="password" name="secret">',
        '<button name="step" value="go">',
        'name="title" value="other"',
        "&copy; &#169; <br/>",
        "<!-- note -->",
    ):
        assert part in page, part


def test_page_without_the_form_stays_as_it_is():
    assert fill_form(FORM, "/nowhere/", {"title": ["new"], "to": ["x"]}, own="/") == FORM
