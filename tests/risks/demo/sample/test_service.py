"""Sample data: filled into an empty register, and taken away without what people made of it."""

import pytest

from openrisk.errors import Conflict
from risks.demo.sample.service import (
    can_fill,
    fill_sample_data,
    has_sample_data,
    remove_sample_data,
)
from risks.models import (
    Asset,
    Category,
    Change,
    Control,
    Framework,
    Mitigation,
    Provenance,
    Risk,
    RiskAsset,
    RiskControl,
    Source,
    Status,
)
from risks.services import risks
from risks.services.catalogue import update_asset
from tests.risks.factories import make_mitigation, make_risk

MODELS = (Risk, Mitigation, Asset, Category, Control, Framework, Provenance)


@pytest.fixture
def filled(organization, manager):
    fill_sample_data(actor=manager, organization=organization)
    return organization


def remove(organization, manager):
    return remove_sample_data(actor=manager, organization=organization)


def test_a_register_is_filled(filled):
    assert set(Risk.objects.values_list("source", flat=True)) == {Source.SAMPLE.value}
    assert Risk.objects.count() == 22
    assert {Status.DRAFT, Status.IDENTIFIED, Status.ASSESSED, Status.IN_TREATMENT} <= set(
        Risk.objects.values_list("status", flat=True)
    )
    assert Mitigation.objects.exists()
    assert RiskControl.objects.exists()
    assert RiskAsset.objects.exists()


def test_filling_twice_fills_once(filled, manager):
    assert fill_sample_data(actor=manager, organization=filled) is False
    assert Risk.objects.count() == 22


def test_sample_data_is_not_for_a_register_in_use(organization, manager):
    make_risk(organization)
    assert not can_fill(organization)
    with pytest.raises(Conflict, match="empty register"):
        fill_sample_data(actor=manager, organization=organization)
    assert Risk.objects.count() == 1


def test_removing_leaves_nothing(filled, manager):
    removal = remove(filled, manager)
    assert {model: model.objects.count() for model in MODELS} == dict.fromkeys(MODELS, 0)
    assert removal.kept == []
    assert removal.removed["risks"] == 22
    assert not has_sample_data(filled)
    assert can_fill(filled)


def test_removing_twice_removes_once(filled, manager):
    remove(filled, manager)
    assert remove(filled, manager).removed.total() == 0


def test_it_can_be_filled_again(filled, manager):
    remove(filled, manager)
    assert fill_sample_data(actor=manager, organization=filled)
    assert Risk.objects.count() == 22


def test_rows_of_people_stay(filled, manager):
    own = make_risk(filled, title="Own risk")
    remove(filled, manager)
    assert list(Risk.objects.all()) == [own]


def test_edited_risks_stay(filled, manager):
    risk = Risk.objects.get(external_id="sample-04")
    risks.update_risk(actor=manager, instance=risk, title="Ours now")
    removal = remove(filled, manager)
    assert [row.title for row in Risk.objects.all()] == ["Ours now"]
    assert risk.reference in removal.kept
    assert "Customer portal (sample)" in removal.sentence


@pytest.mark.parametrize("fields", [{"tags": ["ours"]}, {"assets": []}])
def test_risks_with_other_links_stay(filled, manager, fields):
    risk = Risk.objects.get(external_id="sample-04")
    risks.update_risk(actor=manager, instance=risk, **fields)
    remove(filled, manager)
    assert list(Risk.objects.all()) == [risk]


def test_risks_with_a_mitigation_of_people_stay(filled, manager):
    risk = Risk.objects.get(external_id="sample-04")
    make_mitigation(risk, title="Ours")
    remove(filled, manager)
    assert [row.title for row in Mitigation.objects.all()] == ["Ours"]
    assert list(Risk.objects.all()) == [risk]


def test_a_changed_mitigation_keeps_its_risk(filled, manager):
    mitigation = Mitigation.objects.get(risk__external_id="sample-01")
    Mitigation.objects.filter(pk=mitigation.pk).update(title="Ours")
    remove(filled, manager)
    assert [row.external_id for row in Risk.objects.all()] == ["sample-01"]


def test_what_own_risks_use_stays(filled, manager):
    asset = Asset.objects.get(name="ERP system (sample)")
    control = Control.objects.get(identifier="SAMPLE-1")
    make_risk(filled, assets=[asset], controls=[control])
    removal = remove(filled, manager)
    assert list(Asset.objects.all()) == [asset]
    assert list(Control.objects.all()) == [control]
    assert {"ERP system (sample)", "SAMPLE-1"} <= set(removal.kept)


def test_edited_assets_stay(filled, manager):
    asset = Asset.objects.get(name="ERP system (sample)")
    update_asset(actor=manager, instance=asset, criticality="low")
    remove(filled, manager)
    assert list(Asset.objects.all()) == [asset]


def test_present_rows_are_used_and_stay(organization, manager):
    category = Category.objects.create(
        organization=organization, name="Finance", description="Ours"
    )
    fill_sample_data(actor=manager, organization=organization)
    assert Category.objects.get(name="Finance").description == "Ours"
    remove(organization, manager)
    assert list(Category.objects.all()) == [category]


def test_other_organizations_are_left_alone(filled, other_organization, manager):
    fill_sample_data(actor=None, organization=other_organization)
    remove(filled, manager)
    assert Risk.objects.for_organization(other_organization).count() == 22


def test_history_says_who_did_it(filled, manager):
    remove(filled, manager)
    created, deleted = (
        Change.objects.filter(model="risks.risk", action=action).first()
        for action in ("created", "deleted")
    )
    assert (created.actor, deleted.actor) == (manager, manager)
    assert deleted.comment == "Sample data removed"
