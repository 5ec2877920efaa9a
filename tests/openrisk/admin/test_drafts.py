"""What was typed into a form of the administration outlives its session and its token."""

import re

import pytest
from django import forms
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.urls import reverse

from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.models import Role, User
from openrisk.admin.accounts.forms import UserAddForm
from openrisk.admin.site import site
from openrisk.pages import drafts
from risks.models import Category, ImportRun, Mitigation, MitigationAction
from risks.services.mitigations import create_mitigation
from risks.services.risks import update_risk
from tests.openrisk.pages.test_drafts import HERE, log_in, send, values_of
from tests.openrisk.pages.test_submissions import TOKEN, token_of
from tests.risks.admin.forms import filled, page
from tests.risks.factories import make_asset, make_risk
from tests.texts import text_of

ADD = "/admin/risks/category/add/"


@pytest.fixture
def browser(admin):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)
    return client


@pytest.fixture
def mitigation(organization, analyst):
    risk = make_risk(organization)
    fields = {"organization": organization, "risk": risk, "title": "Back up"}
    return create_mitigation(actor=analyst, **fields)


def choices_of(response, name):
    """The chosen options of the field."""
    text = response.content.decode()
    select = re.search(rf'<select[^>]*name="{name}".*?</select>', text, re.DOTALL)[0]
    options = re.findall(r"<option[^>]*\bselected\b[^>]*>", select)
    return [re.search(r'value="([^"]*)"', option)[1] for option in options]


def test_form_is_back_and_filled_after_the_login(browser, admin):
    typed = filled(browser.get(ADD), name="Cyber & co")
    answer = send(browser, ADD, typed)
    assert (answer.status_code, "nothing was saved" in text_of(answer)) == (403, True)
    form = log_in(browser, answer, admin)
    assert form.redirect_chain == [(f"{ADD}?draft=1", 302)]
    assert "You were logged out while writing" in text_of(form)
    assert values_of(form)["name"] == "Cyber &amp; co"
    assert Category.objects.count() == 0


def test_filled_form_can_be_saved(browser, admin):
    log_in(browser, send(browser, ADD, filled(browser.get(ADD), name="Cyber")), admin)
    place = f"{ADD}?draft=1"
    form = filled(browser.get(place), name="Cyber") | {TOKEN: token_of(browser, place)}
    assert browser.post(place, form).status_code == 302
    assert Category.objects.get().name == "Cyber"


def test_form_that_was_saved_is_not_filled_again(browser, admin, mitigation):
    place = page(mitigation)
    log_in(browser, send(browser, place, filled(browser.get(place), title="Typed")), admin)
    place = f"{place}?draft=1"
    form = filled(browser.get(place), title="Corrected", _continue="1")
    saved = browser.post(place, form | {TOKEN: token_of(browser, place)}, follow=True)
    assert values_of(saved)["title"] == "Corrected"


def test_form_with_an_old_token_is_back_and_filled(browser):
    typed = filled(browser.get(ADD), name="Cyber") | {TOKEN: "a" * 64}
    form = browser.post(ADD, typed, follow=True, **HERE)
    assert "The form had expired" in text_of(form)
    assert (values_of(form)["name"], Category.objects.count()) == ("Cyber", 0)


def test_organization_that_was_chosen_stays_chosen(browser, admin, other_organization):
    set_role(user=admin, organization=other_organization, role=Role.MANAGER)
    place = f"{ADD}?organization={other_organization.pk}"
    typed = filled(browser.get(place), name="Cyber") | {TOKEN: "a" * 64}
    form = browser.post(place, typed, follow=True, **HERE)
    assert form.redirect_chain == [(f"{place}&draft=1", 302)]
    assert values_of(form)["name"] == "Cyber"


