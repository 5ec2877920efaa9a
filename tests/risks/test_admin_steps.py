"""What is done in the admin by buttons, on many rows at once, and to other rows than risks."""

import re

import pytest
from zeal import zeal_ignore

from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.models import Role
from risks.admin import bulk
from risks.history.reading import changes_of
from risks.models import Risk
from risks.services.proposals import propose_risks
from tests.risks import factories
from tests.risks.forms import act, change, filled, page, said, step

RISKS = "/admin/risks/risk/"


@pytest.fixture
def risk(organization):
    return factories.make_assessed_risk(organization, tags=["it"])


@pytest.fixture
def client(client, manager):
    client.force_login(manager)
    return client


# --- steps ------------------------------------------------------------------------------------
def test_transition_is_taken_with_a_comment(client, risk, manager):
    step(client, risk, "treatment_planned", "Agreed")
    assert Risk.objects.get().status == "treatment_planned"
    latest = changes_of(risk.pk).first()
    assert (latest.actor, latest.comment) == (manager, "Agreed")


def test_shut_transition_shows_its_reason_and_is_refused(client, risk):
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


def test_reason_without_a_change_is_kept_in_the_history(client, risk, manager):
    response = change(client, risk, comment="Asked the supplier")
    latest = changes_of(risk.pk).first()
    assert (latest.actor, latest.comment, latest.changes) == (manager, "Asked the supplier", {})
    assert "Your comment is in the history" in said(response)


def test_fields_of_one_page_have_different_names(client, risk):
    html = client.get(page(risk)).content.decode()
    assert ("Reason for the step" in html, "Reason for the change" in html) == (True, True)


def test_review_plans_the_next_one(client, risk):
    Risk.objects.filter(pk=risk.pk).update(review_interval_days=30)
    step(client, risk, "review")
    risk.refresh_from_db()
    assert risk.last_reviewed_at < risk.next_review_at


def test_acceptance_is_decided_by_somebody_else(client, risk, manager, admin):
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


# --- many at once -----------------------------------------------------------------------------
def test_bulk_action_asks_first(client, risk):
    response = act(client, "bulk_transition", [risk])
    assert "New status" in response.content.decode()
    assert Risk.objects.get().status == "assessed"


def test_bulk_transition_tells_how_many_and_why_not_others(client, risk, organization):
    unclear = factories.make_risk(organization, title="Unclear")
    response = act(client, "bulk_transition", [risk, unclear], apply="yes", to="treatment_planned")
    assert "Done for 1 of 2 rows." in said(response)
    assert "R-0002 Unclear: Cannot move from identified" in said(response)
    assert set(Risk.objects.values_list("status", flat=True)) == {
        "treatment_planned",
        "identified",
    }


def test_bulk_owner_must_be_member_of_each_organization(
    client, risk, manager, analyst, other_organization
):
    set_role(user=manager, organization=other_organization, role=Role.MANAGER)
    other = factories.make_risk(other_organization, title="Other")
    response = act(client, "bulk_owner", [risk, other], apply="yes", owner=str(analyst.pk))
    assert "is not a member of" in said(response)
    assert set(Risk.objects.values_list("owner", flat=True)) == {analyst.pk, None}


def test_bulk_category_offers_categories_in_sight_only(client, risk, other_organization):
    foreign = factories.make_category(other_organization)
    response = act(client, "bulk_category", [risk], apply="yes", category=str(foreign.pk))
    assert "Select a valid choice" in response.content.decode()
    own = factories.make_category(risk.organization, "Ours")
    act(client, "bulk_category", [risk], apply="yes", category=str(own.pk))
    assert Risk.objects.get().category == own


def test_bulk_review_reaches_all_that_are_filtered(client, risk, organization):
    factories.make_risk(organization, title="Second")
    act(client, "bulk_review", [risk], apply="yes", select_across="1")
    assert not Risk.objects.filter(last_reviewed_at=None).exists()


def test_bulk_action_has_a_limit(client, risk, organization, monkeypatch):
    monkeypatch.setattr(bulk, "MAX_ROWS", 1)
    second = factories.make_risk(organization, title="Second")
    response = act(client, "bulk_review", [risk, second], apply="yes")
    assert "Select at most 1 rows" in said(response)
    assert Risk.objects.filter(last_reviewed_at=None).count() == 2


def test_bulk_delete_tells_what_goes_and_records_who(client, risk, manager):
    factories.make_action(factories.make_mitigation(risk))
    asked = act(client, "delete_selected", [risk]).content.decode()
    assert "1 mitigations" in asked
    assert "1 mitigation actions" in asked
    act(client, "delete_selected", [risk], apply="yes")
    assert not Risk.objects.exists()
    assert changes_of(risk.pk).first().actor == manager


