"""The forms to add and to edit a risk."""

from datetime import UTC, date, datetime

import pytest

from openrisk.errors import Conflict
from risks.models import Asset, Mitigation, Risk
from risks.pages.risk import editing, forms
from risks.services.mitigations import set_status, update_action, update_mitigation
from risks.services.risks import update_risk
from tests.risks.factories import (
    make_category,
    make_control,
    make_framework,
    make_mitigation,
    make_risk,
)
from tests.texts import text_of


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"comment": "Looked at it"}, "Your comment is posted"),
        ({}, "Nothing was changed"),
        ({"title": "Other"}, "Saved"),
    ],
)
def test_editing_says_what_happened(browse, analyst, risk, fields, says):
    client = browse(analyst)
    form = client.get("/o/acme/risks/R-0001/edit/").context["form"]
    offered = {name: value for name in form.fields if (value := form[name].value())}
    response = client.post("/o/acme/risks/R-0001/edit/", {**offered, **fields}, follow=True)
    text = text_of(response)
    assert says in text
    assert fields.get("comment", "") in text


def test_comment_of_a_form_that_is_sent_twice_is_posted_once(browse, analyst, risk):
    client = browse(analyst)
    page = client.get("/o/acme/risks/R-0001/edit/")
    form, token = page.context["form"], str(page.context["csrf_token"])
    offered = {name: value for name in form.fields if (value := form[name].value())}
    body = {**offered, "comment": "Looked at it", "csrfmiddlewaretoken": token}
    answers = [client.post("/o/acme/risks/R-0001/edit/", body) for _ in range(2)]
    assert answers[0].url == answers[1].url == "/o/acme/risks/R-0001/?tab=activity"
    assert risk.comments.count() == 1


def test_stale_form_loses_nothing_that_was_typed(browse, analyst, risk):
    client = browse(analyst)
    Risk.objects.filter(pk=risk.pk).update(version=2, title="Changed meanwhile")
    body = {"title": "Typed by me", "version": 1, "description": "Long text"}
    response = client.post("/o/acme/risks/R-0001/edit/", body)
    assert response.status_code == 409
    assert "Typed by me" in response.content.decode()
    assert Risk.objects.get().title == "Changed meanwhile"


def test_risk_is_added_by_form(browse, analyst, organization):
    body = {
        "title": "Theft",
        "status": "draft",
        "inherent_likelihood": "2",
        "inherent_impact": "3",
        "tags": "a, b",
    }
    response = browse(analyst).post("/o/acme/risks/new/", body)
    assert response["Location"] == "/o/acme/risks/R-0001/"
    assert Risk.objects.get().inherent_score == 6


def form_values(client, path="/o/acme/risks/R-0001/edit/"):
    form = client.get(path).context["form"]
    return {name: value for name in form.fields if (value := form[name].value()) is not None}


def test_people_controls_and_the_next_review_are_set_by_form(browse, analyst, manager, risk):
    control = make_control(make_framework(risk.organization, "ISO 27001"), title="Backups")
    client = browse(analyst)
    chosen = {
        "assignee": analyst.pk,
        "reviewer": manager.pk,
        "controls": [control.pk],
        "external_id": "RR-7",
        "next_review_at": "2027-03-01",
    }
    client.post("/o/acme/risks/R-0001/edit/", {**form_values(client), **chosen})
    risk.refresh_from_db()
    assert (risk.assignee, risk.reviewer, risk.external_id) == (analyst, manager, "RR-7")
    assert (list(risk.controls.all()), risk.next_review_at.date()) == ([control], date(2027, 3, 1))


def test_saved_form_keeps_the_hour_of_a_review(browse, analyst, risk):
    at = datetime(2027, 3, 1, 17, 30, tzinfo=UTC)
    update_risk(actor=analyst, instance=risk, next_review_at=at)
    client = browse(analyst)
    client.post("/o/acme/risks/R-0001/edit/", {**form_values(client), "title": "Other"})
    risk.refresh_from_db()
    assert (risk.title, risk.next_review_at) == ("Other", at)


def test_risk_is_added_with_its_first_mitigation_and_actions(browse, analyst, organization):
    body = {
        "title": "Theft",
        "status": "identified",
        "mitigation-title": "Lock the door",
        "mitigation-due_date": "2027-03-01",
        "mitigation-actions": "Buy a lock\n\nFit it\nTest it",
    }
    browse(analyst).post("/o/acme/risks/new/", body)
    mitigation = Mitigation.objects.get()
    assert (mitigation.risk.title, mitigation.due_date) == ("Theft", date(2027, 3, 1))
    assert mitigation.actions.count() == 3


def test_nothing_is_added_if_the_mitigation_has_no_name(browse, analyst, organization):
    body = {"title": "Theft", "status": "identified", "mitigation-actions": "Buy a lock"}
    response = browse(analyst).post("/o/acme/risks/new/", body)
    assert "Name the mitigation that these belong to" in text_of(response)
    assert not Risk.objects.exists()


def test_action_that_is_too_long_is_refused_beside_the_actions(browse, analyst, organization):
    body = {"title": "Theft", "status": "draft", "mitigation-title": "x",
            "mitigation-actions": "y" * 256}  # fmt: skip
    response = browse(analyst).post("/o/acme/risks/new/", body)
    assert "is longer than 255" in str(response.context["plan"].errors["actions"])
    assert not Risk.objects.exists()


def test_nothing_is_added_if_the_mitigation_is_refused(browse, analyst, organization, monkeypatch):
    def refuse(**fields):
        raise Conflict("Not today.")

    monkeypatch.setattr(editing, "create_mitigation", refuse)
    body = {"title": "Theft", "status": "draft", "mitigation-title": "x", "assets": "Shed",
            "assets-new": "Shed"}  # fmt: skip
    assert "Not today." in text_of(browse(analyst).post("/o/acme/risks/new/", body))
    assert (Risk.objects.exists(), Asset.objects.exists()) == (False, False)


