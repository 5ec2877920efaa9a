"""Each kind of bulk change keeps the rules of the single change."""

import pytest
from django.core.exceptions import ValidationError

from openrisk.accounts.models import Role
from risks.models import AcceptanceStatus, DeletedItem, Risk, Status
from risks.services import acceptances
from risks.services.bulk_changes import lifecycle
from risks.services.bulk_changes.kinds import rules_of
from risks.services.links import MAX_TAGS
from risks.services.workspace.deleted_items import restore_item
from risks.tasks import apply_bulk_change, undo_bulk_change
from tests.risks import factories


@pytest.fixture
def change_all(organization, analyst):
    """Previews and applies a change of all risks."""

    def carry_out(kind, value, **options):
        change = lifecycle.preview_change(
            actor=analyst,
            organization=organization,
            kind=kind,
            value=value,
            rows=Risk.objects.for_organization(organization),
        )
        return apply_bulk_change(actor=analyst, change=change, digest=change.digest, **options)

    return carry_out


def tags_of(risk):
    return sorted(risk.tags.values_list("name", flat=True))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("owner", "nonsense"),
        ("owner", "00000000-0000-0000-0000-000000000000"),
        ("category", "00000000-0000-0000-0000-000000000000"),
        ("treatment", "ignore"),
        ("status", "gone"),
        ("status", None),
        ("review_interval_days", "0"),
        ("review_interval_days", "4000"),
        ("review_interval_days", True),
        ("next_review_at", "soon"),
        ("next_review_at", "2027-02-31"),
        ("add_tags", ""),
        ("add_tags", [1]),
        ("add_tags", "x" * 51),
    ],
)
def test_values_that_a_risk_cannot_have_are_refused(organization, kind, value):
    with pytest.raises(ValidationError):
        rules_of(kind, organization).clean(value)


def test_people_and_categories_of_others_are_refused(organization, other_organization):
    foreign = factories.make_category(other_organization)
    with pytest.raises(ValidationError, match="category of this organization"):
        rules_of("category", organization).clean(str(foreign.pk))


@pytest.mark.parametrize(
    ("kind", "value", "column", "stored"),
    [
        ("treatment", "avoid", "treatment", "avoid"),
        ("review_interval_days", "90", "review_interval_days", 90),
        ("review_interval_days", "", "review_interval_days", None),
    ],
)
def test_columns_are_set_and_restored(
    organization, analyst, change_all, kind, value, column, stored
):
    risk = factories.make_risk(organization, review_interval_days=30)
    before = getattr(risk, column)
    change = change_all(kind, value)
    risk.refresh_from_db()
    assert getattr(risk, column) == stored
    undo_bulk_change(actor=analyst, change=change)
    risk.refresh_from_db()
    assert getattr(risk, column) == before


def test_category_is_set_and_emptied(organization, change_all):
    category = factories.make_category(organization)
    risk = factories.make_risk(organization)
    change_all("category", str(category.pk))
    risk.refresh_from_db()
    assert risk.category == category
    change_all("category", None)
    risk.refresh_from_db()
    assert risk.category is None


def test_tags_are_added_in_the_spelling_that_is_there(organization, analyst, change_all):
    first = factories.make_risk(organization, tags=["Backup"])
    second = factories.make_risk(organization, title="Second", tags=["it"])
    change = change_all("add_tags", "backup, ward")
    assert (tags_of(first), tags_of(second)) == (["Backup", "ward"], ["Backup", "it", "ward"])
    undo_bulk_change(actor=analyst, change=change)
    assert (tags_of(first), tags_of(second)) == (["Backup"], ["it"])


def test_undo_of_tags_keeps_those_that_came_later(organization, analyst, change_all):
    risk = factories.make_risk(organization, tags=["it"])
    change = change_all("remove_tags", ["IT"])
    change_all("add_tags", ["later"])
    undo_bulk_change(actor=analyst, change=change)
    assert tags_of(risk) == ["it", "later"]


