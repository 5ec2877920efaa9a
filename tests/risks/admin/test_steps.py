"""The buttons above a form: transitions, reviews, decisions."""

import re

import pytest

from risks.history.reading import changes_of
from risks.models import Risk
from risks.services.proposals import propose_risks
from risks.services.risks import update_risk
from tests.risks import factories
from tests.risks.admin.forms import change, filled, page, said, step
from tests.risks.factories import make_asset

RISKS = "/admin/risks/risk/"


def test_transition_is_taken_with_a_comment(client, risk, manager):
    step(client, risk, "treatment_planned", "Agreed")
    assert Risk.objects.get().status == "treatment_planned"
    latest = changes_of(risk.pk).first()
    assert (latest.actor, latest.comment) == (manager, "Agreed")


def test_blocked_transition_shows_its_reason_and_is_refused(client, risk):
    assert "Needs an approved acceptance" in client.get(page(risk)).content.decode()
    assert "Needs an approved acceptance" in said(step(client, risk, "accepted"))
    assert Risk.objects.get().status == "assessed"


@pytest.mark.parametrize("name", ["mitigated", "", "delete"])
def test_step_that_is_not_offered_is_refused(client, risk, name):
    assert "Choose one of the buttons" in said(step(client, risk, name))
    assert Risk.objects.get().status == "assessed"


@pytest.mark.parametrize("version", [1, "x", "", "99999999999"])
def test_step_of_a_stale_page_is_refused(client, risk, version):
    response = step(client, risk, "closed", seen_version=version)
    assert response.status_code == 200
    assert Risk.objects.get().status == "assessed"


def test_looking_at_a_step_takes_nothing(client, risk):
    client.get(page(risk) + f"?_step=closed&seen_version={risk.version}")
    assert Risk.objects.get().status == "assessed"


def test_step_saves_what_was_typed_and_keeps_both_reasons(client, risk):
    step(client, risk, "treatment_planned", "Agreed", title="Typed before", comment="Better words")
    saved = Risk.objects.get()
    assert (saved.status, saved.title) == ("treatment_planned", "Typed before")
    assert [entry.comment for entry in changes_of(risk.pk)[:2]] == ["Agreed", "Better words"]


def test_refused_step_saves_nothing_and_shows_what_was_typed(client, risk):
    response = step(client, risk, "accepted", "My reason", title="Typed before")
    assert Risk.objects.get().title == risk.title
    text = response.content.decode()
    assert ('value="Typed before"' in text, ">My reason</textarea>" in text) == (True, True)


def test_step_that_is_hard_to_take_back_asks_first(client, risk):
    form = filled(client.get(page(risk)), _step="closed", step_comment="Sold", title="Typed")
    asked = client.post(page(risk), form)
    assert "leaves every figure of open risks" in asked.content.decode()
    kept = dict(asked.context["question"].fields)
    assert (kept["title"], kept["step_comment"], kept["_step"]) == ("Typed", "Sold", "closed")
    assert Risk.objects.get().status == "assessed"
    cancelled = client.post(page(risk), {**form, "confirmed": "no"})
    assert 'value="Typed"' in cancelled.content.decode()
    assert (Risk.objects.get().status, Risk.objects.get().title) == ("assessed", risk.title)
    client.post(page(risk), {**form, "confirmed": "yes"})
    assert (Risk.objects.get().status, Risk.objects.get().title) == ("closed", "Typed")


def test_enter_in_a_field_saves_and_takes_no_step(client, risk):
    """The first submit button of a form, in the order of the page, is what Enter presses."""
    html = client.get(page(risk)).content.decode()
    buttons = re.findall(r'<button[^>]*form="risk_form"[^>]*>', html)
    assert 'name="_continue"' in buttons[0]


def test_reason_without_a_change_is_posted_as_a_comment(client, risk, manager):
    response = change(client, risk, comment="Asked the supplier")
    comment = risk.comments.get()
    assert (comment.author, comment.text) == (manager, "Asked the supplier")
    assert "Your comment is kept" in said(response)


def test_reason_without_a_change_of_an_asset_is_in_its_history(client, organization):
    asset = make_asset(organization)
    change(client, asset, comment="Asked the supplier")
    latest = changes_of(asset.pk).first()
    assert (latest.comment, latest.changes) == ("Asked the supplier", {})


def test_fields_of_one_page_have_different_names(client, risk):
    html = client.get(page(risk)).content.decode()
    assert ("Reason for the step" in html, "Reason for the change" in html) == (True, True)


def test_review_plans_the_next_one(client, risk):
    Risk.objects.filter(pk=risk.pk).update(review_interval_days=30)
    step(client, risk, "review")
    risk.refresh_from_db()
    assert risk.last_reviewed_at < risk.next_review_at


def test_acceptance_is_decided_by_someone_else(client, risk, manager, admin):
    acceptance = factories.make_acceptance(manager, risk)
    assert "Four eyes" in said(step(client, acceptance, "approve"))
    client.force_login(admin)
    step(client, acceptance, "approve", "Fine")
    assert Risk.objects.get().status == "accepted"


def test_acceptance_is_asked_for_and_never_edited(client, risk, manager):
    form = {"risk": str(risk.pk), "justification": "Cheap", "expires_at_0": "2099-01-01"}
    form["expires_at_1"] = "00:00"
    late = client.post("/admin/risks/acceptance/add/", form)
    assert "at most one year ahead" in late.content.decode()
    acceptance = factories.make_acceptance(manager, risk)
    client.post(page(acceptance), {"justification": "Other", "seen_version": "1"})
    acceptance.refresh_from_db()
    assert acceptance.justification != "Other"


def test_proposal_becomes_a_draft_risk(client, organization):
    factories.make_finding_rule(organization)
    finding = factories.make_finding(organization)
    propose_risks(actor=None, organization=organization)
    finding.refresh_from_db()
    step(client, finding.proposal, "confirm")
    assert Risk.objects.get().status == "draft"
    assert "no longer" not in client.get(page(finding.proposal)).content.decode()


def test_derived_ratings_are_confirmed_by_a_step(client, risk):
    update_risk(actor=None, instance=risk, derived_ratings={"residual": "level Low"})
    risk.refresh_from_db()
    html = client.get(page(risk)).content.decode()
    assert ("residual: level Low" in html, "Confirm residual rating" in html) == (True, True)
    step(client, risk, "confirm-residual")
    assert Risk.objects.get().derived_ratings == {}