def test_added_rows_and_choices_are_back(browser, admin, analyst, mitigation):
    place = page(mitigation)
    typed = filled(browser.get(place), owner=str(analyst.pk), title="Back up daily")
    for number, title in enumerate(("Buy tapes", "Write tapes")):
        typed |= {f"actions-{number}-title": title, f"actions-{number}-order": str(number + 1)}
        typed |= {f"actions-{number}-id": "", f"actions-{number}-seen_version": ""}
        typed |= {f"actions-{number}-mitigation": str(mitigation.pk)}
    typed |= {"actions-TOTAL_FORMS": "2", "step_comment": "Asked the bank"}
    form = log_in(browser, send(browser, place, typed), admin)
    shown = values_of(form)
    assert [shown[f"actions-{number}-title"] for number in (0, 1)] == ["Buy tapes", "Write tapes"]
    assert (shown["title"], shown["step_comment"]) == ("Back up daily", "Asked the bank")
    assert choices_of(form, "owner") == [str(analyst.pk)]
    assert not MitigationAction.objects.exists()
    assert Mitigation.objects.get().owner is None


def test_edit_keeps_the_version_that_was_seen(browser, admin, mitigation):
    place = page(mitigation)
    answer = send(browser, place, filled(browser.get(place), title="Typed"))
    Mitigation.objects.update(version=5)
    form = log_in(browser, answer, admin)
    assert (values_of(form)["title"], values_of(form)["seen_version"]) == ("Typed", "1")


@pytest.mark.parametrize("kept", [["Archive"], ["Mill"], ["Archive", "Mill"], []])
def test_choices_that_were_searched_for_are_back(browser, admin, organization, kept):
    assets = {name: make_asset(organization, name) for name in ("Archive", "Mill")}
    risk = make_risk(organization)
    update_risk(actor=None, instance=risk, assets=[assets["Archive"]])
    wanted = [str(assets[name].pk) for name in kept]
    answer = send(browser, page(risk), filled(browser.get(page(risk)), assets=wanted))
    form = log_in(browser, answer, admin)
    assert sorted(choices_of(form, "assets")) == sorted(wanted)
    assert list(risk.assets.all()) == [assets["Archive"]]


def test_choice_that_is_no_id_fails_nothing(browser, admin, organization):
    place = page(make_risk(organization))
    typed = filled(browser.get(place), assets=["nonsense"], title="Typed")
    assert values_of(log_in(browser, send(browser, place, typed), admin))["title"] == "Typed"


def test_passwords_and_files_are_not_kept(browser, organization):
    operator = User.objects.create_superuser("root@example.com", "a long enough password")
    browser.force_login(operator)
    place = "/admin/accounts/user/add/"
    data = {"email": "new@example.com", "password": "hunter2hunter2", "again": "hunter2hunter2"}
    answer = send(browser, place, data)
    fields = drafts.read_draft(values_of(answer)["draft"])["fields"]
    assert fields == {"email": ["new@example.com"]}
    browser.force_login(operator)
    place = "/admin/risks/importrun/add/"
    file = SimpleUploadedFile("risks.csv", b"Title\nFire\n")
    data = {"organization": str(organization.pk), "source_name": "Old", "file": file}
    form = log_in(browser, send(browser, place, data), operator)
    assert "Choose the file again" in text_of(form)
    assert (values_of(form)["source_name"], ImportRun.objects.count()) == ("Old", 0)


def test_form_of_another_site_is_refused_and_not_shown(browser):
    answer = browser.post(ADD, {"name": "Cyber"}, headers={"Origin": "https://evil.example"})
    assert (answer.status_code, "draft" in browser.session) == (403, False)


def test_members_who_may_not_enter_see_no_form(browser, viewer):
    answer = send(browser, ADD, filled(browser.get(ADD), name="Cyber"))
    refused = log_in(browser, answer, viewer)
    assert (refused.status_code, "Cyber" in refused.content.decode()) == (403, False)


@pytest.mark.parametrize("model", site._registry, ids=lambda model: model._meta.label)
def test_every_form_of_the_administration_is_kept(model):
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    for address in (reverse(f"{name}_add"), reverse(f"{name}_change", args=["1"])):
        assert drafts.draft_of(RequestFactory().post(address, {"a": "b"})), address


def test_every_password_of_the_administration_is_a_secret():
    secret = site._registry[User].secret_fields
    fields = UserAddForm.base_fields.items()
    found = {name for name, field in fields if isinstance(field.widget, forms.PasswordInput)}
    assert found == set(secret)


def test_session_that_ended_on_a_list_asks_for_the_login(browser):
    Session.objects.all().delete()
    answer = browser.get("/admin/risks/category/")
    assert answer["Location"].startswith("/admin/login/?next=")