def test_single_delete_tells_what_goes_and_records_who(client, risk, manager):
    factories.make_mitigation(risk)
    assert "mitigations" in client.get(page(risk, "delete")).content.decode().lower()
    client.post(page(risk, "delete"), {"post": "yes"})
    assert changes_of(risk.pk).first().actor == manager


# --- history ----------------------------------------------------------------------------------
def test_history_tells_differences_by_name(client, risk, analyst):
    change(client, risk, owner=str(analyst.pk), treatment="avoid", comment="Handed over")
    text = client.get(page(risk, "history")).content.decode()
    for words in (str(analyst), "Avoid", "Handed over", "<ins>it</ins>", "<del>-</del>"):
        assert words in text


def test_history_of_a_risk_tells_of_its_mitigations(client, risk):
    factories.make_action(factories.make_mitigation(risk), "Buy tapes")
    text = client.get(page(risk, "history")).content.decode()
    assert "Offline backups" in text
    assert "Buy tapes" in text


@pytest.mark.parametrize("model", ["change", "scorechange"])
def test_history_is_read_only_for_superusers_too(client, superuser, risk, model):
    client.force_login(superuser)
    listed = client.get(f"/admin/risks/{model}/").context["cl"].result_list
    row = page(listed[0])
    assert client.get(row).status_code == 200
    assert client.get(f"/admin/risks/{model}/add/").status_code == 403
    assert client.post(row, {"comment": "Forged"}).status_code == 403
    assert client.post(page(listed[0], "delete"), {"post": "yes"}).status_code == 403


def test_managers_see_no_changes_of_memberships(client, organization, manager, admin):
    def models():
        listed = client.get("/admin/risks/change/").context["cl"].result_list
        return {row.model for row in listed}

    factories.make_category(organization)
    assert models() == {"risks.category"}
    client.force_login(admin)
    assert models() == {"risks.category", "accounts.membership"}


# --- matrix and assets ------------------------------------------------------------------------
def test_administrator_rebands_the_register(client, risk, admin, manager):
    matrix = risk.organization.matrix
    client.force_login(admin)
    levels = {f"level_{row}_{column}": "high" for row in (4, 5) for column in (4, 5)}
    response = change(client, matrix, **levels)
    risk.refresh_from_db()
    assert risk.current_level == "high"
    assert "1 risks changed their current level" in said(response)


def test_level_that_falls_is_refused(client, risk, admin):
    client.force_login(admin)
    response = change(client, risk.organization.matrix, level_5_5="low")
    assert "Levels may only rise." in response.content.decode()


def test_manager_looks_at_the_matrix_only(client, risk):
    matrix = risk.organization.matrix
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", client.get(page(matrix)).content.decode()))
    for words in ("5 x 5 Critical", "Likelihood 5 Almost certain", "Critical #"):
        assert words in text
    assert client.post(page(matrix), {"level_1_1": "high"}).status_code == 403


# The asset of the page and the one it depends on, each once.
TARGET = [{"model": "risks.Asset", "field": "get()"}]


def test_asset_page_keeps_lists_and_dependencies(client, organization):
    asset = factories.make_asset(organization, "ERP")
    target = factories.make_asset(organization, "Database")
    rows = {"dependencies-TOTAL_FORMS": "1", "dependencies-0-kind": "runs_on"}
    with zeal_ignore(TARGET):
        row = {"dependencies-0-target": str(target.pk)}
        change(client, asset, hostnames="a\r\nb", **rows, **row)
    asset.refresh_from_db()
    assert asset.hostnames == ["a", "b"]
    assert asset.dependencies.get().target == target
    with zeal_ignore(TARGET):
        change(client, asset, **{"dependencies-0-DELETE": "on"})
    assert not asset.dependencies.exists()


def test_asset_cannot_depend_on_itself(client, organization):
    asset = factories.make_asset(organization, "ERP")
    rows = {"dependencies-TOTAL_FORMS": "1", "dependencies-0-kind": "runs_on"}
    with zeal_ignore(TARGET):
        response = change(client, asset, **rows, **{"dependencies-0-target": str(asset.pk)})
    assert "cannot depend on itself" in response.content.decode()


def test_criticality_weighs_the_priority_of_risks(client, organization):
    asset = factories.make_asset(organization, "ERP", criticality="low")
    risk = factories.make_assessed_risk(organization, assets=[asset])
    change(client, asset, criticality="critical")
    risk.refresh_from_db()
    assert str(risk.priority) == "30.00"


def test_second_category_of_a_name_is_refused(client, organization):
    factories.make_category(organization, "Cyber")
    response = client.post("/admin/risks/category/add/", {"name": "Cyber"})
    assert "exists already" in response.content.decode()