def test_a_risk_with_too_many_tags_is_refused(organization, change_all):
    factories.make_risk(organization, tags=[f"tag {number}" for number in range(MAX_TAGS)])
    with pytest.raises(lifecycle.Conflict, match="Nothing would change"):
        change_all("add_tags", "one more")


def test_status_follows_the_machine_and_its_guards(organization, change_all):
    factories.make_risk(organization)  # not assessed
    assessed = factories.make_assessed_risk(organization, title="Assessed")
    factories.make_mitigation(assessed)
    change_all("status", "treatment_planned", leave_out_refused=True)
    change = change_all("status", "in_treatment", leave_out_refused=True)
    assessed.refresh_from_db()
    assert assessed.status == Status.IN_TREATMENT
    assert change.summary["refusals"][0]["reason"].startswith("Cannot move from Identified")


def test_open_actions_are_counted_as_one_reason(organization, change_all):
    for title in ("One", "Two"):
        risk = factories.make_assessed_risk(organization, title=title)
        factories.make_action(factories.make_mitigation(risk))
        Risk.objects.filter(pk=risk.pk).update(status="in_treatment")
    with pytest.raises(lifecycle.Conflict):
        change_all("status", "mitigated")
    change = lifecycle.BulkChange.objects.get()
    assert [(group["reason"], group["count"]) for group in change.summary["refusals"]] == [
        ("Actions of its mitigations are open", 2)
    ]


def test_undo_of_a_status_asks_the_guard_of_the_former_one(organization, analyst, change_all):
    risk = factories.make_assessed_risk(organization)
    mitigation = factories.make_mitigation(risk)
    change_all("status", "treatment_planned")
    change_all("status", "in_treatment")
    change = change_all("status", "treatment_planned")
    mitigation.delete()
    undo_bulk_change(actor=analyst, change=change)
    risk.refresh_from_db()
    assert risk.status == Status.TREATMENT_PLANNED
    assert change.rows.get().reason == "Add a mitigation first"


def test_another_treatment_reopens_the_decision(organization, analyst, manager, change_all):
    risk = factories.make_assessed_risk(organization)
    acceptance = factories.make_acceptance(analyst, risk)
    acceptances.decide_acceptance(actor=manager, acceptance=acceptance, approve=True)
    change = change_all("treatment", "transfer")
    risk.refresh_from_db()
    acceptance.refresh_from_db()
    assert acceptance.status == AcceptanceStatus.REVOKED
    assert (risk.status, risk.treatment) == (Status.ASSESSED, "transfer")
    assert "acceptances that this revokes" in change.summary["warnings"][0]


def test_delete_takes_the_risks_with_their_parts(organization, change_all):
    factories.make_mitigation(factories.make_risk(organization))
    change = change_all("delete", None)
    assert (Risk.objects.count(), change.rows.get().reference) == (0, "R-0001")


def test_undo_of_a_deletion_restores_what_no_one_restored_before(organization, manager, change_all):
    for title in ("One", "Two"):
        factories.make_mitigation(factories.make_risk(organization, title=title))
    change = change_all("delete", None)
    restore_item(actor=manager, item=DeletedItem.objects.get(reference="R-0001"))
    undo_bulk_change(actor=manager, change=change)
    assert sorted(Risk.objects.values_list("title", "mitigations__title")) == [
        ("One", "Offline backups"),
        ("Two", "Offline backups"),
    ]
    assert change.rows.get(outcome="kept").reason == "It was restored before."


def test_what_is_deleted_for_good_is_named(organization, manager, change_all):
    factories.make_risk(organization)
    change = change_all("delete", None)
    DeletedItem.objects.all().delete()
    undo_bulk_change(actor=manager, change=change)
    assert change.rows.get().reason == "It was deleted for good."


@pytest.mark.parametrize(
    ("kind", "value", "role"),
    [
        ("owner", None, Role.ANALYST),
        ("status", "assessed", Role.ANALYST),
        ("status", "closed", Role.MANAGER),
        ("delete", None, Role.MANAGER),
    ],
)
def test_each_kind_needs_the_role_of_the_single_change(organization, kind, value, role):
    assert rules_of(kind, organization).needed_role(value) == role
