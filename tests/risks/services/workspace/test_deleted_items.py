"""What a service deletes can be restored for 90 days, with all that hung on it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from openrisk.accounts.models import Membership, Role
from openrisk.errors import Conflict, StaleVersion
from risks.history.reading import changes_of
from risks.models import (
    Category,
    DeletedItem,
    DeletedRows,
    Finding,
    Mitigation,
    MitigationAction,
    Risk,
    RiskAsset,
)
from risks.services import catalogue, matrix, rows
from risks.services.deletion import delete_rows, deleted_together, describe_deleted_parts
from risks.services.risks import delete_risk, update_risk
from risks.services.workspace import deleted_items, saved_views
from risks.services.workspace.deleted_items import (
    can_restore,
    delete_expired_items,
    delete_for_good,
    find_deleted,
    referenced_by_deleted_items,
    restore_batch,
    restore_item,
    visible_to,
)
from tests.risks.factories import (
    make_action,
    make_asset,
    make_category,
    make_finding,
    make_mitigation,
    make_one_of_each,
    make_risk,
)

pytestmark = pytest.mark.django_db


def delete(instance, actor=None):
    return rows.delete(actor=actor, instance=instance)


def restore(item, actor=None):
    return restore_item(actor=actor, item=item)


def stored(model):
    return {row["id"]: row for row in model.objects.values()}


@pytest.fixture
def risk(organization, analyst):
    risk = make_one_of_each(organization, analyst)
    DeletedItem.objects.all().delete()
    return risk


def test_a_deletion_leaves_an_item(risk, manager):
    item = delete(risk, manager)
    assert (item.label, item.reference, item.deleted_by) == (str(risk), "R-0001", manager)
    assert "1 mitigation, 1 likelihood suggestion" in describe_deleted_parts(item)
    assert item.expires_at - item.deleted_at == timedelta(days=90)


def test_a_restored_risk_is_as_it_was_but_for_its_version(risk, manager):
    before = stored(Risk)[risk.pk]
    restore(delete(risk, manager), manager)
    after = stored(Risk)[risk.pk]
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"version", "updated_at"}
    assert after["version"] == before["version"] + 1


def test_history_says_who_restored_it(risk, manager, admin):
    restore(delete(risk, manager), admin)
    created = changes_of(risk.pk).filter(action="created").first()
    assert created.actor == admin
    assert created.comment.startswith("Restored: deleted on ")


def test_links_of_rows_that_stay_come_back(risk, organization, manager):
    finding = make_finding(organization, rule="other", risk=risk)
    proposed = Finding.objects.exclude(proposal=None).get()
    item = delete(risk, manager)
    finding.refresh_from_db()
    assert finding.risk is None
    restore(item)
    finding.refresh_from_db()
    assert finding.risk == risk
    assert proposed.proposal_id


def test_a_link_that_leads_elsewhere_by_now_is_left_and_counted(organization, risk):
    finding = make_finding(organization, rule="other", risk=risk)
    item = delete(risk)
    other = make_risk(organization)
    Finding.objects.filter(pk=finding.pk).update(risk=other)
    [note] = restore(item).notes
    assert note == "Not linked again: 1 finding, which has changed meanwhile."
    finding.refresh_from_db()
    assert finding.risk == other


# --- What is gone meanwhile


def test_a_category_that_is_gone_is_left_empty_and_named(organization):
    risk = make_risk(organization, category=make_category(organization))
    item = delete(risk)
    Category.objects.all().delete()
    [note] = restore(item).notes
    assert note == "Left empty: category, because it no longer exists (Cyber)."
    assert Risk.objects.get().category is None


def test_a_person_whose_account_is_gone_is_left_empty(organization, analyst):
    item = delete(make_risk(organization, owner=analyst))
    analyst.delete()
    [note] = restore(item).notes
    assert "owner" in note
    assert "a person whose account is gone" in note


def test_a_part_that_cannot_be_without_what_is_gone_is_left_out(risk, analyst):
    item = delete(risk)
    Membership.objects.all().delete()
    type(analyst).objects.filter(pk=analyst.pk).delete()
    restoration = restore(item)
    assert "Left out: 1 acceptance" in " ".join(restoration.notes)
    assert not Risk.objects.get().acceptances.exists()


@pytest.mark.parametrize("first", ["risk", "asset"])
def test_the_link_of_two_that_were_deleted_comes_back_in_any_order(organization, first):
    asset = make_asset(organization)
    risk = make_risk(organization, assets=[asset])
    items = {"asset": catalogue.delete_asset(actor=None, instance=asset), "risk": delete(risk)}
    restoration = restore(items.pop(first))
    assert not RiskAsset.objects.exists()
    restore(*items.values())
    assert RiskAsset.objects.get().risk == risk
    assert len(restoration.roots) == 1


def test_a_category_and_its_risk_find_each_other_again(organization):
    category = make_category(organization)
    risk = make_risk(organization, category=category)
    item_of_risk = delete(risk)
    item_of_category = delete(category)
    assert "comes back when you restore that too" in restore(item_of_risk).notes[-1]
    restore(item_of_category)
    assert Risk.objects.get().category == category


def test_a_part_needs_what_it_belonged_to(organization):
    risk = make_risk(organization)
    item = delete(make_mitigation(risk))
    delete(risk)
    with pytest.raises(Conflict, match="It belonged to R-0001 Ransomware, which no longer exists"):
        restore(item)
    assert not DeletedItem.objects.get(pk=item.pk).restored_at


def test_a_name_that_was_taken_meanwhile_is_refused(organization):
    item = catalogue.delete_asset(actor=None, instance=make_asset(organization, "ERP"))
    make_asset(organization, "erp")
    with pytest.raises(Conflict, match=r"exists already: erp\. Rename or delete that one"):
        restore(item)


def test_an_address_that_was_taken_meanwhile_gets_a_number(organization, analyst):
    view = saved_views.create_view(
        actor=analyst, organization=organization, name="Mine", query={}, shared=False
    )
    item = delete(view, analyst)
    saved_views.create_view(
        actor=analyst, organization=organization, name="Mine", query={}, shared=False
    )
    assert restore(item).notes == ["Its address ends in mine-2 now: the one it had is taken."]
    assert item.is_private


def test_a_part_that_is_there_again_is_left_out(organization, analyst):
    def create_default():
        view = saved_views.create_view(
            actor=analyst, organization=organization, name="Mine", query={}, shared=False
        )
        saved_views.DefaultView.objects.create(organization=organization, view=view, user=analyst)
        return view

    item = delete(create_default(), analyst)
    create_default()
    notes = restore(item).notes
    assert notes[1:] == ["Left out: 1 default view, which exists again by now."]


def test_levels_and_priority_follow_the_matrix_and_the_assets_of_today(organization):
    asset = make_asset(organization, criticality="low")
    rating = {"inherent_likelihood": 4, "inherent_impact": 5}
    item = delete(make_risk(organization, assets=[asset], **rating))
    catalogue.update_asset(actor=None, instance=asset, criticality="critical")
    levels = [["high"] * 5] * 5
    instance = matrix.matrix_of(organization)
    matrix.update_matrix(actor=None, instance=instance, levels=levels)
    [note] = restore(item).notes
    risk = Risk.objects.get()
    assert note.startswith("The level follows the matrix")
    assert (risk.current_level, risk.priority) == ("high", 30)


def test_a_restored_asset_weighs_its_risks_again(organization):
    asset = make_asset(organization, criticality="critical")
    rating = {"inherent_likelihood": 4, "inherent_impact": 5}
    make_risk(organization, assets=[asset], **rating)
    before = Risk.objects.get().priority
    item = catalogue.delete_asset(actor=None, instance=asset)
    assert Risk.objects.get().priority != before
    restore(item)
    assert Risk.objects.get().priority == before


# --- Once, together, for good


def test_it_is_restored_once(risk, manager):
    item = delete(risk)
    restore(item, manager)
    with pytest.raises(Conflict, match="was restored already"):
        restore(item, manager)
    assert not DeletedRows.objects.exists()


def test_deleted_again_it_is_restored_again(risk):
    restore(delete(risk))
    restore(delete(Risk.objects.get()))
    assert MitigationAction.objects.count() == 2


def test_a_bulk_change_is_restored_together(organization):
    risks = [make_risk(organization) for _ in range(3)]
    with deleted_together():
        items = [delete(risk) for risk in risks]
    delete(make_asset(organization))
    assert len({item.batch for item in items}) == 1
    assert len(restore_batch(actor=None, item=items[1]).roots) == 3
    assert Risk.objects.count() == 3


def test_rows_of_one_model_are_deleted_at_once_with_an_item_each(organization):
    risks = [make_risk(organization, tags=["it"]) for _ in range(3)]
    make_action(make_mitigation(risks[1]))
    with rows.recorded(actor=None), deleted_together():
        items = delete_rows(risks)
    assert [describe_deleted_parts(item) for item in items] == [
        "",
        "1 mitigation, 1 mitigation action",
        "",
    ]
    restore(items[1])
    assert Mitigation.objects.get().risk == risks[1]
    assert list(Risk.objects.get().tags.values_list("name", flat=True)) == ["it"]


def test_what_was_deleted_for_good_is_not_restored(risk, admin):
    item = delete(risk)
    delete_for_good(actor=admin, item=item)
    with pytest.raises(Conflict, match="deleted for good"):
        restore(item)
    assert not DeletedRows.objects.exists()


def test_after_its_time_it_goes(risk):
    item = delete(risk)
    late = timezone.now() + timedelta(days=91)
    assert delete_expired_items() == 0
    assert delete_expired_items(late) == 1
    assert not DeletedItem.objects.filter(pk=item.pk).exists()


def test_its_time_is_over_before_the_task_runs(risk, manager, organization):
    item = delete(risk)
    DeletedItem.objects.update(expires_at=timezone.now())
    member = Membership.objects.get(user=manager)
    assert not visible_to(member).exists()
    with pytest.raises(Conflict):
        restore(item)


def test_items_go_in_batches(organization, monkeypatch):
    monkeypatch.setattr(deleted_items, "DELETED_AT_ONCE", 2)
    for _ in range(5):
        delete(make_risk(organization))
    assert delete_expired_items(timezone.now() + timedelta(days=91)) == 5


def test_an_organization_takes_its_items_with_it(risk, organization):
    delete(risk)
    organization.delete()
    assert not DeletedItem.objects.exists()


def test_an_item_outlives_the_account_of_who_deleted_it(organization, manager):
    item = delete(make_risk(organization), manager)
    manager.delete()
    item.refresh_from_db()
    assert item.deleted_by is None


def test_an_older_version_is_not_deleted(organization, manager):
    risk = make_risk(organization)
    update_risk(actor=None, instance=risk, title="Flood")
    with pytest.raises(StaleVersion):
        delete_risk(actor=manager, instance=risk, version=1)
    assert not DeletedItem.objects.exists()


def test_a_refused_bulk_change_leaves_no_item(organization):
    def refuse(index, risk):
        delete(risk)
        return rows.OperationResult(index, refusal="No.")

    risk = make_risk(organization)
    rows.run_operations(actor=None, operations=[risk], carry_out=refuse, atomic=False)
    assert (Risk.objects.count(), DeletedItem.objects.count()) == (1, 0)


# --- Who sees it


def membership_of(user):
    return Membership.objects.get(user=user)


def test_managers_see_all_and_analysts_their_own(organization, analyst, manager):
    action = make_action(make_mitigation(make_risk(organization)))
    own, other = delete(action, analyst), delete(make_risk(organization), manager)
    assert list(visible_to(membership_of(analyst))) == [own]
    assert set(visible_to(membership_of(manager))) == {own, other}


@pytest.mark.parametrize(
    ("role", "own", "allowed"),
    [
        (Role.VIEWER, True, False),
        (Role.ANALYST, True, True),
        (Role.ANALYST, False, False),
        (Role.MANAGER, False, True),
    ],
)
def test_who_may_restore(organization, analyst, manager, role, own, allowed):
    item = delete(make_risk(organization), analyst if own else manager)
    member = membership_of(analyst)
    member.role = role
    assert can_restore(member, item) is allowed


def test_a_deleted_risk_is_found_by_its_reference(organization, other_organization, manager):
    delete(make_risk(other_organization))
    member = membership_of(manager)
    assert find_deleted(member, Risk, reference="R-0001") is None
    item = delete(make_risk(organization))
    assert find_deleted(member, Risk, reference="R-0001") == item
    restore(item)
    assert find_deleted(member, Risk, reference="R-0001") is None


# --- Size, and files


def test_many_parts_take_few_statements(organization, django_assert_max_num_queries):
    mitigation = make_mitigation(make_risk(organization))
    MitigationAction.objects.bulk_create(
        MitigationAction(organization=organization, mitigation=mitigation, title=f"Step {number}")
        for number in range(2500)
    )
    with django_assert_max_num_queries(150):
        item = delete(mitigation)
    assert item.parts.count() == 4
    with django_assert_max_num_queries(150 if connection.vendor == "sqlite" else 60):
        restore(item)
    assert MitigationAction.objects.count() == 2500


def test_what_deleted_rows_refer_to_is_known(organization):
    asset = make_asset(organization)
    item = delete(make_risk(organization, assets=[asset]))
    assert referenced_by_deleted_items(RiskAsset, "asset") == {asset.pk}
    restore(item)
    assert referenced_by_deleted_items(RiskAsset, "asset") == set()
