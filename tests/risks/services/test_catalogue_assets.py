"""Assets, what they weigh, and what they depend on."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from openrisk.errors import StaleVersion
from risks.models import Asset, AssetDependency, Risk
from risks.services.catalogue import add_dependency, delete_asset, remove_dependency, update_asset
from tests.risks.factories import make_asset, make_risk

RATED = {"inherent_likelihood": 4, "inherent_impact": 5}


def _priority():
    return Risk.objects.get().priority


@pytest.fixture
def asset(organization):
    asset = make_asset(organization, criticality="medium")
    make_risk(organization, assets=[asset], **RATED)
    return asset


def test_criticality_weighs_the_risks_at_once(asset):
    update_asset(actor=None, instance=asset, criticality="critical")
    assert _priority() == Decimal("30.00")
    update_asset(actor=None, instance=Asset.objects.get(), criticality="low")
    assert _priority() == Decimal("16.00")


def test_criticality_weighs_even_if_the_caller_read_the_asset_long_ago(asset):
    read_earlier = Asset.objects.get()
    update_asset(actor=None, instance=asset, criticality="critical")
    update_asset(actor=None, instance=read_earlier, criticality="medium")
    assert _priority() == Decimal("20.00")


def test_other_fields_leave_the_priority(asset, django_assert_max_num_queries):
    update_asset(actor=None, instance=asset, name="ERP 2")
    assert _priority() == Decimal("20.00")


def test_deleting_an_asset_takes_its_weight(organization, asset):
    update_asset(actor=None, instance=asset, criticality="critical")
    delete_asset(actor=None, instance=asset)
    assert _priority() == Decimal("20.00")
    assert Risk.objects.get().assets.count() == 0


def test_stale_version_neither_changes_nor_deletes(asset):
    with pytest.raises(StaleVersion):
        update_asset(actor=None, instance=asset, version=5, criticality="low")
    with pytest.raises(StaleVersion):
        delete_asset(actor=None, instance=asset, version=5)
    assert _priority() == Decimal("20.00")


def test_names_are_unique_per_organization_whatever_their_case(organization, other_organization):
    make_asset(organization, "ERP")
    make_asset(other_organization, "ERP")
    with pytest.raises(ValidationError) as refusal:
        make_asset(organization, "erp")
    assert refusal.value.message_dict == {"name": ["An asset of this name exists already: ERP."]}


def test_external_ids_are_unique_but_may_be_empty(organization):
    make_asset(organization, "ERP", external_id="host-1")
    make_asset(organization, "CRM")
    make_asset(organization, "Printer")
    with pytest.raises(ValidationError) as refusal:
        make_asset(organization, "Copy", external_id="host-1")
    assert refusal.value.message_dict == {"external_id": ["Another asset has this external id."]}


@pytest.mark.parametrize(
    ("field", "value"), [("name", ""), ("type", "thing"), ("criticality", "vital")]
)
def test_wrong_value_is_refused_by_its_field(organization, field, value):
    with pytest.raises(ValidationError) as refusal:
        make_asset(organization, **{field: value})
    assert list(refusal.value.message_dict) == [field]


# --- Dependencies -----------------------------------------------------------------------------
def test_assets_depend_on_each_other_in_several_ways(organization, asset):
    server = make_asset(organization, "Server")
    for kind in ("runs_on", "stored_in"):
        add_dependency(actor=None, asset=asset, target=server, kind=kind)
    assert asset.dependencies.count() == server.dependents.count() == 2


def test_no_asset_depends_on_itself(asset):
    with pytest.raises(ValidationError, match="An asset cannot depend on itself"):
        add_dependency(actor=None, asset=asset, target=asset)
    assert not AssetDependency.objects.exists()


def test_a_dependency_is_told_once(organization, asset):
    server = make_asset(organization, "Server")
    add_dependency(actor=None, asset=asset, target=server)
    with pytest.raises(ValidationError, match="This dependency exists already"):
        add_dependency(actor=None, asset=asset, target=server)
    assert AssetDependency.objects.count() == 1


def test_removed_dependency_leaves_the_assets(organization, asset):
    dependency = add_dependency(actor=None, asset=asset, target=make_asset(organization, "Server"))
    remove_dependency(actor=None, dependency=dependency)
    assert not AssetDependency.objects.exists()
    assert Asset.objects.count() == 2
