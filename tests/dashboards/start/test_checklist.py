"""The checklist for beginners: what ticks an item, and who sees it."""

import pytest

from dashboards.models import ChecklistDismissal
from dashboards.schedules.editing import create_schedule
from dashboards.start import checklist
from openrisk.accounts.members.memberships import membership_of
from openrisk.accounts.models import Role
from risks.demo.sample.service import fill_sample_data
from risks.models import ImportRun, Risk, RunStatus, Source
from risks.services.matrix import matrix_of, update_matrix
from tests.conftest import member
from tests.risks.factories import make_installed, make_risk


@pytest.fixture
def facts(organization, admin):
    def read(user=admin):
        return checklist.checklist_of(membership_of(user, organization)).facts

    return read


def test_nothing_is_done_in_a_new_organization(facts):
    assert not any(facts().values())


def test_items_are_ticked_by_what_there_is(facts, organization, admin):
    risk = make_risk(organization)
    assert facts()["risk"]
    Risk.objects.filter(pk=risk.pk).update(source=Source.PACK)
    assert (facts()["library"], facts()["risk"]) == (True, False)
    ImportRun.objects.create(organization=organization, status=RunStatus.APPLIED)
    assert facts()["import"]
    matrix = matrix_of(organization)
    assert not facts()["matrix"]
    update_matrix(actor=admin, instance=matrix, impact_labels=["a", "b", "c", "d", "e"])
    assert facts()["matrix"]
    make_installed(organization)
    assert facts()["scanner"]
    member(Role.VIEWER, organization)
    assert facts()["people"]


def test_a_schedule_ticks_the_report(facts, organization, admin):
    create_schedule(
        actor=admin, organization=organization, recipients=[admin.email], cron="0 7 * * 1"
    )
    assert facts()["report"]


def test_others_tick_nothing_here(facts, other_organization, outsider):
    make_risk(other_organization)
    make_installed(other_organization)
    assert not any(facts().values())


def test_sample_data_is_not_work_done(facts, organization):
    fill_sample_data(actor=None, organization=organization)
    assert {key for key, done in facts().items() if done} == {"any_risk", "sample"}


def test_risks_are_one_query_and_the_rest_another(organization, admin, django_assert_num_queries):
    membership = membership_of(admin, organization)
    with django_assert_num_queries(2):
        checklist.checklist_of(membership)


def test_it_is_finished_with_one_way_to_bring_in_risks(organization, admin):
    keys = [item.key for item in checklist.ITEMS]
    facts = dict.fromkeys([*keys, "any_risk"], True) | {"library": False, "import": False}
    start = checklist.Checklist(membership_of(admin, organization), facts)
    assert start.is_finished
    assert not checklist.Checklist(start.member, facts | {"report": False}).is_finished


def test_people_to_ask_have_the_role(organization, viewer, manager, admin):
    start = checklist.checklist_of(membership_of(viewer, organization))
    asked = {row["item"].key: row["ask"] for row in start.rows}
    assert asked["import"] == f"{manager}, {admin}"
    assert asked["matrix"] == str(admin)


def test_dismissing_twice_is_one_dismissal(organization, manager):
    for _ in range(2):
        checklist.dismiss(actor=manager, organization=organization)
    assert ChecklistDismissal.objects.get().dismissed_by == manager


def test_a_dismissed_checklist_is_hidden_and_comes_back(organization, manager):
    membership = membership_of(manager, organization)
    assert checklist.checklist_of(membership).is_shown
    checklist.dismiss(actor=manager, organization=organization)
    assert not checklist.checklist_of(membership).is_shown
    checklist.show_again(actor=manager, instance=ChecklistDismissal.objects.get())
    assert checklist.checklist_of(membership).is_shown
