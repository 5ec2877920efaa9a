"""Risks in the admin: every write goes through services, every refusal is a message."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from openrisk.accounts.members.memberships import set_role
from openrisk.accounts.models import Membership, Role
from risks.history.reading import changes_of
from risks.models import Change, Risk
from risks.services.links import set_links
from tests.risks import factories
from tests.risks.admin.forms import change, filled, page

pytestmark = pytest.mark.both  # filters and search of its own

RISKS = "/admin/risks/risk/"


def test_levels_stand_in_words_and_colour(client, risk):
    text = client.get(RISKS).content.decode()
    assert '<span class="level level-critical">20 Critical</span>' in text


def test_form_links_to_the_page_of_the_risk(client, risk):
    text = client.get(f"{RISKS}{risk.pk}/change/").content.decode()
    assert f'href="/o/acme/risks/{risk.reference}/"' in text


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
    for figure in [*response.context["levels"], *response.context["attention"]]:
        listed = client.get(figure.url).context["cl"].result_count
        assert (figure.title, listed) == (figure.title, figure.number)
    assert sum(figure.number for figure in response.context["levels"]) == 2


def test_added_risk_has_reference_scores_links_and_history(client, organization, manager):
    asset = factories.make_asset(organization, criticality="critical")
    form = filled(
        client.get(f"{RISKS}add/"),
        title="Flood",
        initial_status="draft",
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
    assert "Someone else changed this since you opened the page" in text
    assert 'value="Mine"' in text
    assert Risk.objects.get().title == "Theirs"


def test_form_without_version_is_refused(client, risk):
    form = filled(client.get(page(risk)), title="Blind", seen_version="")
    client.post(page(risk), form)
    assert Risk.objects.get().title != "Blind"


def test_refusal_of_a_service_stands_beside_its_field(client, risk):
    response = change(client, risk, inherent_likelihood="")
    form = response.context["adminform"].form
    assert "keeps its inherent likelihood" in str(form.errors["inherent_likelihood"])


def test_status_and_scores_cannot_be_typed(client, risk):
    change(client, risk, status="closed", current_score="1", initial_status="draft", title="New")
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


def test_owner_who_left_stays_owner_until_someone_changes_it(client, risk, analyst):
    Risk.objects.filter(pk=risk.pk).update(owner=analyst)
    Membership.objects.filter(user=analyst).delete()
    change(client, risk, title="New")
    risk.refresh_from_db()
    assert (risk.title, risk.owner) == ("New", analyst)


def test_manager_of_two_organizations_chooses_one_first(
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


def test_custom_fields_are_in_the_form(client, risk, organization):
    factories.make_custom_field(organization)
    url = f"{RISKS}{risk.pk}/change/"
    assert "Custom fields" in client.get(url).content.decode()
    data = filled(client.get(url), custom_fields__region="South")
    assert client.post(url, data).status_code == 302
    risk.refresh_from_db()
    assert risk.custom_fields == {"region": "South"}