@pytest.fixture
def plans(risk, analyst):
    """Two mitigations of the risk; the first is begun, and one of its two actions is done."""
    dates = {"start_date": date(2027, 1, 1), "due_date": date(2027, 3, 1)}
    first = make_mitigation(
        risk, description="Tapes", priority="high", owner=analyst, actions=["Buy", "Store"], **dates
    )
    update_action(actor=None, instance=first.actions.first(), done=True)
    set_status(actor=None, mitigation=first, to="in_progress")
    return [first, make_mitigation(risk, title="Training")]


def copy_risk(client, *ticked, **fields):
    body = {"title": "Copy", "status": "draft", "copied-mitigations": [row.pk for row in ticked]}
    return client.post("/o/acme/risks/new/?copy=R-0001", {**body, **fields}, follow=True)


def test_ticked_mitigations_are_copied_with_the_risk(browse, analyst, plans):
    copy_risk(browse(analyst), plans[0])
    copy = Mitigation.objects.get(risk__title="Copy")
    assert (copy.title, copy.description, copy.priority, copy.owner) == (
        "Offline backups",
        "Tapes",
        "high",
        analyst,
    )
    assert (copy.status, copy.start_date, copy.due_date) == ("planned", None, None)
    assert [row.title for row in copy.actions.all()] == ["Store"]


def test_no_mitigation_is_ticked_at_first(browse, analyst, plans):
    client = browse(analyst)
    page = client.get("/o/acme/risks/new/?copy=R-0001")
    assert "M-0001 Offline backups (1 action to do)" in text_of(page)
    copy_risk(client)
    assert not Mitigation.objects.filter(risk__title="Copy").exists()


def test_copied_mitigation_has_no_owner_who_has_left(browse, analyst, manager, plans):
    update_mitigation(actor=None, instance=plans[1], owner=manager)
    manager.memberships.all().delete()
    copy_risk(browse(analyst), plans[1])
    assert Mitigation.objects.get(risk__title="Copy").owner is None


def test_mitigations_of_other_risks_are_not_copied(browse, analyst, risk, plans):
    other = make_mitigation(make_risk(risk.organization, title="Other"))
    response = copy_risk(browse(analyst), other)
    assert "A ticked mitigation no longer exists" in text_of(response)
    assert not Risk.objects.filter(title="Copy").exists()


def test_save_and_add_another_carries_category_and_owner_over(browse, analyst, organization):
    category = make_category(organization)
    client = browse(analyst)
    body = {"title": "Theft", "status": "draft", "category": category.pk, "another": "yes"}
    response = client.post("/o/acme/risks/new/", body, follow=True)
    assert response.context["form"]["category"].value() == str(category.pk)
    assert "Risk R-0001 created" in text_of(response)


def test_half_a_rating_is_saved_with_a_warning(browse, analyst, organization):
    body = {"title": "Theft", "status": "draft", "inherent_likelihood": "3"}
    response = browse(analyst).post("/o/acme/risks/new/", body, follow=True)
    assert "The inherent risk has no score yet: choose its impact too." in text_of(response)


@pytest.fixture
def stale(browse, analyst, risk):
    """Sends a form that was opened before `title` and `treatment` changed."""
    client = browse(analyst)
    values = form_values(client)
    seen = client.get("/o/acme/risks/R-0001/edit/").context["form"].seen
    update_risk(actor=None, instance=risk, title="Theirs", treatment="avoid")

    def send(**fields):
        body = {**values, "seen": seen, **fields}
        return client.post("/o/acme/risks/R-0001/edit/", body)

    return send


def test_stale_form_tells_apart_who_changed_what(stale):
    response = stale(title="Mine", external_id="RR-7")
    rows = {row.name: row for row in response.context["differences"]}
    assert response.status_code == 409
    assert {name: row.keep for name, row in rows.items()} == {
        "title": "mine",
        "treatment": "theirs",
        "external_id": "mine",
    }
    assert [name for name, row in rows.items() if row.is_changed_by_both] == ["title"]


def test_what_is_kept_is_chosen_for_each_field(stale, risk):
    response = stale(title="Mine", external_id="RR-7")
    version = response.context["form"]["version"].value()
    keeps = {"keep-title": "theirs", "keep-treatment": "theirs", "keep-external_id": "mine"}
    stale(title="Mine", external_id="RR-7", version=version, **keeps)
    risk.refresh_from_db()
    assert (risk.title, risk.treatment, risk.external_id) == ("Theirs", "avoid", "RR-7")


def test_owner_who_has_left_stays_until_another_is_chosen(browse, analyst, manager, risk):
    update_risk(actor=None, instance=risk, owner=manager)
    manager.memberships.all().delete()
    client = browse(analyst)
    client.post("/o/acme/risks/R-0001/edit/", {**form_values(client), "title": "Other"})
    risk.refresh_from_db()
    assert (risk.title, risk.owner) == ("Other", manager)


def test_people_of_a_large_organization_are_typed(browse, analyst, manager, risk, monkeypatch):
    monkeypatch.setattr(forms, "MOST_IN_SELECT", 1)
    client = browse(analyst)
    values = form_values(client)
    client.post("/o/acme/risks/R-0001/edit/", {**values, "owner": manager.email})
    risk.refresh_from_db()
    assert risk.owner == manager
    response = client.post("/o/acme/risks/R-0001/edit/", {**values, "owner": "Nobody"})
    assert "There is none called “Nobody” here" in text_of(response)
