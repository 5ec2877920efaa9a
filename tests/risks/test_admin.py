"""The register in the admin: every write goes through services, every refusal is a message."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from zeal import zeal_ignore

from openrisk.accounts.models import Membership, Role
from openrisk.accounts.services import set_role
from risks.admin import bulk
from risks.history.reading import changes_of
from risks.models import Change, Mitigation, Risk
from risks.services.findings import propose_risks
from risks.services.links import set_links
from risks.services.mitigations import create_action
from tests.risks import factories
from tests.risks.forms import filled, said

RISKS = "/admin/risks/risk/"


def page(row, name="change"):
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}", args=[row.pk])


@pytest.fixture
def risk(organization):
    return factories.make_assessed_risk(organization, tags=["it"])


@pytest.fixture
def client(client, manager):
    client.force_login(manager)
    return client


def change(client, row, **changes):
    return client.post(page(row), filled(client.get(page(row)), **changes), follow=True)


def step(client, row, name, version=None, comment=""):
    version = row.version if version is None else version
    data = {"step": name, "version": version, "comment": comment}
    return client.post(page(row, "step"), data, follow=True)


def act(client, name, rows, model="risk", **answers):
    data = {"action": name, "_selected_action": [str(row.pk) for row in rows], **answers}
    return client.post(f"/admin/risks/{model}/", data, follow=True)


# --- lists ------------------------------------------------------------------------------------
def test_levels_stand_in_words_and_colour(client, risk):
    text = client.get(RISKS).content.decode()
    assert '<span class="level level-critical">20 Critical</span>' in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("current_level__exact=critical", True),
        ("current_level__exact=low", False),
        ("status__exact=assessed", True),
        ("status__exact=draft", False),
        ("treatment__exact=avoid", False),
        ("show=open", True),
        ("show=not_assessed", False),
        ("show=review_overdue", False),
        ("q=ransom", True),
        ("q=R-0001", True),
        ("q=earthquake", False),
    ],
)
def test_filters_and_search_narrow_the_list(client, risk, query, found):
    response = client.get(f"{RISKS}?{query}")
    assert (risk in response.context["cl"].result_list) is found


@pytest.mark.parametrize("count", [5, 50])
def test_list_costs_as_many_queries_whatever_its_size(client, organization, manager, count):
    category = factories.make_category(organization)
    for number in range(count):
        factories.make_risk(organization, title=str(number), owner=manager, category=category)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(RISKS)
    assert len(response.context["cl"].result_list) == count
    assert len(queries) <= 8


@pytest.mark.parametrize("order", range(1, 10))
def test_every_column_can_be_ordered_by(client, risk, order):
    assert client.get(f"{RISKS}?o=-{order}").status_code == 200


def test_overview_counts_what_its_links_list(client, risk, organization):
    factories.make_risk(organization, title="Unclear")
    response = client.get("/admin/")
    for figure in [*response.context["levels"], *response.context["waiting"]]:
        listed = client.get(figure.url).context["cl"].result_count
        assert (figure.title, listed) == (figure.title, figure.number)
    assert sum(figure.number for figure in response.context["levels"]) == 2


# --- the page of a risk -----------------------------------------------------------------------
def test_added_risk_has_reference_scores_links_and_history(client, organization, manager):
    asset = factories.make_asset(organization, criticality="critical")
    form = filled(
        client.get(f"{RISKS}add/"),
        title="Flood",
        beginning="draft",
        inherent_likelihood="2",
        inherent_impact="5",
        tags="water\n\n site ",
        assets=[str(asset.pk)],
        comment="Workshop",
    )
    assert client.post(f"{RISKS}add/", form).status_code == 302
    risk = Risk.objects.get()
    assert (risk.reference, risk.status, risk.current_level) == ("R-0001", "draft", "medium")
    assert (str(risk.priority), {tag.name for tag in risk.tags.all()}) == (
        "15.00",
        {"water", "site"},
    )
    made = changes_of(risk.pk).get(action="created")
    assert (made.actor, made.comment) == (manager, "Workshop")


def test_change_is_scored_and_recorded_with_its_reason(client, risk, manager):
    change(client, risk, residual_likelihood="2", residual_impact="2", comment="New firewall")
    risk.refresh_from_db()
    assert (risk.current_score, risk.current_level, risk.version) == (4, "low", 3)
    latest = changes_of(risk.pk).first()
    assert (latest.actor, latest.comment) == (manager, "New firewall")
    assert not LogEntry.objects.exists()


def test_saving_without_a_change_changes_nothing(client, organization, manager, risk):
    set_links(risk, tags=["b", "a"], assets=[factories.make_asset(organization)])
    before = Change.objects.count()
    change(client, risk)
    assert (Change.objects.count(), Risk.objects.get().version) == (before, risk.version)


def test_stale_version_is_a_message_and_loses_nothing_typed(client, risk):
    form = filled(client.get(page(risk)), title="Mine")
    Risk.objects.filter(pk=risk.pk).update(title="Theirs", version=9)
    response = client.post(page(risk), form)
    text = response.content.decode()
    assert response.status_code == 200
    assert "Somebody changed this since you opened the page" in text
    assert 'value="Mine"' in text
    assert Risk.objects.get().title == "Theirs"


def test_form_without_version_is_refused(client, risk):
    form = filled(client.get(page(risk)), title="Blind", seen_version="")
    client.post(page(risk), form)
    assert Risk.objects.get().title != "Blind"


def test_refusal_of_a_service_stands_beside_its_field(client, risk):
    response = change(client, risk, inherent_likelihood="")
    form = response.context["adminform"].form
    assert "keeps its inherent assessment" in str(form.errors["inherent_likelihood"])


def test_status_and_scores_cannot_be_typed(client, risk):
    change(client, risk, status="closed", current_score="1", beginning="draft", title="New")
    risk.refresh_from_db()
    assert (risk.title, risk.status, risk.current_score) == ("New", "assessed", 20)


def test_rows_of_another_organization_cannot_be_linked(client, risk, other_organization, outsider):
    response = change(
        client,
        risk,
        owner=str(outsider.pk),
        category=str(factories.make_category(other_organization).pk),
        assets=[str(factories.make_asset(other_organization).pk)],
    )
    errors = response.context["adminform"].form.errors
    assert set(errors) == {"owner", "category", "assets"}


def test_owner_who_left_stays_owner_until_somebody_changes_it(client, risk, analyst):
    Risk.objects.filter(pk=risk.pk).update(owner=analyst)
    Membership.objects.filter(user=analyst).delete()
    change(client, risk, title="New")
    risk.refresh_from_db()
    assert (risk.title, risk.owner) == ("New", analyst)


def test_whoever_manages_two_organizations_chooses_one_first(
    client, manager, organization, other_organization
):
    set_role(user=manager, organization=other_organization, role=Role.MANAGER)
    factories.make_category(organization, "Ours")
    factories.make_category(other_organization, "Theirs")
    asked = client.get(f"{RISKS}add/").content.decode()
    assert f"?organization={organization.pk}" in asked
    form = client.get(f"{RISKS}add/?organization={other_organization.pk}").content.decode()
    assert ("Theirs" in form, "Ours" in form) == (True, False)


def test_viewer_elsewhere_sees_nothing_from_there(client, manager, other_organization):
    set_role(user=manager, organization=other_organization, role=Role.VIEWER)
    foreign = factories.make_risk(other_organization, title="Elsewhere")
    assert "Elsewhere" not in client.get(RISKS).content.decode()
    assert client.get(page(foreign)).status_code == 302


# --- mitigations on the page of a risk --------------------------------------------------------
def test_mitigation_is_added_on_the_page_of_its_risk(client, risk, manager):
    row = {"title": "Backups", "priority": "high", "owner": str(manager.pk)}
    change(
        client,
        risk,
        **{"mitigations-TOTAL_FORMS": "1"},
        **{f"mitigations-0-{name}": value for name, value in row.items()},
    )
    mitigation = Mitigation.objects.get()
    assert (mitigation.reference, mitigation.owner) == ("M-0001", manager)
    assert changes_of(mitigation.pk).get().actor == manager
    assert Risk.objects.get().version == risk.version


def test_mitigation_is_changed_and_deleted_on_the_page_of_its_risk(client, risk):
    mitigation = factories.make_mitigation(risk)
    change(client, risk, **{"mitigations-0-title": "Tapes"})
    mitigation.refresh_from_db()
    assert (mitigation.title, mitigation.version) == ("Tapes", 2)
    change(client, risk, **{"mitigations-0-DELETE": "on"})
    assert not Mitigation.objects.exists()


def test_stale_row_of_an_inline_undoes_the_whole_page(client, risk):
    mitigation = factories.make_mitigation(risk)
    form = filled(client.get(page(risk)), title="New", **{"mitigations-0-title": "Mine"})
    Mitigation.objects.filter(pk=mitigation.pk).update(version=9)
    text = client.post(page(risk), form).content.decode()
    assert "Somebody changed this since you opened the page" in text
    assert Risk.objects.get().title != "New"


# --- mitigations ------------------------------------------------------------------------------
def test_actions_are_done_on_the_page_of_their_mitigation(client, risk, manager):
    mitigation = factories.make_mitigation(risk)
    action = factories.make_action(mitigation)
    change(client, mitigation, **{"actions-0-done": "on"})
    action.refresh_from_db()
    assert action.done_by == manager
    change(client, mitigation, **{"actions-0-title": "Buy more"})
    action.refresh_from_db()
    assert (action.title, action.done) == ("Buy more", True)


def test_action_that_waits_for_another_is_refused_with_the_reason(client, risk):
    mitigation = factories.make_mitigation(risk)
    first = factories.make_action(mitigation, "First")
    second = create_action(actor=None, mitigation=mitigation, title="Second", depends_on=[first])
    response = change(client, mitigation, **{"actions-1-done": "on"})
    text = response.content.decode()
    assert "&quot;First&quot; is open and must be done first." in text
    second.refresh_from_db()
    assert not second.done


def test_cost_without_currency_is_refused(client, risk):
    mitigation = factories.make_mitigation(risk)
    response = change(client, mitigation, cost="100")
    assert "currency" in response.context["adminform"].form.errors


def test_mitigation_is_validated_by_somebody_else(client, risk, manager, admin):
    mitigation = factories.make_mitigation(risk, owner=manager)
    for to in ("in_progress", "review", "done"):
        mitigation.refresh_from_db()
        response = step(client, mitigation, to)
    assert "Four eyes" in said(response)
    client.force_login(admin)
    step(client, mitigation, "done")
    mitigation.refresh_from_db()
    assert mitigation.status == "done"


# --- steps ------------------------------------------------------------------------------------
def test_transition_is_taken_with_a_comment(client, risk, manager):
    step(client, risk, "treatment_planned", comment="Agreed")
    assert Risk.objects.get().status == "treatment_planned"
    latest = changes_of(risk.pk).first()
    assert (latest.actor, latest.comment) == (manager, "Agreed")


def test_shut_transition_shows_its_reason_and_is_refused(client, risk):
    assert "No approved acceptance" in client.get(page(risk)).content.decode()
    assert "No approved acceptance" in said(step(client, risk, "accepted"))
    assert Risk.objects.get().status == "assessed"


@pytest.mark.parametrize("name", ["mitigated", "", "delete"])
def test_step_that_is_not_offered_is_refused(client, risk, name):
    assert "Choose one of the buttons" in said(step(client, risk, name))
    assert Risk.objects.get().status == "assessed"


@pytest.mark.parametrize("version", [1, "x", "", "99999999999"])
def test_step_of_a_stale_page_is_refused(client, risk, version):
    assert "Somebody changed this" in said(step(client, risk, "closed", version=version))
    assert Risk.objects.get().status == "assessed"


def test_looking_at_a_step_takes_nothing(client, risk):
    client.get(page(risk, "step") + f"?step=closed&version={risk.version}")
    assert Risk.objects.get().status == "assessed"


def test_review_plans_the_next_one(client, risk):
    Risk.objects.filter(pk=risk.pk).update(review_interval_days=30)
    step(client, risk, "review")
    risk.refresh_from_db()
    assert risk.last_reviewed_at < risk.next_review_at


def test_acceptance_is_decided_by_somebody_else(client, risk, manager, admin):
    acceptance = factories.make_acceptance(manager, risk)
    assert "Four eyes" in said(step(client, acceptance, "approve"))
    client.force_login(admin)
    step(client, acceptance, "approve", comment="Fine")
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
    assert "Done for 1 of 2." in said(response)
    assert "R-0002 Unclear: No way leads from identified" in said(response)
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
    assert "is no member of" in said(response)
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
    monkeypatch.setattr(bulk, "MOST", 1)
    second = factories.make_risk(organization, title="Second")
    response = act(client, "bulk_review", [risk, second], apply="yes")
    assert "At most 1 at once" in said(response)
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
    assert client.get(page(matrix)).status_code == 200
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
