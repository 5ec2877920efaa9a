"""The page of a mitigation: it moves, is validated and edited."""

from datetime import date

import pytest

from risks.models import Mitigation
from risks.services.mitigations import set_status, update_action, update_mitigation
from tests.risks.factories import make_mitigation
from tests.texts import text_of

PAGE = "/o/acme/treatment/M-0001/"


@pytest.fixture
def in_review(mitigation, analyst):
    for action in mitigation.actions.all():
        update_action(actor=None, instance=action, done=True)
    set_status(actor=analyst, mitigation=mitigation, to="in_progress")
    return set_status(actor=analyst, mitigation=mitigation, to="review")


def test_page_shows_risk_actions_and_progress(browse, viewer, mitigation):
    text = text_of(browse(viewer).get(PAGE))
    assert "R-0001 Ransomware on the file server" in text
    assert "Buy discs" in text
    assert "0 %" in text


def test_progress_without_actions_is_not_invented(browse, analyst, risk):
    mitigation = make_mitigation(risk)
    set_status(actor=None, mitigation=mitigation, to="in_progress")
    text = text_of(browse(analyst).get(PAGE))
    assert "Not measured: no actions" in text
    assert "50 %" not in text


@pytest.mark.parametrize("reference", ["M-0002", "M-00001"])
def test_other_references_are_not_found(browse, viewer, mitigation, reference):
    assert browse(viewer).get(f"/o/acme/treatment/{reference}/").status_code == 404


def test_mitigation_moves_and_says_why_it_cannot(browse, analyst, mitigation):
    client = browse(analyst)
    client.post(f"{PAGE}status/", {"to": "in_progress", "version": 1})
    assert "M-0001 is now in progress." in text_of(client.get(PAGE))
    response = client.post(f"{PAGE}status/", {"to": "done", "version": 2})
    assert response.status_code == 409
    assert "Cannot move from in_progress" in text_of(response)


def test_refused_reason_is_still_there(browse, analyst, mitigation):
    fields = {"to": "in_progress", "version": 7, "comment": "The discs are here"}
    response = browse(analyst).post(f"{PAGE}status/", fields)
    assert response.status_code == 412
    assert "The discs are here</textarea>" in response.content.decode()


def test_another_person_validates(browse, manager, in_review):
    client = browse(manager)
    assert "Effective: done" in text_of(client.get(PAGE))
    fields = {"effective": "yes", "version": in_review.version, "comment": "Restored one"}
    assert client.post(f"{PAGE}validation/", fields).url == PAGE
    assert Mitigation.objects.get().validation == "effective"


def test_page_says_who_may_not_validate(browse, analyst, in_review):
    text = text_of(browse(analyst).get(PAGE))
    assert "someone other than the person who reported it implemented" in text
    assert "Effective: done" not in text


def test_not_effective_asks_for_a_reason(browse, manager, in_review):
    fields = {"effective": "no", "version": in_review.version}
    response = browse(manager).post(f"{PAGE}validation/", fields)
    assert response.status_code == 400
    assert "Explain why it is not effective" in text_of(response)


def test_stale_form_is_compared_field_by_field(browse, analyst, mitigation):
    client = browse(analyst)
    form = client.get(f"{PAGE}edit/").context["form"]
    fields = {"title": "Mine", "priority": "medium", "version": 1, "seen": form.seen}
    update_mitigation(actor=None, instance=mitigation, title="Theirs", priority="high")
    response = client.post(f"{PAGE}edit/", fields)
    text = text_of(response)
    assert response.status_code == 409
    assert all(word in text for word in ("Theirs", "Mine", "Keep theirs", "changed by both"))
    seen = response.context["form"]["version"].value()
    again = {**fields, "version": seen, "keep-priority": "theirs"}
    assert client.post(f"{PAGE}edit/", again).url == PAGE
    saved = Mitigation.objects.get()
    assert (saved.title, saved.priority) == ("Mine", "high")


def test_owner_who_has_left_is_still_offered(browse, analyst, manager, mitigation):
    update_mitigation(actor=None, instance=mitigation, owner=manager)
    manager.memberships.all().delete()
    client = browse(analyst)
    form = client.get(f"{PAGE}edit/").context["form"]
    assert f'value="{manager.pk}" selected' in str(form["owner"])
    fields = {"title": "Tapes", "priority": "medium", "owner": manager.pk, "version": 2}
    client.post(f"{PAGE}edit/", fields)
    mitigation.refresh_from_db()
    assert (mitigation.title, mitigation.owner) == ("Tapes", manager)


def test_no_action_of_a_cancelled_mitigation_is_overdue(browse, analyst, mitigation):
    update_action(actor=None, instance=mitigation.actions.first(), due_date=date(2020, 1, 1))
    client = browse(analyst)
    assert client.get(PAGE).context["actions"][0].overdue
    set_status(actor=None, mitigation=mitigation, to="cancelled")
    assert not client.get(PAGE).context["actions"][0].overdue


def test_viewer_sees_no_button_and_is_refused(browse, viewer, mitigation):
    client = browse(viewer)
    assert "Next steps" not in text_of(client.get(PAGE))
    assert client.post(f"{PAGE}status/", {"to": "in_progress"}).status_code == 403


def test_page_takes_few_queries(browse, analyst, mitigation, django_assert_max_num_queries):
    client = browse(analyst)
    client.get(PAGE)
    with django_assert_max_num_queries(12):
        client.get(PAGE)
